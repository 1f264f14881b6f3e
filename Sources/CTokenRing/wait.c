/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "ctokenring.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static struct timespec *as_timespec(int64_t ns, struct timespec *out)
{
	if (ns < 0)
		return NULL;
	out->tv_sec = ns / 1000000000;
	out->tv_nsec = ns % 1000000000;
	return out;
}

/* Not FUTEX_PRIVATE: the two sides are processes. */
int ctr_futex_wait(const uint32_t *word, uint32_t expected, int64_t timeout_ns)
{
	struct timespec ts;
	long ret = syscall(SYS_futex, word, FUTEX_WAIT, expected, as_timespec(timeout_ns, &ts), NULL, 0);

	return ret < 0 ? -errno : 0;
}

int ctr_futex_wake(const uint32_t *word)
{
	long ret = syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);

	return ret < 0 ? -errno : (int)ret;
}

int ctr_eventfd(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

int ctr_eventfd_signal(int fd)
{
	return eventfd_write(fd, 1) < 0 ? -errno : 0;
}

int ctr_eventfd_drain(int fd)
{
	eventfd_t count;

	return eventfd_read(fd, &count) < 0 ? -errno : 0;
}

static int poll_for(struct pollfd *pollfds, nfds_t count, int64_t timeout_ns)
{
	struct timespec ts;
	int ret = ppoll(pollfds, count, as_timespec(timeout_ns, &ts), NULL);

	return ret < 0 ? -errno : ret;
}

int ctr_poll_in(int fd, int64_t timeout_ns)
{
	return ctr_poll_either(fd, -1, timeout_ns);
}

int ctr_poll_out(int fd, int64_t timeout_ns)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLOUT };

	return poll_for(&pollfd, 1, timeout_ns);
}

int ctr_poll_either(int first, int second, int64_t timeout_ns)
{
	struct pollfd pollfds[] = { { .fd = first, .events = POLLIN }, { .fd = second, .events = POLLIN } };
	int ret = poll_for(pollfds, 2, timeout_ns);

	return ret < 0 ? ret : !!pollfds[0].revents | !!pollfds[1].revents << 1;
}
