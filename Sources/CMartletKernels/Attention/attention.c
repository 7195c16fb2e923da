#include "attention.h"

#include <math.h>

#include "../processor.h"

// MARK: Any processor

#define PROCESSOR portable
#define WIDEN WIDEN_PORTABLE
#define NARROW NARROW_PORTABLE
#include "queries.h"
#undef PROCESSOR
#undef WIDEN
#undef NARROW

#if MARTLET_HAS_CLONES

#define WIDEN WIDEN_HALVES
#define NARROW NARROW_HALVES

// MARK: AVX2

#define PROCESSOR avx2
#pragma clang attribute push(TARGET_AVX2, apply_to = function)
#include "queries.h"
#pragma clang attribute pop
#undef PROCESSOR

// MARK: AVX-512

#define PROCESSOR avx512
#pragma clang attribute push(TARGET_AVX512, apply_to = function)
#include "queries.h"
#pragma clang attribute pop
#undef PROCESSOR
#undef WIDEN
#undef NARROW

#endif

// MARK: The whole

enum {
    /// Rows of one index of a job, a multiple of MARTLET_QUERIES.
    ROWS = 32,
};

/// Some rows of one sequence, with as many queries.
typedef struct {
    const martlet_segment *segment;
    size_t row, rows;
} group;

typedef struct {
    martlet_attention_job attention;
    const group *groups;
    martlet_store *store;
    martlet_attend *attend;
} job;

static void store_task(const void *work, size_t head, size_t thread) {
    const job *j = work;
    j->store(&j->attention, head);
}

static void attend_task(const void *work, size_t index, size_t thread) {
    const job *j = work;
    const martlet_attention_job *a = &j->attention;
    const group *g = j->groups + index / a->heads;
    float *scores = a->scores + thread * MARTLET_QUERIES * a->positions;
    j->attend(a, g->segment, g->row, g->rows, index % a->heads, scores);
}

size_t martlet_page_size(martlet_format format, size_t heads, size_t size) {
    return 2 * heads * size * MARTLET_LANES * (format == MARTLET_F16 ? sizeof(half) : sizeof(float));
}

void martlet_attention(martlet_pool *pool, float *y, const float *qkv, const martlet_segment *segments, size_t count,
                       martlet_format format, size_t layer, size_t heads, size_t size) {
    size_t rows = 0, positions = 0;
    for (const martlet_segment *s = segments; s < segments + count; s++) {
        rows += s->rows;
        const size_t end = (s->start + s->rows + MARTLET_LANES - 1) / MARTLET_LANES * MARTLET_LANES;
        positions = end > positions ? end : positions;
    }
    const size_t scores_size = martlet_pool_threads(pool) * MARTLET_QUERIES * positions * sizeof(float);
    char *scratch = martlet_pool_scratch(pool, scores_size + rows * sizeof(group));
    group *groups = (group *)(scratch + scores_size);
    size_t group_count = 0;
    for (const martlet_segment *s = segments; s < segments + count; s++)
        for (size_t row = 0; row < s->rows; row += ROWS)
            groups[group_count++] = (group){s, row, s->rows - row < ROWS ? s->rows - row : ROWS};

    const size_t offset = layer * 2 * heads * size * MARTLET_LANES;
    job j = {{y, qkv, segments, count, format, offset, heads, size, (float *)scratch, positions},
             groups, martlet_store_portable, martlet_attend_portable};
#if MARTLET_HAS_CLONES
    const martlet_processor processor = martlet_pool_processor(pool);
    if (processor >= MARTLET_AVX2) j.store = martlet_store_avx2, j.attend = martlet_attend_avx2;
    if (processor >= MARTLET_AVX512) j.store = martlet_store_avx512, j.attend = martlet_attend_avx512;
#endif
    if (rows >= 8) martlet_pool_run(pool, heads, store_task, &j);
    else for (size_t head = 0; head < heads; head++) store_task(&j, head, 0);
    martlet_pool_run(pool, group_count * heads, attend_task, &j);
}
