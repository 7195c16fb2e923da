#include "pool.h"
#include "vector.h"

typedef struct {
    float *y;
    const float *x, *gain, *bias;
    float epsilon;
    size_t n;
} norm;

MARTLET_KERNEL static void normalize(float *y, const float *x, const norm *p) {
    const size_t n = p->n;
    const float mean = martlet_total(x, n) / (float)n;
    for (size_t i = 0; i < n; i++) y[i] = (x[i] - mean) * (x[i] - mean);
    const float scale = 1.0f / __builtin_sqrtf(martlet_total(y, n) / (float)n + p->epsilon);
    for (size_t i = 0; i < n; i++) y[i] = (x[i] - mean) * scale * p->gain[i] + p->bias[i];
}

static void normalize_task(const void *job, size_t row, size_t thread) {
    const norm *p = job;
    normalize(p->y + row * p->n, p->x + row * p->n, p);
}

void martlet_layer_norm(martlet_pool *pool, float *y, const float *x, const float *gain, const float *bias,
                        float epsilon, size_t rows, size_t n) {
    const norm p = {y, x, gain, bias, epsilon, n};
    if (rows * n >= 1 << 14) return martlet_pool_run(pool, rows, normalize_task, &p);
    for (size_t row = 0; row < rows; row++) normalize_task(&p, row, 0);
}

MARTLET_KERNEL void martlet_add(float *x, const float *y, size_t n) {
    for (size_t i = 0; i < n; i++) x[i] += y[i];
}
