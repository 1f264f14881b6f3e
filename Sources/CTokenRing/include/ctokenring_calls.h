/* SPDX-License-Identifier: Apache-2.0 */
/* The calls that ringbench times. Loops are in C, so that nothing but the call
 * is between two readings of the clock. All return -errno on failure; a timed
 * loop returns nanoseconds for all of its calls.
 */
#ifndef CTOKENRING_CALLS_H
#define CTOKENRING_CALLS_H

#include <stddef.h>
#include <stdint.h>

/* A connected pair over loopback, 127.0.0.1: out[0] receives, out[1] sends. */
int ctr_tcp_pair(int out[2]);
int ctr_udp_socket(void);

enum ctr_control {
	CTR_CONTROL_INQ = 1,		/* TCP_INQ: 4 bytes, CMSG_SPACE 24 */
	CTR_CONTROL_TIMESTAMP = 2,	/* SO_TIMESTAMPNS: 16 bytes, CMSG_SPACE 32 */
	CTR_CONTROL_TIMESTAMPING = 4,	/* SO_TIMESTAMPING: 48 bytes, CMSG_SPACE 64 */
};

/* Switches the control messages of a receiving TCP socket to exactly this set. */
int ctr_set_controls(int fd, int controls);

/* Times `calls` recvmsg calls of `bytes` each, one by one, on data that up to
 * 64 KiB at a time was queued before: no acknowledgement is due after most of
 * them, and the median leaves the others out. Returns it times `calls`;
 * *control_bytes is msg_controllen of the last. */
int64_t ctr_time_recvmsg(int receiver, int sender, size_t bytes, int calls, size_t *control_bytes);
/* One recvmsg that peeks at a byte which stays queued. */
int ctr_peek_byte(int receiver);

int ctr_dontneed(int fd, const void *tokens, size_t bytes);
int64_t ctr_time_dontneed(int fd, const void *tokens, size_t bytes, int calls);

int ctr_netlink_generic(void);
/* Asks the controller for family `name`: request, reply, once a call. */
int64_t ctr_time_netlink(int fd, const char *name, int calls);

/* An io_uring of at least `entries`; the handle is freed by ctr_ring_close. */
struct ctr_uring;
int ctr_uring_open(unsigned int entries, struct ctr_uring **out);
void ctr_uring_close(struct ctr_uring *ring);
/* io_uring_enter with `nops` requests each, all reaped. */
int64_t ctr_time_uring(struct ctr_uring *ring, unsigned int nops, int calls);

int64_t ctr_time_getppid(int calls);
int64_t ctr_time_eventfd(int fd, int calls);

#endif
