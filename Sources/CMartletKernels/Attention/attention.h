#ifndef MARTLET_ATTENTION_H
#define MARTLET_ATTENTION_H

#include "../pool.h"

enum {
    /// Queries that share what is read of the pages.
    MARTLET_QUERIES = 4,
    /// How many pages ahead are asked for: a head's part of a page is too short for the processor to foresee the next.
    MARTLET_AHEAD = 2,
};

/// One layer's attention.
typedef struct {
    float *y;
    const float *qkv;
    const martlet_segment *segments;
    size_t count;
    martlet_format format;
    /// Numbers from a page's first to the layer's.
    size_t offset;
    size_t heads, size;
    /// [threads][MARTLET_QUERIES][positions]
    float *scores;
    size_t positions;
} martlet_attention_job;

/// Stores a head's keys and values of all rows in the pages. One for each kind of processor, all of the same bits
/// but for what is no number.
typedef void martlet_store(const martlet_attention_job *a, size_t head);
martlet_store martlet_store_portable, martlet_store_avx2, martlet_store_avx512;

/// A head's result for `rows` rows of a segment from `row` on. One for each kind of processor, of the same bits but
/// where multiplication and addition are two roundings.
typedef void martlet_attend(const martlet_attention_job *a, const martlet_segment *s, size_t row, size_t rows,
                            size_t head, float *scores);
martlet_attend martlet_attend_portable, martlet_attend_avx2, martlet_attend_avx512;

#endif
