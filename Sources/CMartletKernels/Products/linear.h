#ifndef MARTLET_LINEAR_H
#define MARTLET_LINEAR_H

#include "../matrix.h"

/// A product under way: y [rows, out] <- x [rows, in] * m + bias.
typedef struct {
    float *y;
    const float *x;
    const martlet_matrix *m;
    const float *bias;
    size_t rows;
    martlet_result result;
    martlet_processor processor;
    /// For Q8.
    struct martlet_rounded *rounded;
} martlet_product;

/// x in 8 bits, block by block.
typedef struct martlet_rounded {
    size_t blocks;
    /// [rows][blocks][32]
    int8_t *numbers;
    /// [rows][blocks]
    float *scales;
    /// [rows][blocks]: -128 times a block's sum, which takes back that the weights are 128 too large.
    int32_t *zeros;
} martlet_rounded;

/// Computes the outputs of the panels from `first` up to `end`. One for each kind of processor, of the same bits but
/// where multiplication and addition are two roundings.
void martlet_panels_portable(const martlet_product *p, size_t first, size_t end);
void martlet_panels_avx2(const martlet_product *p, size_t first, size_t end);
void martlet_panels_avx512(const martlet_product *p, size_t first, size_t end);
void martlet_panels_vnni(const martlet_product *p, size_t first, size_t end);

#endif
