#ifndef CMARTLETKERNELS_H
#define CMARTLETKERNELS_H

#include <stddef.h>
#include <stdint.h>

/// The arithmetic of a transformer. Arrays are row-major F32 unless a shape says otherwise.
///
/// Every sum runs over its terms in one order that depends on nothing but their number, so a row's bits are the same
/// whatever rows are computed beside it, and by however many threads.

enum {
    /// Outputs that a weight panel holds, and positions that a page of keys holds.
    MARTLET_LANES = 16,
};

#pragma clang assume_nonnull begin

// MARK: Threads

/// The threads that share the work of a call: the one that calls, and helpers that spin for a moment when they have
/// nothing to do and then sleep.
typedef struct martlet_pool martlet_pool;

/// A pool of `threads` threads, the caller counted; at least one. Helpers that the system refuses are done without.
/// Where the system lets it, each helper stays on a processor of its own.
martlet_pool *martlet_pool_create(size_t threads);

/// Ends the helpers. No call may be under way.
void martlet_pool_destroy(martlet_pool *pool);

/// The kinds of processor that products and attention are written for, each of them able to do what the one before can.
typedef enum {
    MARTLET_PORTABLE,
    MARTLET_AVX2,
    MARTLET_AVX512,
    MARTLET_AVX512_VNNI,
} martlet_processor;

/// The kind that the pool's work is done for: the best that this machine has.
martlet_processor martlet_pool_processor(const martlet_pool *pool);

/// Has the pool do without what came after `processor`: so a test sees what another machine computes.
void martlet_pool_restrict(martlet_pool *pool, martlet_processor processor);

/// Processors that this process may run on.
size_t martlet_processors(void);

// MARK: Weights

/// How a packed matrix holds its numbers.
typedef enum {
    MARTLET_F32,
    /// IEEE 754 binary16.
    MARTLET_F16,
    /// 8-bit integers, symmetric, with one scale for each 32 inputs of an output.
    MARTLET_Q8,
} martlet_format;

/// A packed [in, out] matrix: panels of 16 outputs, each read from its first byte to its last. The last panel is
/// filled up with zeros.
///
/// F32, F16: panel [in][16]. Q8: panel [in / 64] of two blocks' scales [2][16] in bfloat16 and their numbers
/// [2][8][16][4], which are 128 too large to be unsigned; the last one is filled up with zeros.
typedef struct {
    martlet_format format;
    size_t in, out;
    void *panels;
} martlet_matrix;

/// Bytes of `panels`, which start at a multiple of 64.
size_t martlet_matrix_size(martlet_format format, size_t in, size_t out);

/// Memory for `panels`, in large pages where the system has them. Null if there is none.
void *_Nullable martlet_allocate(size_t size);

void martlet_free(void *panels);

/// m <- w [in, out] (a GPT-2 Conv1D), or w [out, in] when `transposed`.
void martlet_pack(const martlet_matrix *m, const float *w, int transposed);

/// y [in] <- what the matrix has for output `index`: a token's embedding, read from the tied head.
void martlet_matrix_column(float *y, const martlet_matrix *m, size_t index);

/// What becomes of a product.
typedef enum {
    MARTLET_STORE,
    /// Added to what y holds.
    MARTLET_ADD,
    /// x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))), GPT-2's `gelu_new`.
    MARTLET_GELU_NEW,
    /// x / 2 * (1 + erf(x / sqrt(2))), the exact `gelu`.
    MARTLET_GELU,
} martlet_result;

/// y [rows, out] <- x [rows, in] * m + bias [out], which may be null. Q8 rounds x to 8 bits, block by block of 32.
void martlet_linear(martlet_pool *pool, float *y, const float *x, const martlet_matrix *m, const float *_Nullable bias,
                    size_t rows, martlet_result result);

// MARK: Between the products

/// y [rows, n] <- (x - mean) / sqrt(variance + epsilon) * gain [n] + bias [n], row by row.
void martlet_layer_norm(martlet_pool *pool, float *y, const float *x, const float *gain, const float *bias,
                        float epsilon, size_t rows, size_t n);

/// x [n] <- x + y.
void martlet_add(float *x, const float *y, size_t n);

/// Bytes of one layer's part of a page, F32 or F16: for each head, keys [size][16], then values [16][size].
size_t martlet_page_size(martlet_format format, size_t heads, size_t size);

/// Consecutive positions of one sequence, the first of them at `start`, in rows from `first` on.
typedef struct {
    size_t first, rows, start;
    /// The sequence's pages, with room for its rows.
    void *_Nonnull const *_Nonnull pages;
} martlet_segment;

/// y [rows, d] <- causal attention, each row over its own sequence; d is heads * size.
///
/// qkv [rows, 3d] holds queries, keys and values; keys and values are stored in the pages first, in `format`, behind
/// those of the layers before `layer`. No two segments are of one sequence.
void martlet_attention(martlet_pool *pool, float *y, const float *qkv, const martlet_segment *segments, size_t count,
                       martlet_format format, size_t layer, size_t heads, size_t size);

// MARK: Files

/// y [n] <- x, `n` little-endian IEEE 754 binary16 numbers at any alignment.
void martlet_widen_f16(float *y, const void *x, size_t n);

/// y [n] <- x, `n` little-endian bfloat16 numbers at any alignment.
void martlet_widen_bf16(float *y, const void *x, size_t n);

#pragma clang assume_nonnull end

#endif
