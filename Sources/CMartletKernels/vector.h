#ifndef MARTLET_VECTOR_H
#define MARTLET_VECTOR_H

#include "CMartletKernels.h"

// One clone a vector width, chosen when the program loads; elsewhere the compiler's default is all there is. The choice
// is made before ThreadSanitizer has set itself up, so a build under it goes without.
#if defined(__x86_64__) && defined(__linux__) && !__has_feature(thread_sanitizer)
#define MARTLET_HAS_CLONES 1
#define MARTLET_KERNEL __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define MARTLET_HAS_CLONES 0
#define MARTLET_KERNEL
#endif

#define MARTLET_INLINE static inline __attribute__((always_inline))

/// 16 F32 lanes, loaded and stored at any float's address.
typedef float lanes __attribute__((vector_size(MARTLET_LANES * sizeof(float)), aligned(sizeof(float))));

/// e^x within 2 ulp for x in -87...88, clamped outside. Its own polynomial, since libm's is neither inlined into
/// a vector loop nor the same on every platform.
MARTLET_INLINE float martlet_exp(float x) {
    x = x < -87.0f ? -87.0f : x;
    x = x > 88.0f ? 88.0f : x;
    const float to_integer = 12582912.0f;  // 1.5 * 2^23: adding it rounds to a whole number
    const float n = (x * 1.44269504f + to_integer) - to_integer;
    const float r = (x - n * 0.693359375f) - n * -2.12194440e-4f;  // ln 2 in two parts
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = (p * r) * r + r + 1.0f;
    union {
        int32_t bits;
        float value;
    } power = {((int32_t)n + 127) << 23};
    return p * power.value;
}

/// The sum of x [n]: lane i adds up the terms i, i + 16, ...; then the lanes, from the first to the last.
MARTLET_INLINE float martlet_total(const float *x, size_t n) {
    lanes sum = {0};
    size_t i = 0;
    for (; i + MARTLET_LANES <= n; i += MARTLET_LANES) sum += *(const lanes *)(x + i);
    float result = 0;
    for (size_t lane = 0; lane < MARTLET_LANES; lane++) result += sum[lane];
    for (; i < n; i++) result += x[i];
    return result;
}

#endif
