#include "vector.h"

#include <math.h>

// The sum of x [n]: lane i adds up the terms i, i + 16, ...; then the lanes, from the first to the last.
TOY_INLINE float total(const float *x, size_t n) {
    lanes sum = {0};
    size_t i = 0;
    for (; i + TOY_LANES <= n; i += TOY_LANES) sum += *(const lanes *)(x + i);
    float result = 0;
    for (size_t lane = 0; lane < TOY_LANES; lane++) result += sum[lane];
    for (; i < n; i++) result += x[i];
    return result;
}

TOY_KERNEL void toy_layer_norm(float *y, const float *x, const float *gain, const float *bias, float epsilon,
                               size_t rows, size_t n) {
    for (size_t row = 0; row < rows; row++, x += n, y += n) {
        const float mean = total(x, n) / (float)n;
        for (size_t i = 0; i < n; i++) y[i] = (x[i] - mean) * (x[i] - mean);
        const float scale = 1.0f / __builtin_sqrtf(total(y, n) / (float)n + epsilon);
        for (size_t i = 0; i < n; i++) y[i] = (x[i] - mean) * scale * gain[i] + bias[i];
    }
}

TOY_KERNEL void toy_gelu_new(float *x, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const float u = 0.797884561f * (x[i] + 0.044715f * x[i] * x[i] * x[i]);
        x[i] = x[i] - x[i] / (toy_exp(2.0f * u) + 1.0f);  // (1 + tanh u) / 2 = 1 - 1 / (e^2u + 1)
    }
}

void toy_gelu(float *x, size_t n) {
    for (size_t i = 0; i < n; i++) x[i] = 0.5f * x[i] * (1.0f + erff(x[i] * 0.707106781f));
}

TOY_KERNEL void toy_add(float *x, const float *y, size_t n) {
    for (size_t i = 0; i < n; i++) x[i] += y[i];
}

TOY_KERNEL void toy_softmax(float *x, float scale, size_t n) {
    float top = -INFINITY;
    for (size_t i = 0; i < n; i++) top = x[i] > top ? x[i] : top;
    for (size_t i = 0; i < n; i++) x[i] = toy_exp((x[i] - top) * scale);
    const float sum = total(x, n);
    for (size_t i = 0; i < n; i++) x[i] /= sum;
}
