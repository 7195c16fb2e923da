#include "CBandwidth.h"

typedef float lanes __attribute__((vector_size(64), aligned(4)));

enum { STREAMS = 8, STREAM = 1 << 15 };

#if defined(__x86_64__) && defined(__linux__)
__attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#endif
float bandwidth_sum(const float *x, size_t n) {
    lanes sums[STREAMS] = {{0}};
    for (size_t first = 0; first + STREAMS * STREAM <= n; first += STREAMS * STREAM)
        for (size_t i = 0; i < STREAM; i += 16)
            for (size_t s = 0; s < STREAMS; s++) sums[s] += *(const lanes *)(x + first + s * STREAM + i);
    float sum = 0;
    for (size_t s = 0; s < STREAMS; s++)
        for (size_t lane = 0; lane < 16; lane++) sum += sums[s][lane];
    return sum;
}
