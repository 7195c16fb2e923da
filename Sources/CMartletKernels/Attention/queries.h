// Attention's inner loops. attention.c includes them once for each kind of processor, and says beforehand:
// - NAME(x): x with the processor's name after it
// - WIDEN(w): 16 lanes of the binary16s at w
// - NARROW(w, x): the binary16s at w become the lanes x

// MARK: Numbers of a page

MARTLET_INLINE float NAME(load_one)(const void *page, size_t index, martlet_format format) {
    if (format != MARTLET_F16) return ((const float *)page)[index];
    half first[MARTLET_LANES] = {((const half *)page)[index]};
    return WIDEN(first)[0];
}

// MARK: Keys and values

// Numbers [n] at an index of a page, one beside the other or 16 apart.
MARTLET_INLINE void NAME(put)(void *page, size_t index, size_t apart, const float *x, size_t n, martlet_format format) {
    size_t i = 0;
    for (; format == MARTLET_F16 && i + MARTLET_LANES <= n; i += MARTLET_LANES) {
        half narrow[MARTLET_LANES];
        NARROW(narrow, *(const lanes *)(x + i));
        for (size_t j = 0; j < MARTLET_LANES; j++) ((half *)page)[index + (i + j) * apart] = narrow[j];
    }
    for (; i < n; i++) {
        if (format == MARTLET_F16) ((half *)page)[index + i * apart] = martlet_to_half(x[i]);
        else ((float *)page)[index + i * apart] = x[i];
    }
}

MARTLET_INLINE void NAME(store)(const martlet_attention_job *a, size_t head, martlet_format format) {
    const size_t width = a->heads * a->size, first = head * a->size;
    for (const martlet_segment *s = a->segments; s < a->segments + a->count; s++) {
        for (size_t row = 0; row < s->rows; row++) {
            const float *k = a->qkv + (s->first + row) * 3 * width + width + first;
            const size_t position = s->start + row, slot = position % MARTLET_LANES;
            void *page = s->pages[position / MARTLET_LANES];
            const size_t keys = a->offset + 2 * first * MARTLET_LANES, values = keys + a->size * MARTLET_LANES;
            NAME(put)(page, keys + slot, MARTLET_LANES, k, a->size, format);
            NAME(put)(page, values + slot * a->size, 1, k + width, a->size, format);
        }
    }
}

void NAME(martlet_store)(const martlet_attention_job *a, size_t head) {
    if (a->format == MARTLET_F16) NAME(store)(a, head, MARTLET_F16);
    else NAME(store)(a, head, MARTLET_F32);
}

// MARK: Queries

// Asks for `count` numbers of a page that follows that of position `t`, if there is one.
MARTLET_INLINE void NAME(prefetch)(void *const *pages, size_t index, size_t t, size_t end, size_t count,
                                   martlet_format format) {
    if (t + MARTLET_AHEAD * MARTLET_LANES >= end) return;
    const size_t size = format == MARTLET_F16 ? sizeof(half) : sizeof(float);
    const char *next = (const char *)pages[t / MARTLET_LANES + MARTLET_AHEAD] + index * size;
    for (size_t i = 0; i < count * size; i += 64) __builtin_prefetch(next + i);
}

// scores [queries][16] <- q [queries][size], a stride apart, . keys [size][16]: the sum over the even dimensions, plus
// the one over the odd ones.
MARTLET_INLINE void NAME(score)(float *scores, size_t positions, const float *q, size_t stride, const void *page,
                                size_t keys, size_t size, size_t queries, martlet_format format) {
    lanes even[MARTLET_QUERIES], odd[MARTLET_QUERIES];
    for (size_t r = 0; r < queries; r++) even[r] = odd[r] = (lanes){0};
    for (size_t i = 0; i < size; i += 2) {
        const lanes k = LOAD(page, keys + i * MARTLET_LANES, format);
        for (size_t r = 0; r < queries; r++) even[r] += q[r * stride + i] * k;
        if (i + 1 == size) break;
        const lanes next = LOAD(page, keys + (i + 1) * MARTLET_LANES, format);
        for (size_t r = 0; r < queries; r++) odd[r] += q[r * stride + i + 1] * next;
    }
    for (size_t r = 0; r < queries; r++) *(lanes *)(scores + r * positions) = even[r] + odd[r];
}

// x [n] <- softmax(scale * x). `scale` is positive.
MARTLET_INLINE void NAME(softmax)(float *x, float scale, size_t n) {
    float top = -INFINITY;
    for (size_t i = 0; i < n; i++) top = x[i] > top ? x[i] : top;
    for (size_t i = 0; i < n; i++) x[i] = martlet_exp((x[i] - top) * scale);
    const float factor = 1.0f / martlet_total(x, n);
    for (size_t i = 0; i < n; i++) x[i] *= factor;
}

// y [queries][blocks * 16], a stride apart, <- weights [queries][count + query] * values [positions][blocks * 16], a
// size apart: one sum over the positions for each dimension. Each query sees one position more than the one before.
MARTLET_INLINE void NAME(mix)(float *y, size_t stride, const float *weights, size_t positions, void *const *pages,
                              size_t values, size_t count, size_t size, size_t queries, size_t blocks,
                              martlet_format format) {
    lanes sums[MARTLET_QUERIES * 4];
    for (size_t i = 0; i < queries * blocks; i++) sums[i] = (lanes){0};
    for (size_t first = 0; first < count; first += MARTLET_LANES) {
        const void *page = pages[first / MARTLET_LANES];
        NAME(prefetch)(pages, values, first, count, (MARTLET_LANES - 1) * size + blocks * MARTLET_LANES, format);
        const size_t end = count - first < MARTLET_LANES ? count : first + MARTLET_LANES;
        for (size_t t = first, value_of = values; t < end; t++, value_of += size) {
            for (size_t b = 0; b < blocks; b++) {
                const lanes value = LOAD(page, value_of + b * MARTLET_LANES, format);
                for (size_t r = 0; r < queries; r++) sums[r * blocks + b] += weights[r * positions + t] * value;
            }
        }
    }
    for (size_t r = 0; r < queries; r++) {
        for (size_t t = count; t < count + r; t++) {
            const void *page = pages[t / MARTLET_LANES];
            const size_t first = values + t % MARTLET_LANES * size;
            for (size_t b = 0; b < blocks; b++)
                sums[r * blocks + b] += weights[r * positions + t] * LOAD(page, first + b * MARTLET_LANES, format);
        }
        for (size_t b = 0; b < blocks; b++) *(lanes *)(y + r * stride + b * MARTLET_LANES) = sums[r * blocks + b];
    }
}

// What is left of a head whose size is no multiple of 16.
MARTLET_INLINE void NAME(mix_one)(float *y, const float *weights, void *const *pages, size_t value, size_t count,
                                  size_t size, martlet_format format) {
    *y = 0;
    for (size_t t = 0; t < count; t++)
        *y += weights[t] * NAME(load_one)(pages[t / MARTLET_LANES], value + t % MARTLET_LANES * size, format);
}

// A head of some consecutive rows of a segment.
MARTLET_INLINE void NAME(attend)(const martlet_attention_job *a, const martlet_segment *s, size_t row, size_t queries,
                                 size_t head, float *scores, martlet_format format) {
    const size_t size = a->size, width = a->heads * size, first = head * size;
    const float *q = a->qkv + (s->first + row) * 3 * width + first;
    float *y = a->y + (s->first + row) * width + first;
    const size_t count = s->start + row + 1, end = count + queries - 1;
    const size_t keys = a->offset + 2 * first * MARTLET_LANES, values = keys + size * MARTLET_LANES;
    for (size_t t = 0; t < end; t += MARTLET_LANES) {
        NAME(prefetch)(s->pages, keys, t, count, size * MARTLET_LANES, format);
        NAME(score)(scores + t, a->positions, q, 3 * width, s->pages[t / MARTLET_LANES], keys, size, queries, format);
    }
    const float scale = 1.0f / __builtin_sqrtf((float)size);
    for (size_t r = 0; r < queries; r++) NAME(softmax)(scores + r * a->positions, scale, count + r);

    size_t i = 0;
    for (; i + 4 * MARTLET_LANES <= size; i += 4 * MARTLET_LANES)
        NAME(mix)(y + i, width, scores, a->positions, s->pages, values + i, count, size, queries, 4, format);
    for (; i + 2 * MARTLET_LANES <= size; i += 2 * MARTLET_LANES)
        NAME(mix)(y + i, width, scores, a->positions, s->pages, values + i, count, size, queries, 2, format);
    for (; i + MARTLET_LANES <= size; i += MARTLET_LANES)
        NAME(mix)(y + i, width, scores, a->positions, s->pages, values + i, count, size, queries, 1, format);
    for (; i < size; i++)
        for (size_t r = 0; r < queries; r++)
            NAME(mix_one)(y + r * width + i, scores + r * a->positions, s->pages, values + i, count + r, size, format);
}

MARTLET_INLINE void NAME(attend_rows)(const martlet_attention_job *a, const martlet_segment *s, size_t row, size_t end,
                                      size_t head, float *scores, martlet_format format) {
    for (; row + MARTLET_QUERIES <= end; row += MARTLET_QUERIES)
        NAME(attend)(a, s, row, MARTLET_QUERIES, head, scores, format);
    for (; row < end; row++) NAME(attend)(a, s, row, 1, head, scores, format);
}

void NAME(martlet_attend)(const martlet_attention_job *a, const martlet_segment *s, size_t row, size_t rows,
                          size_t head, float *scores) {
    if (a->format == MARTLET_F16) NAME(attend_rows)(a, s, row, row + rows, head, scores, MARTLET_F16);
    else NAME(attend_rows)(a, s, row, row + rows, head, scores, MARTLET_F32);
}
