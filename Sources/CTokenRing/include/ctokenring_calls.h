/* SPDX-License-Identifier: Apache-2.0 */
/* The calls that the token proposals would make, and the questions that `ringbench probe` asks the kernel.
 * Every function that can fail returns -errno.
 */
#ifndef CTOKENRING_CALLS_H
#define CTOKENRING_CALLS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Newer than Debian bookworm's headers (include/uapi/asm-generic/socket.h). */
#define CTR_SO_DEVMEM_DONTNEED	80

/* Sockets of a loopback connection: out[0] sends, out[1] receives. TCP_NODELAY, receive_bytes of buffer asked for. */
int ctr_tcp_pair(int out[2], int receive_bytes);
int ctr_udp_socket(void);
int ctr_xdp_socket(void);

/* setsockopt(SOL_SOCKET, SO_DEVMEM_DONTNEED): the number of fragments freed, or -errno. */
int ctr_devmem_dontneed(int fd, const void *tokens, uint32_t length);

enum ctr_control {
	CTR_CONTROL_INQ			= 1 << 0,	/* TCP_INQ: 4 B of data, CMSG_SPACE 24 */
	CTR_CONTROL_TIMESTAMPNS		= 1 << 1,	/* SO_TIMESTAMPNS: 16 B, 32 */
	CTR_CONTROL_TIMESTAMPING	= 1 << 2,	/* SO_TIMESTAMPING, software receive: 48 B, 64 */
};

int ctr_ask_control(int fd, unsigned int messages);	/* a set of enum ctr_control */
size_t ctr_control_space(size_t data_bytes);		/* CMSG_SPACE */
ssize_t ctr_send(int fd, const void *data, size_t length);
int ctr_queued_bytes(int fd);				/* FIONREAD */
int ctr_unsent_bytes(int fd);				/* SIOCOUTQ, which takes no socket lock */

/* recvmsg that does not wait. *control_length is the room on entry and the bytes used on return. With discard set
 * the bytes are consumed and not copied (MSG_TRUNC).
 */
ssize_t ctr_receive(int fd, void *data, size_t length, void *control, size_t *control_length, int discard);

/* recvmsg that looks at one queued byte and leaves it there. */
int ctr_peek_byte(int fd);

/* Netlink. A receive accepts messages of the kernel only and gives up after a second. */
int ctr_netlink_socket(int protocol);
ssize_t ctr_netlink_send(int fd, const void *message, size_t length);
ssize_t ctr_netlink_receive(int fd, void *buffer, size_t length);	/* -EMSGSIZE: did not fit */

/* io_uring without liburing: as much as it takes to submit no-operations. */
struct ctr_uring {
	int fd;
	uint32_t entries;
	uint32_t features_of_zcrx;	/* 1: SINGLE_ISSUER | DEFER_TASKRUN, as zcrx demands */
	void *rings, *completions, *sqes;
	size_t rings_bytes, completions_bytes, sqes_bytes;
	uint32_t *sq_tail, *cq_head, *cq_tail;
};

int ctr_uring_open(struct ctr_uring *ring, uint32_t entries);
void ctr_uring_close(struct ctr_uring *ring);
int ctr_uring_enter_nops(struct ctr_uring *ring, uint32_t count);	/* completions reaped */
int ctr_uring_register_nothing(const struct ctr_uring *ring);		/* 0 when it was refused as expected */

/* Floor of all calls. */
long ctr_getppid(void);

/* The CPUs that this thread may use, to put them back after pinning. */
#define CTR_AFFINITY_WORDS 16
int ctr_affinity_read(uint64_t mask[CTR_AFFINITY_WORDS]);
int ctr_affinity_write(const uint64_t mask[CTR_AFFINITY_WORDS]);

/* This process and this host. */
int ctr_capability(unsigned int number);			/* in the effective set: 1, 0 or -errno */
int ctr_capabilities(uint64_t *effective);			/* the effective set, a bit each */
/* For good: another user and group, no supplementary groups, no capability, none to be had by exec. */
int ctr_drop_privileges(unsigned int user, unsigned int group);
int ctr_memlock_limit(uint64_t *soft_bytes, uint64_t *hard_bytes);	/* UINT64_MAX: none */
int ctr_try_unshare_network(void);	/* ctr_unshare_network() in a child that ends at once */

#endif
