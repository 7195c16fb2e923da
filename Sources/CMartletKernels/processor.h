#ifndef MARTLET_PROCESSOR_H
#define MARTLET_PROCESSOR_H

// For loops that are included once for each kind of processor: their names, and what the processors do differently.

#include "matrix.h"

typedef int32_t ints __attribute__((vector_size(MARTLET_LANES * 4), aligned(4)));
typedef uint16_t shorts __attribute__((vector_size(MARTLET_LANES * 2), aligned(2)));
typedef _Float16 halves __attribute__((vector_size(MARTLET_LANES * 2), aligned(2)));

#define PASTE(x, y) x##_##y
#define NAMED(x, y) PASTE(x, y)
#define NAME(x) NAMED(x, PROCESSOR)

#define TARGET_AVX2 __attribute__((target("arch=x86-64-v3")))
// Without a word, the compiler would make do with half of each register.
#define TARGET_AVX512 __attribute__((target("arch=x86-64-v4"), min_vector_width(512)))
#define TARGET_VNNI __attribute__((target("arch=x86-64-v4,avx512vnni"), min_vector_width(512)))

// 16 binary16s become lanes, or lanes become 16 binary16s, where there is an instruction for it. What is too large
// becomes the largest.
#define WIDEN_HALVES(w) __builtin_convertvector(*(const halves *)(w), lanes)
#define NARROW_HALVES(w, x)                                                                                            \
    ({                                                                                                                 \
        const lanes largest = 65504.0f - (lanes){0};                                                                   \
        const lanes inside = __builtin_elementwise_max(__builtin_elementwise_min((x), largest), -largest);             \
        *(halves *)(w) = __builtin_convertvector(inside, halves);                                                      \
    })

// Elsewhere: the exponents differ by 127 - 15, and a multiplication sets that right for subnormal numbers too.
// Infinities and NaN do not occur.
#define WIDEN_BITS(w)                                                                                                  \
    ({                                                                                                                 \
        const ints bits = __builtin_convertvector(*(const shorts *)(w), ints);                                         \
        const lanes magnitude = (lanes)((bits & 0x7fff) << 13) * 0x1p112f;                                             \
        (lanes)((ints)magnitude | (bits & 0x8000) << 16);                                                              \
    })
#define NARROW_BITS(w, x)                                                                                              \
    ({                                                                                                                 \
        const lanes all = (x);                                                                                         \
        for (size_t lane = 0; lane < MARTLET_LANES; lane++) (w)[lane] = martlet_to_half(all[lane]);                    \
    })

// 16 lanes of the F32 or F16 numbers at `x` from `index` on.
#define LOAD(x, index, format)                                                                                         \
    ((format) == MARTLET_F16 ? WIDEN((const half *)(x) + (index)) : *(const lanes *)((const float *)(x) + (index)))

// What any processor can do.
#ifdef __aarch64__
#define WIDEN_PORTABLE WIDEN_HALVES
#define NARROW_PORTABLE NARROW_HALVES
#else
#define WIDEN_PORTABLE WIDEN_BITS
#define NARROW_PORTABLE NARROW_BITS
#endif

#endif
