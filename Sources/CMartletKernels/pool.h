#ifndef MARTLET_POOL_H
#define MARTLET_POOL_H

#include "CMartletKernels.h"

/// Does one index of a job, on a thread of the pool: 0 is the one that called.
typedef void martlet_task(const void *job, size_t index, size_t thread);

/// Calls `task` for each index below `count`, on all threads of the pool, and returns when the last has ended. Which
/// thread gets which index is left to chance.
void martlet_pool_run(martlet_pool *pool, size_t count, martlet_task *task, const void *job);

/// Threads that a job may run on.
size_t martlet_pool_threads(const martlet_pool *pool);

/// Memory for a job, `size` bytes at a multiple of 64. The same memory again at the next call.
void *martlet_pool_scratch(martlet_pool *pool, size_t size);

#endif
