/* SPDX-License-Identifier: Apache-2.0 */
/* The Linux calls that Glibc's Swift module does not have, because they need
 * _GNU_SOURCE, are macros, or are newer than the headers. Every function that
 * can fail returns -errno, so that Swift maps errors in one place.
 */
#ifndef CTOKENRING_H
#define CTOKENRING_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* memory.c: sealed shared memory */
int ctr_memfd_create_sealable(const char *name);
int ctr_memfd_create_huge(const char *name);	/* the same on pages of 2 MiB; ENOMEM comes from mmap */
int ctr_seal_size(int fd);	/* F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL */
int ctr_size_is_sealed(int fd);	/* 1, 0 or -errno */

/* wait.c: sleeping on a shared word, and event counters */
int ctr_futex_wait(const uint32_t *word, uint32_t expected, int64_t timeout_ns); /* < 0: for ever */
int ctr_futex_wake(const uint32_t *word);
int ctr_eventfd(void);
int ctr_eventfd_signal(int fd);
int ctr_eventfd_drain(int fd);
int ctr_poll_in(int fd, int64_t timeout_ns);	/* 1 readable, 0 timed out */
int ctr_poll_out(int fd, int64_t timeout_ns);	/* 1 writable, 0 timed out */
/* The same for two, the second not looked at if it is negative: bit 0 and bit 1 say which are readable. */
int ctr_poll_either(int first, int second, int64_t timeout_ns);

/* peer.c: whether another process lives, and locks that the kernel drops with their holder */
int ctr_pidfd_open(pid_t process);
int ctr_socket_peer(int socket);			/* its process, as it was when the socket was made */
int ctr_reopen(int fd);					/* the same file, an opening of its own */
int ctr_lock_byte(int fd, off_t byte);			/* for this opening alone; -EAGAIN: another's */
int ctr_byte_is_locked(int fd, off_t byte);		/* 1: by another opening, 0 or -errno */

/* handover.c: descriptors over a Unix socket */
int ctr_socketpair(int out[2]);
int ctr_send_descriptors(int socket, const int *descriptors, int count);
int ctr_receive_descriptors(int socket, int *descriptors, int capacity);	/* their number */

/* serve.c: messages over a Unix socket (SOCK_SEQPACKET). Nothing here waits, but for ctr_serve_connect(). */
int ctr_serve_listen(const char *path, int backlog);	/* -EADDRINUSE: there is a file */
int ctr_serve_accept(int listener);			/* -EAGAIN: nobody is there */
int ctr_serve_connect(const char *path);		/* waits in its reads and writes */
ssize_t ctr_serve_send(int socket, const void *data, size_t length, const int *descriptors, int count);
/* Bytes of the message, more than capacity if it was cut; -ECONNRESET: the end. Takes no descriptors. */
ssize_t ctr_serve_receive(int socket, void *data, size_t capacity);
/* The same for who connected: waits, and takes up to *count descriptors; how many came is left there. */
ssize_t ctr_serve_receive_with(int socket, void *data, size_t capacity, int *descriptors, int *count);
/* The same file for reading only, as another opener would have it; nobody else may open it for writing any more. */
int ctr_open_read_only(int fd);

/* cpu.c: where a thread runs and what it cost */
int ctr_pin_thread(int cpu);
int ctr_pin_attributes(pthread_attr_t *attributes, int cpu);	/* of a thread to be made */
int ctr_cpu_allowed(int cpu);
int64_t ctr_thread_cpu_ns(void);
int64_t ctr_monotonic_ns(void);
/* perf_event_open(2) of the calling thread on any CPU, from now on; read(2) gives a struct ctr_event_count. */
int ctr_count_event(uint32_t type, uint64_t config, int with_kernel);

/* PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING */
struct ctr_event_count {
	uint64_t events, enabled_ns, running_ns;
};

const char *ctr_hypervisor_name(void);	/* as CPUID says; "none" on bare metal and where there is no CPUID */
const char *ctr_libc_version(void);
const char *ctr_compiler(void);		/* of this file, and whether it optimised */

/* A cheap free-running counter; ctr_monotonic_ns() tells how fast it runs. */
static inline uint64_t ctr_ticks(void)
{
#if defined(__x86_64__) || defined(__i386__)
	return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
	uint64_t ticks;

	__asm__ __volatile__("mrs %0, cntvct_el0" : "=r"(ticks));
	return ticks;
#else
	return (uint64_t)ctr_monotonic_ns();
#endif
}

/* The same once all that comes before has been done, loads too, and before anything that follows begins: for a few
 * instructions that wait for memory, of which the plain counter may be read too early. */
static inline uint64_t ctr_ticks_ordered(void)
{
#if defined(__x86_64__) || defined(__i386__)
	uint64_t ticks;

	__builtin_ia32_lfence();
	ticks = ctr_ticks();
	__builtin_ia32_lfence();
	return ticks;
#elif defined(__aarch64__)
	uint64_t ticks;

	__asm__ __volatile__("dsb ld\n\tisb\n\tmrs %0, cntvct_el0\n\tisb" : "=r"(ticks) : : "memory");
	return ticks;
#else
	return ctr_ticks();
#endif
}

/* Fetches the line of p for writing: whoever else has it gives it up. Only a
 * hint, any address will do. GCC and Clang make __builtin_prefetch(p, 1) a fetch
 * for reading on x86-64 unless told of prefetchw, which every such CPU takes. */
static inline void ctr_prefetch_to_write(const void *p)
{
#if defined(__x86_64__)
	__asm__ __volatile__("prefetchw %0" : : "m"(*(const char *)p));
#else
	__builtin_prefetch(p, 1);
#endif
}

/* Fetches the line of p for reading. Only a hint, any address will do. */
static inline void ctr_prefetch_to_read(const void *p)
{
	__builtin_prefetch(p);
}

static inline void ctr_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ __volatile__("yield");
#endif
}

#endif
