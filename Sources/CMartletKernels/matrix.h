#ifndef MARTLET_MATRIX_H
#define MARTLET_MATRIX_H

#include "vector.h"

/// A binary16's bits.
typedef uint16_t half;

enum {
    /// Inputs that share a scale.
    MARTLET_BLOCK = 32,
    /// What stands for zero: weights are signed, and the instruction that multiplies bytes wants unsigned ones.
    MARTLET_ZERO = 128,
};

/// 64 inputs of 16 outputs in 8 bits.
typedef struct {
    /// bfloat16
    uint16_t scales[2][MARTLET_LANES];
    /// Four inputs of an output lie together.
    uint8_t numbers[2][MARTLET_BLOCK / 4][MARTLET_LANES][4];
} martlet_blocks;

/// Bytes from one panel to the next.
size_t martlet_panel_size(martlet_format format, size_t in);

MARTLET_INLINE float martlet_bf16(uint16_t high) {
    union {
        uint32_t bits;
        float value;
    } result = {(uint32_t)high << 16};
    return result.value;
}

/// The nearest binary16, ties to even; what is too large becomes the largest.
MARTLET_INLINE half martlet_to_half(float x) {
    union {
        float value;
        uint32_t bits;
    } u = {x};
    const uint32_t sign = u.bits >> 16 & 0x8000;
    u.bits &= 0x7fffffff;
    if (u.value >= 65520.0f) return (half)(sign | 0x7bff);
    // Below the least normal number, adding a power of two leaves the fraction's bits at the lower end.
    if (u.value < 0x1p-14f) {
        u.value += 0.5f;
        return (half)(sign | (u.bits & 0x03ff) | (u.bits - 0x3f000000 >= 0x400 ? 0x0400 : 0));
    }
    const uint32_t odd = u.bits >> 13 & 1;
    return (half)(sign | ((u.bits + 0x0fff + odd - 0x38000000) >> 13));
}

#endif
