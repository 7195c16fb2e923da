#ifndef CTOYKERNELS_H
#define CTOYKERNELS_H

#include <stddef.h>
#include <stdint.h>

/// The arithmetic of a GPT-2. Matrices are row-major F32 unless a shape says otherwise.
///
/// Every sum runs over its terms in one order that depends on nothing but their number, so a row's bits are the same
/// whatever rows are computed beside it.

enum {
    /// Outputs that a weight panel holds, and positions that a page of keys holds.
    TOY_LANES = 16,
};

#pragma clang assume_nonnull begin

/// Floats in a packed [in, out] matrix: whole panels of 16 outputs, the last one filled up with zeros.
size_t toy_packed_size(size_t in, size_t out);

/// packed [out / 16][in][16] <- w [in, out] (a GPT-2 Conv1D), or w [out, in] when `transposed`.
void toy_pack(float *packed, const float *w, size_t in, size_t out, int transposed);

/// Row `index` [in] of the [out, in] matrix that was packed: a token's embedding, read from the tied head.
void toy_packed_row(float *row, const float *packed, size_t in, size_t index);

/// y [rows, out] <- x [rows, in] * w [in, out] + bias [out]; w is packed, bias may be null.
void toy_linear(float *y, const float *x, const float *packed, const float *_Nullable bias, size_t rows, size_t in,
                size_t out);

/// y [rows, n] <- (x - mean) / sqrt(variance + epsilon) * gain [n] + bias [n], row by row.
void toy_layer_norm(float *y, const float *x, const float *gain, const float *bias, float epsilon, size_t rows,
                    size_t n);

/// x [n] <- x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))), GPT-2's `gelu_new`.
void toy_gelu_new(float *x, size_t n);

/// x [n] <- x / 2 * (1 + erf(x / sqrt(2))), the exact `gelu`.
void toy_gelu(float *x, size_t n);

/// x [n] <- x + y.
void toy_add(float *x, const float *y, size_t n);

/// x [n] <- softmax(scale * x). `scale` is positive.
void toy_softmax(float *x, float scale, size_t n);

/// Floats in one layer's part of a page: keys [heads][size][16], then values [16][heads * size].
size_t toy_page_size(size_t heads, size_t size);

/// y [rows, d] <- causal attention of consecutive positions of one sequence, the first of them at `start`.
///
/// qkv [rows, 3d] holds queries, keys and values; keys and values are stored in `pages` first, which must have room.
/// d is heads * size; `offset` is where the layer starts in each page; `scores` is scratch for one float a position,
/// rounded up to whole pages.
void toy_attention(float *y, const float *qkv, float *_Nonnull const *_Nonnull pages, size_t offset, float *scores,
                   size_t start, size_t rows, size_t heads, size_t size);

/// y [n] <- x, `n` little-endian IEEE 754 binary16 numbers at any alignment.
void toy_widen_f16(float *y, const void *x, size_t n);

/// y [n] <- x, `n` little-endian bfloat16 numbers at any alignment.
void toy_widen_bf16(float *y, const void *x, size_t n);

#pragma clang assume_nonnull end

#endif
