#include "vector.h"

#include <string.h>

MARTLET_KERNEL void martlet_widen_f16(float *y, const void *x, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint16_t half;
        memcpy(&half, (const char *)x + i * sizeof half, sizeof half);
        const uint32_t sign = (uint32_t)(half & 0x8000) << 16;
        const uint32_t magnitude = half & 0x7fff;
        // Exponents rebias by 127 - 15; infinity and NaN keep the largest; a subnormal is its fraction times 2^-24.
        const uint32_t normal = (magnitude << 13) + (magnitude >= 0x7c00 ? 0x70000000u : 0x38000000u);
        union {
            float value;
            uint32_t bits;
        } subnormal = {(float)magnitude * 0x1p-24f}, result;
        result.bits = sign | (magnitude < 0x0400 ? subnormal.bits : normal);
        y[i] = result.value;
    }
}

MARTLET_KERNEL void martlet_widen_bf16(float *y, const void *x, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint16_t high;
        memcpy(&high, (const char *)x + i * sizeof high, sizeof high);
        union {
            uint32_t bits;
            float value;
        } result = {(uint32_t)high << 16};
        y[i] = result.value;
    }
}
