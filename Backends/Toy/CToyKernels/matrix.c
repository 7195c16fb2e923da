#include "matrix.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void *toy_allocate(size_t size) {
    void *panels = aligned_alloc(64, size);
#ifdef MADV_HUGEPAGE
    const size_t page = 4096, first = ((size_t)panels + page - 1) / page * page, end = (size_t)panels + size;
    if (panels && first < end) madvise((void *)first, end - first, MADV_HUGEPAGE);  // a wish: it may well be refused
#endif
    return panels;
}

void toy_free(void *panels) { free(panels); }

static size_t panel_count(size_t out) { return (out + TOY_LANES - 1) / TOY_LANES; }

size_t toy_panel_size(toy_format format, size_t in) {
    switch (format) {
    case TOY_F32: return in * TOY_LANES * sizeof(float);
    case TOY_F16: return in * TOY_LANES * sizeof(half);
    case TOY_Q8: return (in + 2 * TOY_BLOCK - 1) / (2 * TOY_BLOCK) * sizeof(toy_blocks);
    }
    return 0;
}

size_t toy_matrix_size(toy_format format, size_t in, size_t out) {
    return (panel_count(out) * toy_panel_size(format, in) + 63) / 64 * 64;
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
static void pack_block(toy_blocks *blocks, size_t block, size_t lane, const float *w, size_t stride, size_t count) {
    float largest = 0;
    for (size_t i = 0; i < count; i++) largest = __builtin_fmaxf(largest, __builtin_fabsf(w[i * stride]));
    blocks->scales[block][lane] = round_up_to_bf16(largest / 127);
    const float scale = toy_bf16(blocks->scales[block][lane]);
    for (size_t i = 0; i < TOY_BLOCK; i++) {
        const float q = i < count && scale > 0 ? __builtin_rintf(w[i * stride] / scale) : 0;
        blocks->numbers[block][i / 4][lane][i % 4] = (uint8_t)(q + TOY_ZERO);
    }
}

// Output `j` of the matrix, whose inputs are a stride apart, into its lane of a panel; zeros, if there is none.
static void pack_lane(const toy_matrix *m, char *panel, size_t lane, const float *w, size_t stride) {
    for (size_t k = 0; m->format == TOY_F32 && k < m->in; k++)
        ((float *)panel)[k * TOY_LANES + lane] = w ? w[k * stride] : 0;
    for (size_t k = 0; m->format == TOY_F16 && k < m->in; k++)
        ((half *)panel)[k * TOY_LANES + lane] = w ? toy_to_half(w[k * stride]) : 0;
    for (size_t k = 0; m->format == TOY_Q8 && k < m->in; k += TOY_BLOCK) {
        const size_t count = m->in - k < TOY_BLOCK ? m->in - k : TOY_BLOCK;
        pack_block((toy_blocks *)panel + k / (2 * TOY_BLOCK), k / TOY_BLOCK % 2, lane, w ? w + k * stride : &(float){0},
                   stride, w ? count : 0);
    }
}

void toy_pack(const toy_matrix *m, const float *w, int transposed) {
    char *panel = m->panels;
    if (m->format == TOY_Q8) memset(panel, 0, toy_matrix_size(m->format, m->in, m->out));
    for (size_t first = 0; first < m->out; first += TOY_LANES, panel += toy_panel_size(m->format, m->in)) {
        for (size_t lane = 0; lane < TOY_LANES; lane++) {
            const size_t j = first + lane;
            const float *start = j >= m->out ? NULL : transposed ? w + j * m->in : w + j;
            pack_lane(m, panel, lane, start, transposed ? 1 : m->out);
        }
    }
}

void toy_matrix_column(float *y, const toy_matrix *m, size_t index) {
    const char *panel = (const char *)m->panels + index / TOY_LANES * toy_panel_size(m->format, m->in);
    const size_t lane = index % TOY_LANES;
    for (size_t k = 0; k < m->in; k++) {
        switch (m->format) {
        case TOY_F32: y[k] = ((const float *)panel)[k * TOY_LANES + lane]; break;
        case TOY_F16: toy_widen_f16(y + k, (const half *)panel + k * TOY_LANES + lane, 1); break;
        case TOY_Q8: {
            const toy_blocks *blocks = (const toy_blocks *)panel + k / (2 * TOY_BLOCK);
            const size_t block = k / TOY_BLOCK % 2, i = k % TOY_BLOCK;
            const int q = (int)blocks->numbers[block][i / 4][lane][i % 4] - TOY_ZERO;
            y[k] = (float)q * toy_bf16(blocks->scales[block][lane]);
        } break;
        }
    }
}
