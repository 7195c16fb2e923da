#ifndef TOY_POOL_H
#define TOY_POOL_H

#include "CToyKernels.h"

/// Does one index of a job, on a thread of the pool: 0 is the one that called.
typedef void toy_task(const void *job, size_t index, size_t thread);

/// Calls `task` for each index below `count`, on all threads of the pool, and returns when the last has ended. Which
/// thread gets which index is left to chance.
void toy_pool_run(toy_pool *pool, size_t count, toy_task *task, const void *job);

/// Threads that a job may run on.
size_t toy_pool_threads(const toy_pool *pool);

/// Memory for a job, `size` bytes at a multiple of 64. The same memory again at the next call.
void *toy_pool_scratch(toy_pool *pool, size_t size);

#endif
