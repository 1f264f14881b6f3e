/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "ctokenring.h"

#include <errno.h>
#include <gnu/libc-version.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

/* False if there is no such CPU. */
static bool only(int cpu, cpu_set_t *set)
{
	if (cpu < 0 || cpu >= CPU_SETSIZE)
		return false;
	CPU_ZERO(set);
	CPU_SET(cpu, set);
	return true;
}

int ctr_pin_thread(int cpu)
{
	cpu_set_t set;

	if (!only(cpu, &set))
		return -EINVAL;
	return sched_setaffinity(0, sizeof(set), &set) < 0 ? -errno : 0;
}

int ctr_pin_attributes(pthread_attr_t *attributes, int cpu)
{
	cpu_set_t set;

	return only(cpu, &set) ? -pthread_attr_setaffinity_np(attributes, sizeof(set), &set) : -EINVAL;
}

int ctr_cpu_allowed(int cpu)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return -errno;
	return cpu >= 0 && cpu < CPU_SETSIZE && CPU_ISSET(cpu, &set);
}

static int64_t read_clock(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int64_t ctr_thread_cpu_ns(void)
{
	return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

int64_t ctr_monotonic_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int ctr_count_event(uint32_t type, uint64_t config, int with_kernel)
{
	struct perf_event_attr attributes = {
		.type = type, .size = sizeof(attributes), .config = config,
		.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
		.exclude_kernel = !with_kernel, .exclude_hv = 1,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

const char *ctr_hypervisor_name(void)
{
#if defined(__x86_64__) || defined(__i386__)
	static _Thread_local char name[13];
	unsigned int leaf, words[3], features;

	if (!__get_cpuid(1, &leaf, &words[0], &features, &words[2]) || !(features & 1u << 31))
		return "none";
	__cpuid(0x40000000, leaf, words[0], words[1], words[2]);
	memcpy(name, words, sizeof(words));
	return name;
#else
	return "none";
#endif
}

const char *ctr_libc_version(void)
{
	return gnu_get_libc_version();
}

const char *ctr_compiler(void)
{
#ifdef __OPTIMIZE__
	return __VERSION__ ", optimised";
#else
	return __VERSION__ ", not optimised";
#endif
}
