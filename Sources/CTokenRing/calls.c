/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "ctokenring_calls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/io_uring.h>
#include <linux/net_tstamp.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static int or_errno(int result)
{
	return result < 0 ? -errno : result;
}

static int set_option(int fd, int level, int name, int value)
{
	return or_errno(setsockopt(fd, level, name, &value, sizeof(value)));
}

int ctr_tcp_pair(int out[2], int receive_bytes)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timeval second = { .tv_sec = 1 };
	socklen_t length = sizeof(address);
	int listener = -1, sender = -1, receiver = -1, ret;

	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	sender = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || sender < 0)
		goto failed;
	/* Inherited by the accepted socket. Beyond rmem_max it takes CAP_NET_ADMIN; less is not an error. */
	if (set_option(listener, SOL_SOCKET, SO_RCVBUFFORCE, receive_bytes) < 0)
		set_option(listener, SOL_SOCKET, SO_RCVBUF, receive_bytes);
	if (set_option(sender, SOL_SOCKET, SO_SNDBUFFORCE, receive_bytes) < 0)
		set_option(sender, SOL_SOCKET, SO_SNDBUF, receive_bytes);
	setsockopt(sender, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof(second));
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(listener, 1) < 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &length) < 0)
		goto failed;
	/* An io_uring that was closed just before interrupts calls that wait; connecting again goes on waiting. */
	while (connect(sender, (struct sockaddr *)&address, sizeof(address)) < 0)
		if (errno != EINTR)
			goto failed;
	do
		receiver = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	while (receiver < 0 && errno == EINTR);
	if (receiver < 0)
		goto failed;
	ret = set_option(sender, IPPROTO_TCP, TCP_NODELAY, 1);
	if (ret < 0) {
		errno = -ret;
		goto failed;
	}
	close(listener);
	out[0] = sender;
	out[1] = receiver;
	return 0;
failed:
	ret = -errno;
	if (listener >= 0)
		close(listener);
	if (sender >= 0)
		close(sender);
	if (receiver >= 0)
		close(receiver);
	return ret;
}

int ctr_udp_socket(void)
{
	return or_errno(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

int ctr_xdp_socket(void)
{
	return or_errno(socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0));
}

int ctr_devmem_dontneed(int fd, const void *tokens, uint32_t length)
{
	return or_errno(setsockopt(fd, SOL_SOCKET, CTR_SO_DEVMEM_DONTNEED, tokens, length));
}

int ctr_ask_control(int fd, unsigned int messages)
{
	int ret = 0;

	if (messages & CTR_CONTROL_INQ)
		ret = set_option(fd, IPPROTO_TCP, TCP_INQ, 1);
	if (ret >= 0 && (messages & CTR_CONTROL_TIMESTAMPNS))
		ret = set_option(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
	if (ret >= 0 && (messages & CTR_CONTROL_TIMESTAMPING))
		ret = set_option(fd, SOL_SOCKET, SO_TIMESTAMPING,
				 SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE);
	return ret;
}

size_t ctr_control_space(size_t data_bytes)
{
	return CMSG_SPACE(data_bytes);
}

ssize_t ctr_send(int fd, const void *data, size_t length)
{
	ssize_t ret = send(fd, data, length, MSG_NOSIGNAL);

	return ret < 0 ? -errno : ret;
}

int ctr_unsent_bytes(int fd)
{
	int bytes = 0;

	return or_errno(ioctl(fd, SIOCOUTQ, &bytes) < 0 ? -1 : bytes);
}

int ctr_queued_bytes(int fd)
{
	int bytes = 0;

	return ioctl(fd, FIONREAD, &bytes) < 0 ? -errno : bytes;
}

ssize_t ctr_receive(int fd, void *data, size_t length, void *control, size_t *control_length, int discard)
{
	struct iovec iov = { .iov_base = data, .iov_len = length };
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = *control_length,
	};
	ssize_t ret = recvmsg(fd, &message, MSG_DONTWAIT | (discard ? MSG_TRUNC : 0));

	if (ret < 0)
		return -errno;
	*control_length = message.msg_controllen;
	return ret;
}

int ctr_netlink_socket(int protocol)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	struct timeval second = { .tv_sec = 1 };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	int ret;

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second)) < 0) {
		ret = -errno;
		close(fd);
		return ret;
	}
	return fd;
}

ssize_t ctr_netlink_send(int fd, const void *message, size_t length)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	ssize_t ret = sendto(fd, message, length, 0, (struct sockaddr *)&kernel, sizeof(kernel));

	return ret < 0 ? -errno : ret;
}

ssize_t ctr_netlink_receive(int fd, void *buffer, size_t length)
{
	struct sockaddr_nl from;
	socklen_t from_length;
	ssize_t ret;

	do {
		from_length = sizeof(from);
		ret = recvfrom(fd, buffer, length, MSG_TRUNC, (struct sockaddr *)&from, &from_length);
		if (ret < 0)
			return -errno;
	} while (from_length != sizeof(from) || from.nl_pid != 0);	/* another process wrote to us */
	return (size_t)ret > length ? -EMSGSIZE : ret;
}

static uint32_t *word_at(void *base, uint32_t offset)
{
	return (uint32_t *)((char *)base + offset);
}

int ctr_uring_open(struct ctr_uring *ring, uint32_t entries)
{
	struct io_uring_params params = { .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN };
	uint32_t *array;
	uint32_t i;
	int ret;

	memset(ring, 0, sizeof(*ring));
	ring->features_of_zcrx = 1;
	ring->fd = (int)syscall(SYS_io_uring_setup, entries, &params);
	if (ring->fd < 0 && errno == EINVAL) {
		memset(&params, 0, sizeof(params));
		ring->features_of_zcrx = 0;
		ring->fd = (int)syscall(SYS_io_uring_setup, entries, &params);
	}
	if (ring->fd < 0)
		return -errno;
	ring->entries = params.sq_entries;
	ring->rings_bytes = params.sq_off.array + params.sq_entries * sizeof(uint32_t);
	ring->completions_bytes = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
	ring->sqes_bytes = params.sq_entries * sizeof(struct io_uring_sqe);
	ring->rings = mmap(NULL, ring->rings_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd,
			   IORING_OFF_SQ_RING);
	ring->completions = mmap(NULL, ring->completions_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
				 ring->fd, IORING_OFF_CQ_RING);
	ring->sqes = mmap(NULL, ring->sqes_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd,
			  IORING_OFF_SQES);
	if (ring->rings == MAP_FAILED || ring->completions == MAP_FAILED || ring->sqes == MAP_FAILED) {
		ret = -errno;
		ctr_uring_close(ring);
		return ret;
	}
	ring->sq_tail = word_at(ring->rings, params.sq_off.tail);
	ring->cq_head = word_at(ring->completions, params.cq_off.head);
	ring->cq_tail = word_at(ring->completions, params.cq_off.tail);
	/* The entries are zero, and zero is IORING_OP_NOP: they are filled once and for all. */
	array = word_at(ring->rings, params.sq_off.array);
	for (i = 0; i < params.sq_entries; i++)
		array[i] = i;
	return 0;
}

void ctr_uring_close(struct ctr_uring *ring)
{
	if (ring->rings && ring->rings != MAP_FAILED)
		munmap(ring->rings, ring->rings_bytes);
	if (ring->completions && ring->completions != MAP_FAILED)
		munmap(ring->completions, ring->completions_bytes);
	if (ring->sqes && ring->sqes != MAP_FAILED)
		munmap(ring->sqes, ring->sqes_bytes);
	close(ring->fd);
	memset(ring, 0, sizeof(*ring));
	ring->fd = -1;
}

int ctr_uring_enter_nops(struct ctr_uring *ring, uint32_t count)
{
	uint32_t head, tail;
	long ret;

	if (count > ring->entries)
		return -EINVAL;
	/* Pairs with the kernel's acquire of the tail: the entries before the index that publishes them. */
	__atomic_store_n(ring->sq_tail, *ring->sq_tail + count, __ATOMIC_RELEASE);
	ret = syscall(SYS_io_uring_enter, ring->fd, count, 0, 0, NULL, 0);
	if (ret < 0)
		return -errno;
	head = *ring->cq_head;
	tail = __atomic_load_n(ring->cq_tail, __ATOMIC_ACQUIRE);
	__atomic_store_n(ring->cq_head, tail, __ATOMIC_RELEASE);
	return (int)(tail - head);
}

int ctr_uring_register_nothing(const struct ctr_uring *ring)
{
	/* No eventfd was registered, so taking it off is refused under the ring's lock. */
	long ret = syscall(SYS_io_uring_register, ring->fd, IORING_UNREGISTER_EVENTFD, NULL, 0);

	return ret < 0 && errno != ENXIO ? -errno : 0;
}

long ctr_getppid(void)
{
	return syscall(SYS_getppid);
}

int ctr_affinity_read(uint64_t mask[CTR_AFFINITY_WORDS])
{
	memset(mask, 0, CTR_AFFINITY_WORDS * sizeof(mask[0]));
	return or_errno(sched_getaffinity(0, CTR_AFFINITY_WORDS * sizeof(mask[0]), (cpu_set_t *)mask));
}

int ctr_affinity_write(const uint64_t mask[CTR_AFFINITY_WORDS])
{
	return or_errno(sched_setaffinity(0, CTR_AFFINITY_WORDS * sizeof(mask[0]), (const cpu_set_t *)mask));
}

int ctr_capability(unsigned int number)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (number >= 32 * _LINUX_CAPABILITY_U32S_3)
		return -EINVAL;
	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	return (data[number / 32].effective >> (number % 32)) & 1;
}

int ctr_memlock_limit(uint64_t *soft_bytes, uint64_t *hard_bytes)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0)
		return -errno;
	*soft_bytes = limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit.rlim_cur;
	*hard_bytes = limit.rlim_max == RLIM_INFINITY ? UINT64_MAX : limit.rlim_max;
	return 0;
}

int ctr_try_unshare_network(void)
{
	int status;
	pid_t child = fork();

	if (child < 0)
		return -errno;
	if (child == 0)
		_exit(unshare(CLONE_NEWNET) < 0 ? errno : 0);	/* nothing that is unsafe after a fork of many threads */
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO;
}

int ctr_peek_byte(int fd)
{
	char byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

	return recvmsg(fd, &message, MSG_PEEK | MSG_DONTWAIT) < 0 ? -errno : 0;
}
