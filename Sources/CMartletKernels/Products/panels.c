// The products' inner loops, for each kind of processor there may be.

#include "linear.h"
#include "../processor.h"

typedef int16_t pairs __attribute__((vector_size(MARTLET_LANES * 4), aligned(4)));
typedef uint16_t unsigned_pairs __attribute__((vector_size(MARTLET_LANES * 4), aligned(4)));

#define EVEN(v) __builtin_shufflevector(v, v, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)
#define ODD(v) __builtin_shufflevector(v, v, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31)

// 16 sums of two products each: one instruction on x86.
#define MULTIPLY_PAIRS(a, b)                                                                                           \
    (__builtin_convertvector(EVEN(a), ints) * __builtin_convertvector(EVEN(b), ints) +                                 \
     __builtin_convertvector(ODD(a), ints) * __builtin_convertvector(ODD(b), ints))

// Bytes 0 and 2 of each four, then bytes 1 and 3.
#define DOT_PAIRS(sums, w, x)                                                                                          \
    ({                                                                                                                 \
        const unsigned_pairs all = *(const unsigned_pairs *)(w);                                                       \
        const pairs low = (pairs)(all & 0xff), high = (pairs)(all >> 8);                                               \
        const pairs first = (pairs)((ints){0} + (int32_t)((uint16_t)(x)[0] | (uint32_t)(uint16_t)(x)[2] << 16));       \
        const pairs second = (pairs)((ints){0} + (int32_t)((uint16_t)(x)[1] | (uint32_t)(uint16_t)(x)[3] << 16));      \
        (sums) + MULTIPLY_PAIRS(low, first) + MULTIPLY_PAIRS(high, second);                                            \
    })

// MARK: Any processor

#define PROCESSOR portable
#define TALL 4
#define BROAD 1
#define SLIM 4
#define TALL_Q8 4
#define BROAD_Q8 1
#define SLIM_Q8 4
#define DOT DOT_PAIRS
#define WIDEN WIDEN_PORTABLE
#include "tiles.h"
#undef PROCESSOR
#undef WIDEN

#if MARTLET_HAS_CLONES

// MARK: AVX2: 16 registers of half a vector

#define PROCESSOR avx2
#define WIDEN WIDEN_HALVES
#pragma clang attribute push(TARGET_AVX2, apply_to = function)
#include "tiles.h"
#pragma clang attribute pop
#undef PROCESSOR
#undef TALL
#undef BROAD
#undef SLIM
#undef TALL_Q8
#undef BROAD_Q8
#undef SLIM_Q8

// MARK: AVX-512: 32 registers of a whole one

#define PROCESSOR avx512
#define TALL 8
#define BROAD 3
#define SLIM 8
#define TALL_Q8 8
#define BROAD_Q8 2
#define SLIM_Q8 8
#pragma clang attribute push(TARGET_AVX512, apply_to = function)
#include "tiles.h"
#pragma clang attribute pop
#undef PROCESSOR
#undef DOT

// MARK: AVX-512 VNNI: four products of bytes in one instruction

#include <immintrin.h>

#define PROCESSOR vnni
#define DOT(sums, w, x)                                                                                                \
    ({                                                                                                                 \
        int32_t four;                                                                                                  \
        __builtin_memcpy(&four, (x), sizeof four);                                                                     \
        (ints) _mm512_dpbusd_epi32((__m512i)(sums), *(const __m512i *)(w), _mm512_set1_epi32(four));                   \
    })
#pragma clang attribute push(TARGET_VNNI, apply_to = function)
#include "tiles.h"
#pragma clang attribute pop

#endif
