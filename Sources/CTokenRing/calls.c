/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "ctokenring_calls.h"
#include "ctokenring.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/io_uring.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SO_DEVMEM_DONTNEED
#define SO_DEVMEM_DONTNEED 80
#endif

int ctr_tcp_pair(int out[2])
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);
	int one = 1, size = 1 << 20, error;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	out[0] = out[1] = -1;
	if (listener < 0)
		return -errno;
	setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(listener, 1) < 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &length) < 0)
		goto fail;
	out[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (out[1] < 0)
		goto fail;
	setsockopt(out[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	setsockopt(out[1], IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(out[1], (struct sockaddr *)&address, sizeof(address)) < 0)
		goto fail;
	out[0] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (out[0] < 0)
		goto fail;
	close(listener);
	return 0;
fail:
	error = -errno;
	close(listener);
	if (out[1] >= 0)
		close(out[1]);
	return error;
}

int ctr_udp_socket(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

int ctr_set_controls(int fd, int controls)
{
	int inq = !!(controls & CTR_CONTROL_INQ);
	int stamp = !!(controls & CTR_CONTROL_TIMESTAMP);
	int stamping = controls & CTR_CONTROL_TIMESTAMPING ?
		SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE : 0;

	if (setsockopt(fd, IPPROTO_TCP, TCP_INQ, &inq, sizeof(inq)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &stamp, sizeof(stamp)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &stamping, sizeof(stamping)) < 0)
		return -errno;
	return 0;
}

static int send_all(int fd, const char *data, size_t bytes)
{
	while (bytes > 0) {
		ssize_t sent = send(fd, data, bytes, MSG_NOSIGNAL);

		if (sent < 0)
			return -errno;
		data += sent;
		bytes -= (size_t)sent;
	}
	return 0;
}

static int compare_ns(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

/* Queues `bytes` and waits until all of them can be received. */
static int queue_bytes(int receiver, int sender, char *data, size_t bytes)
{
	ssize_t got;
	int error = send_all(sender, data, bytes);

	if (error)
		return error;
	do
		got = recv(receiver, data, bytes, MSG_PEEK | MSG_WAITALL);
	while (got >= 0 ? got < (ssize_t)bytes : errno == EINTR);
	return got < 0 ? -errno : 0;
}

static int64_t time_one_recvmsg(int receiver, char *data, size_t bytes, size_t *control_bytes)
{
	char control[256];
	struct iovec iov = { .iov_base = data, .iov_len = bytes };
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control),
	};
	int64_t start = ctr_monotonic_ns(), elapsed;
	ssize_t got = recvmsg(receiver, &message, 0);

	elapsed = ctr_monotonic_ns() - start;
	*control_bytes = message.msg_controllen;
	return got == (ssize_t)bytes ? elapsed : got < 0 ? -errno : -EIO;
}

int64_t ctr_time_recvmsg(int receiver, int sender, size_t bytes, int calls, size_t *control_bytes)
{
	const size_t block = 65536;
	int per_block = bytes < block ? (int)(block / bytes) : 1;
	char *data = calloc(1, bytes > block ? bytes : block);
	int64_t *elapsed = calloc((size_t)calls, sizeof(*elapsed));
	int64_t result = data && elapsed ? 0 : -ENOMEM;
	int call;

	for (call = 0; call < calls && result >= 0; call++) {
		if (call % per_block == 0) {
			int queued = calls - call < per_block ? calls - call : per_block;

			result = queue_bytes(receiver, sender, data, (size_t)queued * bytes);
			if (result < 0)
				break;
		}
		result = elapsed[call] = time_one_recvmsg(receiver, data, bytes, control_bytes);
	}
	if (result >= 0) {
		qsort(elapsed, (size_t)calls, sizeof(*elapsed), compare_ns);
		result = elapsed[calls / 2] * calls;
	}
	free(data);
	free(elapsed);
	return result;
}

int ctr_peek_byte(int receiver)
{
	char byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

	return recvmsg(receiver, &message, MSG_PEEK | MSG_DONTWAIT) < 0 ? -errno : 0;
}

int ctr_dontneed(int fd, const void *tokens, size_t bytes)
{
	int ret = setsockopt(fd, SOL_SOCKET, SO_DEVMEM_DONTNEED, tokens, (socklen_t)bytes);

	return ret < 0 ? -errno : ret;
}

/* Times `calls` evaluations of an expression that is negative on failure. */
#define TIMED(calls, expression) ({			\
	int64_t start_ = ctr_monotonic_ns();		\
	int64_t result_ = 0;				\
	int call_;					\
	for (call_ = 0; call_ < (calls) && result_ >= 0; call_++)	\
		result_ = (expression);			\
	result_ < 0 ? result_ : ctr_monotonic_ns() - start_;	\
})

int64_t ctr_time_dontneed(int fd, const void *tokens, size_t bytes, int calls)
{
	return TIMED(calls, ctr_dontneed(fd, tokens, bytes));
}

int ctr_netlink_generic(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);

	return fd < 0 ? -errno : fd;
}

static int netlink_round_trip(int fd, const char *name)
{
	struct {
		struct nlmsghdr header;
		struct genlmsghdr generic;
		struct nlattr attribute;
		char name[GENL_NAMSIZ];
	} request = {
		.header = {
			.nlmsg_len = sizeof(request), .nlmsg_type = GENL_ID_CTRL, .nlmsg_flags = NLM_F_REQUEST,
		},
		.generic = { .cmd = CTRL_CMD_GETFAMILY, .version = 1 },
		.attribute = { .nla_len = NLA_HDRLEN + GENL_NAMSIZ, .nla_type = CTRL_ATTR_FAMILY_NAME },
	};
	char reply[16384];

	strncpy(request.name, name, sizeof(request.name) - 1);
	if (send(fd, &request, sizeof(request), 0) < 0 || recv(fd, reply, sizeof(reply), 0) < 0)
		return -errno;
	return 0;
}

int64_t ctr_time_netlink(int fd, const char *name, int calls)
{
	return TIMED(calls, netlink_round_trip(fd, name));
}

struct ctr_uring {
	int fd;
	unsigned int *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_tail;
	struct io_uring_sqe *sqes;
	void *rings;
	size_t rings_bytes, sqes_bytes;
};

int ctr_uring_open(unsigned int entries, struct ctr_uring **out)
{
	struct io_uring_params params = { 0 };
	struct ctr_uring *ring = calloc(1, sizeof(*ring));
	size_t sq_bytes, cq_bytes;
	char *base;
	int error;

	if (!ring)
		return -ENOMEM;
	ring->fd = (int)syscall(SYS_io_uring_setup, entries, &params);
	if (ring->fd < 0) {
		error = -errno;
		free(ring);
		return error;
	}
	sq_bytes = params.sq_off.array + params.sq_entries * sizeof(unsigned int);
	cq_bytes = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
	ring->rings_bytes = sq_bytes > cq_bytes ? sq_bytes : cq_bytes;
	ring->sqes_bytes = params.sq_entries * sizeof(struct io_uring_sqe);
	if (!(params.features & IORING_FEAT_SINGLE_MMAP)) {
		error = -EOPNOTSUPP;
		goto fail;
	}
	base = mmap(NULL, ring->rings_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd,
		    IORING_OFF_SQ_RING);
	if (base == MAP_FAILED) {
		error = -errno;
		goto fail;
	}
	ring->rings = base;
	ring->sqes = mmap(NULL, ring->sqes_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd,
			  IORING_OFF_SQES);
	if (ring->sqes == MAP_FAILED) {
		error = -errno;
		munmap(base, ring->rings_bytes);
		goto fail;
	}
	ring->sq_tail = (unsigned int *)(base + params.sq_off.tail);
	ring->sq_mask = (unsigned int *)(base + params.sq_off.ring_mask);
	ring->sq_array = (unsigned int *)(base + params.sq_off.array);
	ring->cq_head = (unsigned int *)(base + params.cq_off.head);
	ring->cq_tail = (unsigned int *)(base + params.cq_off.tail);
	*out = ring;
	return 0;
fail:
	close(ring->fd);
	free(ring);
	return error;
}

void ctr_uring_close(struct ctr_uring *ring)
{
	munmap(ring->sqes, ring->sqes_bytes);
	munmap(ring->rings, ring->rings_bytes);
	close(ring->fd);
	free(ring);
}

static int enter_with_nops(struct ctr_uring *ring, unsigned int nops)
{
	unsigned int tail = *ring->sq_tail, index;
	long ret;

	for (index = 0; index < nops; index++, tail++) {
		unsigned int slot = tail & *ring->sq_mask;

		memset(&ring->sqes[slot], 0, sizeof(ring->sqes[slot]));
		ring->sqes[slot].opcode = IORING_OP_NOP;
		ring->sq_array[slot] = slot;
	}
	__atomic_store_n(ring->sq_tail, tail, __ATOMIC_RELEASE);
	ret = syscall(SYS_io_uring_enter, ring->fd, nops, nops, nops ? IORING_ENTER_GETEVENTS : 0, NULL, 0);
	__atomic_store_n(ring->cq_head, __atomic_load_n(ring->cq_tail, __ATOMIC_ACQUIRE), __ATOMIC_RELEASE);
	return ret < 0 ? -errno : 0;
}

int64_t ctr_time_uring(struct ctr_uring *ring, unsigned int nops, int calls)
{
	return TIMED(calls, enter_with_nops(ring, nops));
}

int64_t ctr_time_getppid(int calls)
{
	return TIMED(calls, syscall(SYS_getppid));
}

int64_t ctr_time_eventfd(int fd, int calls)
{
	return TIMED(calls, ctr_eventfd_signal(fd));
}
