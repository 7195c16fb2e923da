#include "vector.h"

#include <string.h>

size_t toy_packed_size(size_t in, size_t out) { return (out + TOY_LANES - 1) / TOY_LANES * TOY_LANES * in; }

void toy_pack(float *packed, const float *w, size_t in, size_t out, int transposed) {
    for (size_t panel = 0; panel < out; panel += TOY_LANES) {
        for (size_t k = 0; k < in; k++) {
            for (size_t lane = 0; lane < TOY_LANES; lane++) {
                const size_t j = panel + lane;
                *packed++ = j >= out ? 0 : transposed ? w[j * in + k] : w[k * out + j];
            }
        }
    }
}

void toy_packed_row(float *row, const float *packed, size_t in, size_t index) {
    const float *panel = packed + index / TOY_LANES * TOY_LANES * in + index % TOY_LANES;
    for (size_t k = 0; k < in; k++) row[k] = panel[k * TOY_LANES];
}

// `rows` rows against `panels` panels, both constant where it is inlined, so that the sums stay in registers.
// A lane belongs to one output, and its sum runs over k from 0 up.
TOY_INLINE void tile(float *y, const float *x, const float *packed, const float *bias, size_t in, size_t out,
                     size_t column, size_t rows, size_t panels) {
    lanes sum[16];
    for (size_t i = 0; i < rows * panels; i++) sum[i] = (lanes){0};
    for (size_t k = 0; k < in; k++) {
        for (size_t p = 0; p < panels; p++) {
            const lanes w = *(const lanes *)(packed + (p * in + k) * TOY_LANES);
            for (size_t r = 0; r < rows; r++) sum[r * panels + p] += x[r * in + k] * w;
        }
    }
    for (size_t p = 0; p < panels; p++, column += TOY_LANES) {
        const size_t width = out - column < TOY_LANES ? out - column : TOY_LANES;
        lanes b = {0};
        if (bias) memcpy(&b, bias + column, width * sizeof(float));
        for (size_t r = 0; r < rows; r++) {
            const lanes result = sum[r * panels + p] + b;
            memcpy(y + r * out + column, &result, width * sizeof(float));
        }
    }
}

TOY_KERNEL void toy_linear(float *y, const float *x, const float *packed, const float *bias, size_t rows, size_t in,
                           size_t out) {
    const size_t all = (out + TOY_LANES - 1) / TOY_LANES;
    size_t panel = 0;
    // A lone row is a matter of streaming weights, four panels at a time; many rows share each panel while it is warm.
    for (; rows == 1 && panel + 4 <= all; panel += 4)
        tile(y, x, packed + panel * TOY_LANES * in, bias, in, out, panel * TOY_LANES, 1, 4);
    for (; panel + 2 <= all; panel += 2) {
        const float *w = packed + panel * TOY_LANES * in;
        size_t row = 0;
        for (; row + 8 <= rows; row += 8)
            tile(y + row * out, x + row * in, w, bias, in, out, panel * TOY_LANES, 8, 2);
        for (; row + 4 <= rows; row += 4)
            tile(y + row * out, x + row * in, w, bias, in, out, panel * TOY_LANES, 4, 2);
        for (; row < rows; row++) tile(y + row * out, x + row * in, w, bias, in, out, panel * TOY_LANES, 1, 2);
    }
    for (; panel < all; panel++) {
        const float *w = packed + panel * TOY_LANES * in;
        for (size_t row = 0; row < rows; row++)
            tile(y + row * out, x + row * in, w, bias, in, out, panel * TOY_LANES, 1, 1);
    }
}
