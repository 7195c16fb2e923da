#ifdef __linux__
#define _GNU_SOURCE
#endif

#include "pool.h"
#include "vector.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    /// Looks for work before a helper sleeps: some 50 microseconds, longer than anything that a forward pass does
    /// between two jobs.
    SPINS = 2000,
    /// The most indices that the ticket has bits for.
    MOST = 1 << 24,
};

struct martlet_pool {
    /// The job under way: its number in the upper bits, 24 bits of its count, 24 bits of the next index. One addition
    /// claims an index and tells whether there was one left, without a lock.
    _Atomic uint64_t ticket;
    /// Indices of the job that are done. The caller waits for them and not for the helpers: one that the system has
    /// put to sleep holds nobody up, unless it sleeps on an index.
    _Atomic size_t done;
    martlet_task *task;
    const void *job;

    _Atomic int sleepers;
    _Atomic int is_over;
    pthread_mutex_t mutex;
    pthread_cond_t work;

    void *scratch;
    size_t scratch_size;
    martlet_processor processor;
    size_t helper_count;
    struct helper {
        martlet_pool *pool;
        pthread_t thread;
        size_t number;
    } helpers[];
};

static void pause_briefly(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static int has_work(uint64_t ticket) { return (ticket & (MOST - 1)) < (ticket >> 24 & (MOST - 1)); }

// Runs indices of the job under way until there are none left.
static void work(martlet_pool *pool, size_t thread) {
    while (has_work(atomic_load(&pool->ticket))) {
        const uint64_t ticket = atomic_fetch_add(&pool->ticket, 1);
        if (!has_work(ticket)) return;
        pool->task(pool->job, ticket & (MOST - 1), thread);
        atomic_fetch_add(&pool->done, 1);
    }
}

static void sleep_until_work(martlet_pool *pool) {
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add(&pool->sleepers, 1);
    while (!has_work(atomic_load(&pool->ticket)) && !atomic_load(&pool->is_over))
        pthread_cond_wait(&pool->work, &pool->mutex);
    atomic_fetch_sub(&pool->sleepers, 1);
    pthread_mutex_unlock(&pool->mutex);
}

static void *help(void *argument) {
    const struct helper *helper = argument;
    martlet_pool *pool = helper->pool;
    while (!atomic_load(&pool->is_over)) {
        int spins = 0;
        while (spins++ < SPINS && !has_work(atomic_load(&pool->ticket))) pause_briefly();
        if (spins > SPINS) sleep_until_work(pool);
        work(pool, helper->number);
    }
    return NULL;
}

static void wake(martlet_pool *pool) {
    pthread_mutex_lock(&pool->mutex);
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->mutex);
}

void martlet_pool_run(martlet_pool *pool, size_t count, martlet_task *task, const void *job) {
    if (count < 2 || count > MOST / 2 || pool->helper_count == 0) {
        for (size_t index = 0; index < count; index++) task(job, index, 0);
        return;
    }
    pool->task = task;
    pool->job = job;
    atomic_store(&pool->done, 0);
    const uint64_t number = (atomic_load(&pool->ticket) >> 48) + 1;
    atomic_store(&pool->ticket, number << 48 | (uint64_t)count << 24);
    if (atomic_load(&pool->sleepers) > 0) wake(pool);
    work(pool, 0);
    for (int spins = 0; atomic_load(&pool->done) < count; spins++) {
        if (spins < SPINS) pause_briefly();
        else sched_yield();
    }
}

size_t martlet_pool_threads(const martlet_pool *pool) { return pool->helper_count + 1; }

void *martlet_pool_scratch(martlet_pool *pool, size_t size) {
    if (size > pool->scratch_size) {
        free(pool->scratch);
        pool->scratch_size = (size + size / 4 + 63) / 64 * 64;
        pool->scratch = aligned_alloc(64, pool->scratch_size);
        if (!pool->scratch) abort();  // as any allocation in Swift would
    }
    return pool->scratch;
}

// MARK: Processors

static martlet_processor best_processor(void) {
#if MARTLET_HAS_CLONES
    __builtin_cpu_init();
    if (__builtin_cpu_supports("x86-64-v4"))
        return __builtin_cpu_supports("avx512vnni") ? MARTLET_AVX512_VNNI : MARTLET_AVX512;
    if (__builtin_cpu_supports("x86-64-v3")) return MARTLET_AVX2;
#endif
    return MARTLET_PORTABLE;
}

martlet_processor martlet_pool_processor(const martlet_pool *pool) { return pool->processor; }

void martlet_pool_restrict(martlet_pool *pool, martlet_processor processor) {
    if (processor < pool->processor) pool->processor = processor;
}

#ifdef __linux__
size_t martlet_processors(void) {
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed)) return 1;
    return (size_t)CPU_COUNT(&allowed);
}

// The helpers take the last processors: what else the process does has the first ones to itself.
static void pin(pthread_t thread, size_t helper) {
    cpu_set_t allowed, own;
    if (sched_getaffinity(0, sizeof allowed, &allowed) || helper + 1 >= (size_t)CPU_COUNT(&allowed)) return;
    for (int cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--) {
        if (!CPU_ISSET(cpu, &allowed) || helper-- > 0) continue;
        CPU_ZERO(&own);
        CPU_SET(cpu, &own);
        pthread_setaffinity_np(thread, sizeof own, &own);
        return;
    }
}
#else
size_t martlet_processors(void) {
    const long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? (size_t)count : 1;
}

static void pin(pthread_t thread, size_t helper) {}
#endif

// MARK: Beginning and end

martlet_pool *martlet_pool_create(size_t threads) {
    const size_t helpers = threads > 1 ? threads - 1 : 0;
    martlet_pool *pool = calloc(1, sizeof *pool + helpers * sizeof(struct helper));
    if (!pool) abort();
    pool->processor = best_processor();
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->work, NULL);
    for (size_t i = 0; i < helpers; i++) {
        pool->helpers[i] = (struct helper){.pool = pool, .number = i + 1};
        if (pthread_create(&pool->helpers[i].thread, NULL, help, &pool->helpers[i])) break;
        pool->helper_count++;
        pin(pool->helpers[i].thread, i);
    }
    return pool;
}

void martlet_pool_destroy(martlet_pool *pool) {
    atomic_store(&pool->is_over, 1);
    wake(pool);
    for (size_t i = 0; i < pool->helper_count; i++) pthread_join(pool->helpers[i].thread, NULL);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->mutex);
    free(pool->scratch);
    free(pool);
}
