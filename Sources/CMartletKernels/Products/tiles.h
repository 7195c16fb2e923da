// The products' inner loops, included once for each kind of processor, which says beforehand:
// - NAME(x): x with the processor's name after it
// - TALL, BROAD, SLIM: rows of a tile, panels of a tile of more rows, panels of a tile of one row
// - TALL_Q8, BROAD_Q8, SLIM_Q8: likewise for Q8
// - WIDEN(w): 16 lanes of the binary16s at w
// - DOT(sums, w, x): 16 sums + products of four unsigned bytes of w each with four signed bytes at x

// A tile's sums [rows][panels] become results.
MARTLET_INLINE void NAME(finish)(const martlet_product *p, const lanes *sums, size_t row, size_t rows, size_t panel,
                                 size_t panels) {
    for (size_t i = 0; i < panels; i++) {
        const size_t column = (panel + i) * MARTLET_LANES;
        const size_t width = p->m->out - column < MARTLET_LANES ? p->m->out - column : MARTLET_LANES;
        lanes bias = {0};
        if (p->bias) __builtin_memcpy(&bias, p->bias + column, width * sizeof(float));
        for (size_t r = 0; r < rows; r++) {
            float *y = p->y + (row + r) * p->m->out + column;
            lanes sum = sums[r * panels + i] + bias, old = {0};
            if (p->result == MARTLET_ADD) __builtin_memcpy(&old, y, width * sizeof(float));
            sum += old;
            __builtin_memcpy(y, &sum, width * sizeof(float));
        }
    }
}

// `rows` rows against `panels` panels, both constant where it is inlined, so that the sums stay in registers.
// A lane belongs to one output, and its sum runs over k from 0 up.
MARTLET_INLINE void NAME(tile)(const martlet_product *p, martlet_format format, size_t row, size_t rows, size_t panel,
                               size_t panels) {
    const size_t in = p->m->in, size = martlet_panel_size(format, in);
    const char *first = (const char *)p->m->panels + panel * size;
    const float *x = p->x + row * in;
    lanes sums[24];
    for (size_t i = 0; i < rows * panels; i++) sums[i] = (lanes){0};
    for (size_t k = 0; k < in; k++) {
        lanes w[8];
        for (size_t i = 0; i < panels; i++) w[i] = LOAD(first + i * size, k * MARTLET_LANES, format);
        for (size_t r = 0; r < rows; r++)
            for (size_t i = 0; i < panels; i++) sums[r * panels + i] += x[r * in + k] * w[i];
    }
    NAME(finish)(p, sums, row, rows, panel, panels);
}

// The same in 8 bits. A block's products add up exactly; what is rounded is the sum over the blocks, from 0 up.
MARTLET_INLINE void NAME(tile_q8)(const martlet_product *p, size_t row, size_t rows, size_t panel, size_t panels) {
    const size_t blocks = p->rounded->blocks;
    const int8_t *x = p->rounded->numbers + row * blocks * MARTLET_BLOCK;
    const float *scales = p->rounded->scales + row * blocks;
    const int32_t *zeros = p->rounded->zeros + row * blocks;
    lanes sums[24];
    for (size_t i = 0; i < rows * panels; i++) sums[i] = (lanes){0};
    for (size_t block = 0; block < blocks; block++) {
        for (size_t i = 0; i < panels; i++) {
            const martlet_blocks *w = (const martlet_blocks *)p->m->panels + ((panel + i) * blocks + block) / 2;
            const lanes scale =
                (lanes)(__builtin_convertvector(*(const shorts *)w->scales[block % 2], ints) << 16);
            for (size_t r = 0; r < rows; r++) {
                ints sum = zeros[r * blocks + block] - (ints){0};
                for (size_t j = 0; j < MARTLET_BLOCK / 4; j++)
                    sum = DOT(sum, w->numbers[block % 2][j], x + (r * blocks + block) * MARTLET_BLOCK + j * 4);
                sums[r * panels + i] += __builtin_convertvector(sum, lanes) * (scale * scales[r * blocks + block]);
            }
        }
    }
    NAME(finish)(p, sums, row, rows, panel, panels);
}

MARTLET_INLINE void NAME(rows)(const martlet_product *p, martlet_format format, size_t row, size_t rows, size_t panel,
                               size_t panels) {
    if (format == MARTLET_Q8) NAME(tile_q8)(p, row, rows, panel, panels);
    else NAME(tile)(p, format, row, rows, panel, panels);
}

// All rows against some panels.
MARTLET_INLINE void NAME(column)(const martlet_product *p, martlet_format format, size_t tall, size_t panel,
                                 size_t panels) {
    size_t row = 0;
    for (; row + tall <= p->rows; row += tall) NAME(rows)(p, format, row, tall, panel, panels);
    for (; tall > 4 && row + 4 <= p->rows; row += 4) NAME(rows)(p, format, row, 4, panel, panels);
    for (; tall > 2 && row + 2 <= p->rows; row += 2) NAME(rows)(p, format, row, 2, panel, panels);
    for (; row < p->rows; row++) NAME(rows)(p, format, row, 1, panel, panels);
}

// A lone row is a matter of streaming weights, and memory is fastest when several panels stream at a time. Many rows
// share what is read of each panel while it is in registers.
MARTLET_INLINE void NAME(format)(const martlet_product *p, martlet_format format, size_t panel, size_t end, size_t tall,
                                 size_t broad, size_t slim) {
    for (; p->rows == 1 && panel + slim <= end; panel += slim) NAME(rows)(p, format, 0, 1, panel, slim);
    for (; p->rows > 1 && panel + broad <= end; panel += broad) NAME(column)(p, format, tall, panel, broad);
    for (; panel < end; panel++) NAME(column)(p, format, tall, panel, 1);
}

void NAME(martlet_panels)(const martlet_product *p, size_t first, size_t end) {
    switch (p->m->format) {
    case MARTLET_F32: return NAME(format)(p, MARTLET_F32, first, end, TALL, BROAD, SLIM);
    case MARTLET_F16: return NAME(format)(p, MARTLET_F16, first, end, TALL, BROAD, SLIM);
    case MARTLET_Q8: return NAME(format)(p, MARTLET_Q8, first, end, TALL_Q8, BROAD_Q8, SLIM_Q8);
    }
}
