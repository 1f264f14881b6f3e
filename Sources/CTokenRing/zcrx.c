/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "ctokenring_zcrx.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than Debian bookworm's headers. */
#define SETUP_NO_SQARRAY	(1U << 16)	/* Linux 6.6; zcrx is of 6.15 */

_Static_assert(sizeof(struct ctr_zcrx_offsets) == 32, "struct io_uring_zcrx_offsets");
_Static_assert(sizeof(struct ctr_zcrx_area) == 48, "struct io_uring_zcrx_area_reg");
_Static_assert(sizeof(struct ctr_zcrx_region) == 64, "struct io_uring_region_desc");
_Static_assert(sizeof(struct ctr_zcrx_registration) == 96, "struct io_uring_zcrx_ifq_reg");
_Static_assert(sizeof(struct ctr_zcrx_control) == 72, "struct zcrx_ctrl");
_Static_assert(sizeof(struct ctr_zcrx_abilities) == 40, "struct io_uring_query_zcrx");

/* struct io_uring_query_hdr */
struct query {
	uint64_t next, data;
	uint32_t operation, size;
	int32_t result;
	uint32_t reserved[3];
};

#define QUERY_ZCRX	1

int ctr_zcrx_register(int fd, uint32_t operation, void *argument, uint32_t count)
{
	long ret = syscall(SYS_io_uring_register, fd, operation, argument, count);

	return ret < 0 ? -errno : (int)ret;
}

int ctr_zcrx_query(struct ctr_zcrx_abilities *abilities)
{
	struct query query = {
		.data = (uintptr_t)abilities, .operation = QUERY_ZCRX, .size = sizeof(*abilities),
	};
	int ret;

	memset(abilities, 0, sizeof(*abilities));
	ret = ctr_zcrx_register(-1, CTR_ZCRX_QUERY, &query, 0);
	return ret < 0 ? ret : query.result;
}

int ctr_zcrx_open(struct ctr_zcrx_uring *ring, uint32_t requests, uint32_t completions)
{
	struct io_uring_params params = {
		.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQE32 |
			 IORING_SETUP_CQSIZE | SETUP_NO_SQARRAY,
		.cq_entries = completions,
	};
	int ret;

	memset(ring, 0, sizeof(*ring));
	ring->fd = (int)syscall(SYS_io_uring_setup, requests, &params);
	if (ring->fd < 0)
		return -errno;
	ring->request_entries = params.sq_entries;
	ring->completion_entries = params.cq_entries;
	ring->request_tail = params.sq_off.tail;
	ring->completion_head = params.cq_off.head;
	ring->completion_tail = params.cq_off.tail;
	ring->completions = params.cq_off.cqes;
	/* The words and the completions are one mapping since Linux 5.4. */
	ring->rings_bytes = params.cq_off.cqes + (size_t)params.cq_entries * 32;
	ring->requests_bytes = params.sq_entries * sizeof(struct io_uring_sqe);
	ring->rings = mmap(NULL, ring->rings_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd,
			   IORING_OFF_SQ_RING);
	ring->requests = mmap(NULL, ring->requests_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd,
			      IORING_OFF_SQES);
	if (ring->rings == MAP_FAILED || ring->requests == MAP_FAILED) {
		ret = -errno;
		ctr_zcrx_close(ring);
		return ret;
	}
	return 0;
}

void ctr_zcrx_close(struct ctr_zcrx_uring *ring)
{
	if (ring->rings && ring->rings != MAP_FAILED)
		munmap(ring->rings, ring->rings_bytes);
	if (ring->requests && ring->requests != MAP_FAILED)
		munmap(ring->requests, ring->requests_bytes);
	if (ring->fd >= 0)
		close(ring->fd);
	memset(ring, 0, sizeof(*ring));
	ring->fd = -1;
}

/* The kernel takes requests only in ctr_zcrx_enter(), so those that were submitted are gone when it has returned. */
static struct io_uring_sqe *next_request(struct ctr_zcrx_uring *ring, uint32_t **tail)
{
	struct io_uring_sqe *request;

	*tail = (uint32_t *)((char *)ring->rings + ring->request_tail);
	request = (struct io_uring_sqe *)ring->requests + (**tail & (ring->request_entries - 1));
	memset(request, 0, sizeof(*request));
	return request;
}

static void publish(uint32_t *tail)
{
	/* Pairs with the kernel's acquire of the tail: the request before the index that publishes it. */
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
}

void ctr_zcrx_queue_receive(struct ctr_zcrx_uring *ring, int socket, uint32_t zcrx, uint32_t length, uint64_t user_data,
			    int on_worker)
{
	uint32_t *tail;
	struct io_uring_sqe *request = next_request(ring, &tail);

	request->opcode = CTR_ZCRX_RECEIVE;
	request->fd = socket;
	request->len = length;
	request->ioprio = IORING_RECV_MULTISHOT;
	request->splice_fd_in = (int32_t)zcrx;	/* zcrx_ifq_idx shares its place */
	request->user_data = user_data;
	request->flags = on_worker ? IOSQE_ASYNC : 0;
	publish(tail);
}

void ctr_zcrx_queue_nop(struct ctr_zcrx_uring *ring, uint64_t user_data)
{
	uint32_t *tail;
	struct io_uring_sqe *request = next_request(ring, &tail);

	request->opcode = IORING_OP_NOP;
	request->user_data = user_data;
	publish(tail);
}

int ctr_zcrx_enter(const struct ctr_zcrx_uring *ring, uint32_t submit, uint32_t completions, int64_t timeout_ns)
{
	struct __kernel_timespec timeout = { .tv_sec = timeout_ns / 1000000000, .tv_nsec = timeout_ns % 1000000000 };
	struct io_uring_getevents_arg argument = { .sigmask_sz = _NSIG / 8, .ts = (uintptr_t)&timeout };
	long ret;

	ret = syscall(SYS_io_uring_enter, ring->fd, submit, completions,
		      IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, &argument, sizeof(argument));
	return ret < 0 ? -errno : (int)ret;
}
