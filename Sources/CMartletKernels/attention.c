#include "pool.h"
#include "vector.h"

#include <math.h>

enum {
    /// Queries that share what is read of the pages.
    QUERIES = 4,
    /// Rows of one index of a job, a multiple of that.
    ROWS = 32,
};

/// Some rows of one sequence, with as many queries.
typedef struct {
    const martlet_segment *segment;
    size_t row, rows;
} group;

/// One layer's attention.
typedef struct {
    float *y;
    const float *qkv;
    const martlet_segment *segments;
    size_t count, offset, heads, size;
    const group *groups;
    /// [threads][QUERIES][positions]
    float *scores;
    size_t positions;
} attention;

size_t martlet_page_size(size_t heads, size_t size) { return 2 * heads * size * MARTLET_LANES; }

// MARK: Keys and values

// A head's keys and values of all rows into their slots, 0..<16 of a page.
static void store_task(const void *job, size_t head, size_t thread) {
    const attention *a = job;
    const size_t width = a->heads * a->size, first = head * a->size;
    for (const martlet_segment *s = a->segments; s < a->segments + a->count; s++) {
        for (size_t row = 0; row < s->rows; row++) {
            const float *k = a->qkv + (s->first + row) * 3 * width + width + first;
            const size_t position = s->start + row, slot = position % MARTLET_LANES;
            float *page = s->pages[position / MARTLET_LANES] + a->offset;
            float *keys = page + 2 * first * MARTLET_LANES, *values = keys + a->size * MARTLET_LANES;
            for (size_t i = 0; i < a->size; i++) keys[i * MARTLET_LANES + slot] = k[i];
            __builtin_memcpy(values + slot * a->size, k + width, a->size * sizeof *k);
        }
    }
}

// MARK: Queries

enum {
    /// How many pages ahead are asked for: a head's part of a page is too short for the processor to foresee the next.
    AHEAD = 2,
};

// Asks for `length` floats of a page that follows that of position `t`, if there is one.
MARTLET_INLINE void prefetch_page(float *const *pages, size_t offset, size_t t, size_t count, size_t length) {
    if (t + AHEAD * MARTLET_LANES >= count) return;
    const float *next = pages[t / MARTLET_LANES + AHEAD] + offset;
    for (size_t i = 0; i < length; i += MARTLET_LANES) __builtin_prefetch(next + i);
}

// scores [queries][16] <- q [queries][size], a stride apart, . keys [size][16]: the sum over the even dimensions, plus
// the one over the odd ones.
MARTLET_INLINE void score_page(float *scores, size_t positions, const float *q, size_t stride, const float *keys,
                               size_t size, size_t queries) {
    lanes even[QUERIES], odd[QUERIES];
    for (size_t r = 0; r < queries; r++) even[r] = odd[r] = (lanes){0};
    for (size_t i = 0; i < size; i += 2) {
        const lanes k = *(const lanes *)(keys + i * MARTLET_LANES);
        for (size_t r = 0; r < queries; r++) even[r] += q[r * stride + i] * k;
        if (i + 1 == size) break;
        const lanes next = *(const lanes *)(keys + (i + 1) * MARTLET_LANES);
        for (size_t r = 0; r < queries; r++) odd[r] += q[r * stride + i + 1] * next;
    }
    for (size_t r = 0; r < queries; r++) *(lanes *)(scores + r * positions) = even[r] + odd[r];
}

// x [n] <- softmax(scale * x). `scale` is positive.
MARTLET_INLINE void softmax(float *x, float scale, size_t n) {
    float top = -INFINITY;
    for (size_t i = 0; i < n; i++) top = x[i] > top ? x[i] : top;
    for (size_t i = 0; i < n; i++) x[i] = martlet_exp((x[i] - top) * scale);
    const float factor = 1.0f / martlet_total(x, n);
    for (size_t i = 0; i < n; i++) x[i] *= factor;
}

// y [queries][blocks * 16], a stride apart, <- weights [queries][count + query] * values [positions][blocks * 16], a
// size apart: one sum over the positions for each dimension. Each query sees one position more than the one before.
MARTLET_INLINE void mix(float *y, size_t stride, const float *weights, size_t positions, float *const *pages,
                        size_t offset, size_t count, size_t size, size_t queries, size_t blocks) {
    lanes sums[QUERIES * 4];
    for (size_t i = 0; i < queries * blocks; i++) sums[i] = (lanes){0};
    for (size_t first = 0; first < count; first += MARTLET_LANES) {
        const float *v = pages[first / MARTLET_LANES] + offset;
        prefetch_page(pages, offset, first, count, (MARTLET_LANES - 1) * size + blocks * MARTLET_LANES);
        const size_t end = count - first < MARTLET_LANES ? count : first + MARTLET_LANES;
        for (size_t t = first; t < end; t++, v += size) {
            for (size_t b = 0; b < blocks; b++) {
                const lanes value = *(const lanes *)(v + b * MARTLET_LANES);
                for (size_t r = 0; r < queries; r++) sums[r * blocks + b] += weights[r * positions + t] * value;
            }
        }
    }
    for (size_t r = 0; r < queries; r++) {
        for (size_t t = count; t < count + r; t++) {
            const float *v = pages[t / MARTLET_LANES] + offset + t % MARTLET_LANES * size;
            for (size_t b = 0; b < blocks; b++)
                sums[r * blocks + b] += weights[r * positions + t] * *(const lanes *)(v + b * MARTLET_LANES);
        }
        for (size_t b = 0; b < blocks; b++) *(lanes *)(y + r * stride + b * MARTLET_LANES) = sums[r * blocks + b];
    }
}

// What is left of a head whose size is no multiple of 16.
static void mix_one(float *y, const float *weights, float *const *pages, size_t offset, size_t count, size_t size) {
    *y = 0;
    for (size_t t = 0; t < count; t++) *y += weights[t] * pages[t / MARTLET_LANES][offset + t % MARTLET_LANES * size];
}

// A head of some consecutive rows of a segment.
MARTLET_INLINE void attend(const attention *a, const martlet_segment *s, size_t row, size_t head, float *scores,
                           size_t queries) {
    const size_t width = a->heads * a->size, first = head * a->size;
    const float *q = a->qkv + (s->first + row) * 3 * width + first;
    float *y = a->y + (s->first + row) * width + first;
    const size_t count = s->start + row + 1;
    for (size_t t = 0; t < count + queries - 1; t += MARTLET_LANES) {
        const float *keys = s->pages[t / MARTLET_LANES] + a->offset + 2 * first * MARTLET_LANES;
        prefetch_page(s->pages, a->offset + 2 * first * MARTLET_LANES, t, count, a->size * MARTLET_LANES);
        score_page(scores + t, a->positions, q, 3 * width, keys, a->size, queries);
    }
    const float scale = 1.0f / __builtin_sqrtf((float)a->size);
    for (size_t r = 0; r < queries; r++) softmax(scores + r * a->positions, scale, count + r);

    const size_t values = a->offset + (2 * first + a->size) * MARTLET_LANES;
    size_t i = 0;
    for (; i + 4 * MARTLET_LANES <= a->size; i += 4 * MARTLET_LANES)
        mix(y + i, width, scores, a->positions, s->pages, values + i, count, a->size, queries, 4);
    for (; i + 2 * MARTLET_LANES <= a->size; i += 2 * MARTLET_LANES)
        mix(y + i, width, scores, a->positions, s->pages, values + i, count, a->size, queries, 2);
    for (; i + MARTLET_LANES <= a->size; i += MARTLET_LANES)
        mix(y + i, width, scores, a->positions, s->pages, values + i, count, a->size, queries, 1);
    for (; i < a->size; i++)
        for (size_t r = 0; r < queries; r++)
            mix_one(y + r * width + i, scores + r * a->positions, s->pages, values + i, count + r, a->size);
}

MARTLET_KERNEL static void attend_group(const attention *a, const group *g, size_t head, float *scores) {
    size_t row = g->row;
    for (; row + QUERIES <= g->row + g->rows; row += QUERIES) attend(a, g->segment, row, head, scores, QUERIES);
    for (; row < g->row + g->rows; row++) attend(a, g->segment, row, head, scores, 1);
}

static void attend_task(const void *job, size_t index, size_t thread) {
    const attention *a = job;
    attend_group(a, a->groups + index / a->heads, index % a->heads, a->scores + thread * QUERIES * a->positions);
}

// MARK: The whole

void martlet_attention(martlet_pool *pool, float *y, const float *qkv, const martlet_segment *segments, size_t count,
                       size_t offset, size_t heads, size_t size) {
    size_t rows = 0, positions = 0;
    for (const martlet_segment *s = segments; s < segments + count; s++) {
        rows += s->rows;
        const size_t end = (s->start + s->rows + MARTLET_LANES - 1) / MARTLET_LANES * MARTLET_LANES;
        positions = end > positions ? end : positions;
    }
    const size_t scores_size = martlet_pool_threads(pool) * QUERIES * positions * sizeof(float);
    char *scratch = martlet_pool_scratch(pool, scores_size + rows * sizeof(group));
    group *groups = (group *)(scratch + scores_size);
    size_t group_count = 0;
    for (const martlet_segment *s = segments; s < segments + count; s++)
        for (size_t row = 0; row < s->rows; row += ROWS)
            groups[group_count++] = (group){s, row, s->rows - row < ROWS ? s->rows - row : ROWS};

    const attention a = {y, qkv, segments, count, offset, heads, size, groups, (float *)scratch, positions};
    if (rows >= 8) martlet_pool_run(pool, heads, store_task, &a);
    else for (size_t head = 0; head < heads; head++) store_task(&a, head, 0);
    martlet_pool_run(pool, group_count * heads, attend_task, &a);
}
