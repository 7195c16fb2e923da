#include "linear.h"

#include "../pool.h"

#include <math.h>

// MARK: What becomes of a product

MARTLET_KERNEL static void gelu_new(float *x, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const float u = 0.797884561f * (x[i] + 0.044715f * x[i] * x[i] * x[i]);
        x[i] = x[i] - x[i] / (martlet_exp(2.0f * u) + 1.0f);  // (1 + tanh u) / 2 = 1 - 1 / (e^2u + 1)
    }
}

static void gelu(float *x, size_t n) {
    for (size_t i = 0; i < n; i++) x[i] = 0.5f * x[i] * (1.0f + erff(x[i] * 0.707106781f));
}

// MARK: Inputs in 8 bits

// One row, block by block: the largest of a block becomes 127.
MARTLET_KERNEL static void round_row(int8_t *numbers, float *scales, int32_t *zeros, const float *x, size_t in) {
    for (size_t first = 0; first < in; first += MARTLET_BLOCK, numbers += MARTLET_BLOCK) {
        float block[MARTLET_BLOCK] = {0};
        const size_t count = in - first < MARTLET_BLOCK ? in - first : MARTLET_BLOCK;
        for (size_t i = 0; i < count; i++) block[i] = x[first + i];
        float largest = 0;
        for (size_t i = 0; i < MARTLET_BLOCK; i++) {
            const float size = __builtin_fabsf(block[i]);
            largest = size > largest ? size : largest;
        }
        const float factor = largest > 0 ? 127.0f / largest : 0;
        int32_t sum = 0;
        for (size_t i = 0; i < MARTLET_BLOCK; i++) {
            const float to_integer = 12582912.0f;  // as in martlet_exp
            const int32_t q = (int32_t)((block[i] * factor + to_integer) - to_integer);
            numbers[i] = (int8_t)q;
            sum += q;
        }
        *scales++ = largest / 127.0f;
        *zeros++ = -MARTLET_ZERO * sum;
    }
}

static void round_task(const void *job, size_t row, size_t thread) {
    const martlet_product *p = job;
    const martlet_rounded *r = p->rounded;
    const size_t at = row * r->blocks;
    // An odd number of blocks leaves one over, of zeros.
    r->scales[at + r->blocks - 1] = 0;
    r->zeros[at + r->blocks - 1] = 0;
    __builtin_memset(r->numbers + (at + r->blocks - 1) * MARTLET_BLOCK, 0, MARTLET_BLOCK);
    round_row(r->numbers + at * MARTLET_BLOCK, r->scales + at, r->zeros + at, p->x + row * p->m->in, p->m->in);
}

static void round_inputs(martlet_pool *pool, martlet_product *p, martlet_rounded *r) {
    r->blocks = (p->m->in + 2 * MARTLET_BLOCK - 1) / (2 * MARTLET_BLOCK) * 2;
    const size_t count = p->rows * r->blocks;
    char *memory = martlet_pool_scratch(pool, count * (MARTLET_BLOCK + sizeof *r->scales + sizeof *r->zeros));
    r->numbers = (int8_t *)memory;
    r->scales = (float *)(memory + count * MARTLET_BLOCK);
    r->zeros = (int32_t *)(r->scales + count);
    p->rounded = r;
    if (p->rows >= 4) return martlet_pool_run(pool, p->rows, round_task, p);
    for (size_t row = 0; row < p->rows; row++) round_task(p, row, 0);
}

// MARK: The product

static size_t panels_per_task(const martlet_product *p) { return p->rows == 1 ? 8 : 12; }  // multiples of every tile's

static void panels(const martlet_product *p, size_t first, size_t end) {
    switch (p->processor) {
#if MARTLET_HAS_CLONES
    case MARTLET_AVX512_VNNI: return martlet_panels_vnni(p, first, end);
    case MARTLET_AVX512: return martlet_panels_avx512(p, first, end);
    case MARTLET_AVX2: return martlet_panels_avx2(p, first, end);
#endif
    default: return martlet_panels_portable(p, first, end);
    }
}

static void linear_task(const void *job, size_t index, size_t thread) {
    const martlet_product *p = job;
    const size_t out = p->m->out, all = (out + MARTLET_LANES - 1) / MARTLET_LANES;
    const size_t first = index * panels_per_task(p);
    const size_t end = first + panels_per_task(p) < all ? first + panels_per_task(p) : all;
    panels(p, first, end);
    const size_t column = first * MARTLET_LANES;
    const size_t width = (end * MARTLET_LANES < out ? end * MARTLET_LANES : out) - column;
    for (size_t row = 0; row < p->rows; row++) {
        if (p->result == MARTLET_GELU_NEW) gelu_new(p->y + row * out + column, width);
        if (p->result == MARTLET_GELU) gelu(p->y + row * out + column, width);
    }
}

void martlet_linear(martlet_pool *pool, float *y, const float *x, const martlet_matrix *m, const float *bias,
                    size_t rows, martlet_result result) {
    martlet_product p = {y, x, m, bias, rows, result, martlet_pool_processor(pool), NULL};
    martlet_rounded rounded;
    if (m->format == MARTLET_Q8) round_inputs(pool, &p, &rounded);
    const size_t all = (m->out + MARTLET_LANES - 1) / MARTLET_LANES;
    const size_t tasks = (all + panels_per_task(&p) - 1) / panels_per_task(&p);
    // Below some ten microseconds of work the others are not worth their waking.
    if (rows * m->in * m->out >= 1 << 18) return martlet_pool_run(pool, tasks, linear_task, &p);
    for (size_t index = 0; index < tasks; index++) linear_task(&p, index, 0);
}
