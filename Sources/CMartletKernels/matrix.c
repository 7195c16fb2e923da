#include "matrix.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void *martlet_allocate(size_t size) {
    void *panels = aligned_alloc(64, size);
#ifdef MADV_HUGEPAGE
    const size_t page = 4096, first = ((size_t)panels + page - 1) / page * page, end = (size_t)panels + size;
    if (panels && first < end) madvise((void *)first, end - first, MADV_HUGEPAGE);  // a wish: it may well be refused
#endif
    return panels;
}

void martlet_free(void *panels) { free(panels); }

static size_t panel_count(size_t out) { return (out + MARTLET_LANES - 1) / MARTLET_LANES; }

size_t martlet_panel_size(martlet_format format, size_t in) {
    switch (format) {
    case MARTLET_F32: return in * MARTLET_LANES * sizeof(float);
    case MARTLET_F16: return in * MARTLET_LANES * sizeof(half);
    case MARTLET_Q8: return (in + 2 * MARTLET_BLOCK - 1) / (2 * MARTLET_BLOCK) * sizeof(martlet_blocks);
    }
    return 0;
}

size_t martlet_matrix_size(martlet_format format, size_t in, size_t out) {
    return (panel_count(out) * martlet_panel_size(format, in) + 63) / 64 * 64;
}

// The smallest bfloat16 that is not below x, which is not negative.
static uint16_t round_up_to_bf16(float x) {
    union {
        float value;
        uint32_t bits;
    } u = {x};
    return (uint16_t)((u.bits + 0xffff) >> 16);
}

// One output's block of up to 32 numbers, a stride apart: its largest becomes 127.
static void pack_block(martlet_blocks *blocks, size_t block, size_t lane, const float *w, size_t stride, size_t count) {
    float largest = 0;
    for (size_t i = 0; i < count; i++) largest = __builtin_fmaxf(largest, __builtin_fabsf(w[i * stride]));
    blocks->scales[block][lane] = round_up_to_bf16(largest / 127);
    const float scale = martlet_bf16(blocks->scales[block][lane]);
    for (size_t i = 0; i < MARTLET_BLOCK; i++) {
        const float q = i < count && scale > 0 ? __builtin_rintf(w[i * stride] / scale) : 0;
        blocks->numbers[block][i / 4][lane][i % 4] = (uint8_t)(q + MARTLET_ZERO);
    }
}

// Output `j` of the matrix, whose inputs are a stride apart, into its lane of a panel; zeros, if there is none.
static void pack_lane(const martlet_matrix *m, char *panel, size_t lane, const float *w, size_t stride) {
    for (size_t k = 0; m->format == MARTLET_F32 && k < m->in; k++)
        ((float *)panel)[k * MARTLET_LANES + lane] = w ? w[k * stride] : 0;
    for (size_t k = 0; m->format == MARTLET_F16 && k < m->in; k++)
        ((half *)panel)[k * MARTLET_LANES + lane] = w ? martlet_to_half(w[k * stride]) : 0;
    for (size_t k = 0; m->format == MARTLET_Q8 && k < m->in; k += MARTLET_BLOCK) {
        const size_t count = m->in - k < MARTLET_BLOCK ? m->in - k : MARTLET_BLOCK;
        pack_block((martlet_blocks *)panel + k / (2 * MARTLET_BLOCK), k / MARTLET_BLOCK % 2, lane,
                   w ? w + k * stride : &(float){0}, stride, w ? count : 0);
    }
}

void martlet_pack(const martlet_matrix *m, const float *w, int transposed) {
    char *panel = m->panels;
    if (m->format == MARTLET_Q8) memset(panel, 0, martlet_matrix_size(m->format, m->in, m->out));
    for (size_t first = 0; first < m->out; first += MARTLET_LANES, panel += martlet_panel_size(m->format, m->in)) {
        for (size_t lane = 0; lane < MARTLET_LANES; lane++) {
            const size_t j = first + lane;
            const float *start = j >= m->out ? NULL : transposed ? w + j * m->in : w + j;
            pack_lane(m, panel, lane, start, transposed ? 1 : m->out);
        }
    }
}

void martlet_matrix_column(float *y, const martlet_matrix *m, size_t index) {
    const char *panel = (const char *)m->panels + index / MARTLET_LANES * martlet_panel_size(m->format, m->in);
    const size_t lane = index % MARTLET_LANES;
    for (size_t k = 0; k < m->in; k++) {
        switch (m->format) {
        case MARTLET_F32: y[k] = ((const float *)panel)[k * MARTLET_LANES + lane]; break;
        case MARTLET_F16: martlet_widen_f16(y + k, (const half *)panel + k * MARTLET_LANES + lane, 1); break;
        case MARTLET_Q8: {
            const martlet_blocks *blocks = (const martlet_blocks *)panel + k / (2 * MARTLET_BLOCK);
            const size_t block = k / MARTLET_BLOCK % 2, i = k % MARTLET_BLOCK;
            const int q = (int)blocks->numbers[block][i / 4][lane][i % 4] - MARTLET_ZERO;
            y[k] = (float)q * martlet_bf16(blocks->scales[block][lane]);
        } break;
        }
    }
}
