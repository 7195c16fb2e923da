#include "vector.h"

size_t toy_page_size(size_t heads, size_t size) { return 2 * heads * size * TOY_LANES; }

// Stores k and v [width] of one position in slot 0..<16 of a layer's part of a page.
TOY_INLINE void store(float *page, const float *k, const float *v, size_t slot, size_t width) {
    float *values = page + width * TOY_LANES + slot * width;
    for (size_t i = 0; i < width; i++) page[i * TOY_LANES + slot] = k[i];
    for (size_t i = 0; i < width; i++) values[i] = v[i];
}

// scores [16] <- q [size] . keys [size][16]: four sums by the dimension's remainder, then added up.
TOY_INLINE void score_page(float *scores, const float *q, const float *keys, size_t size) {
    lanes sum[4] = {{0}, {0}, {0}, {0}};
    size_t i = 0;
    for (; i + 4 <= size; i += 4)
        for (size_t j = 0; j < 4; j++) sum[j] += q[i + j] * *(const lanes *)(keys + (i + j) * TOY_LANES);
    for (; i < size; i++) sum[0] += q[i] * *(const lanes *)(keys + i * TOY_LANES);
    *(lanes *)scores = (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

// y [blocks * 16] <- weights [count] * values [count, width], one sum over the positions for each dimension.
TOY_INLINE void mix(float *y, const float *weights, float *const *pages, size_t offset, size_t count, size_t width,
                    size_t blocks) {
    lanes sum[4] = {{0}, {0}, {0}, {0}};
    for (size_t t = 0; t < count; t++) {
        const float *v = pages[t / TOY_LANES] + offset + t % TOY_LANES * width;
        for (size_t b = 0; b < blocks; b++) sum[b] += weights[t] * *(const lanes *)(v + b * TOY_LANES);
    }
    for (size_t b = 0; b < blocks; b++) *(lanes *)(y + b * TOY_LANES) = sum[b];
}

// y [heads * size] <- attention of the query q over the first `count` positions.
TOY_INLINE void attend(float *y, const float *q, float *const *pages, size_t offset, float *scores, size_t count,
                       size_t heads, size_t size) {
    const size_t width = heads * size;
    const float scale = 1.0f / __builtin_sqrtf((float)size);
    for (size_t head = 0; head < heads; head++) {
        const size_t first = head * size;
        for (size_t t = 0; t < count; t += TOY_LANES)
            score_page(scores + t, q + first, pages[t / TOY_LANES] + offset + first * TOY_LANES, size);
        toy_softmax(scores, scale, count);

        const size_t values = offset + width * TOY_LANES + first;
        size_t i = 0;
        for (; i + 4 * TOY_LANES <= size; i += 4 * TOY_LANES)
            mix(y + first + i, scores, pages, values + i, count, width, 4);
        for (; i + 2 * TOY_LANES <= size; i += 2 * TOY_LANES)
            mix(y + first + i, scores, pages, values + i, count, width, 2);
        for (; i + TOY_LANES <= size; i += TOY_LANES) mix(y + first + i, scores, pages, values + i, count, width, 1);
        for (; i < size; i++) {
            float sum = 0;
            for (size_t t = 0; t < count; t++)
                sum += scores[t] * pages[t / TOY_LANES][values + t % TOY_LANES * width + i];
            y[first + i] = sum;
        }
    }
}

TOY_KERNEL void toy_attention(float *y, const float *qkv, float *const *pages, size_t offset, float *scores,
                              size_t start, size_t rows, size_t heads, size_t size) {
    const size_t width = heads * size;
    for (size_t row = 0; row < rows; row++) {
        const float *kv = qkv + row * 3 * width + width;
        const size_t position = start + row;
        store(pages[position / TOY_LANES] + offset, kv, kv + width, position % TOY_LANES, width);
    }
    for (size_t row = 0; row < rows; row++)
        attend(y + row * width, qkv + row * 3 * width, pages, offset, scores, start + row + 1, heads, size);
}
