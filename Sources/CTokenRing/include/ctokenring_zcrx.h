/* SPDX-License-Identifier: Apache-2.0 */
/* io_uring's zero-copy receive (zcrx) without liburing: the kernel's structures, which Debian bookworm's headers lack, and the
 * calls that it takes. Names are ours, layouts are the kernel's (include/uapi/linux/io_uring/zcrx.h, query.h, Linux 7.2).
 * Every function returns -errno on failure.
 */
#ifndef CTOKENRING_ZCRX_H
#define CTOKENRING_ZCRX_H

#include <stddef.h>
#include <stdint.h>

/* Operations of io_uring_register(2), and one request. */
enum ctr_zcrx_operation {
	CTR_ZCRX_REGISTER_IFQ	= 32,
	CTR_ZCRX_QUERY		= 35,
	CTR_ZCRX_CONTROL	= 36,
	CTR_ZCRX_RECEIVE	= 58,	/* IORING_OP_RECV_ZC */
};

enum ctr_zcrx_flag {
	CTR_ZCRX_IMPORT		= 1 << 0,	/* interface is a descriptor that was exported */
	CTR_ZCRX_NODEV		= 1 << 1,	/* no network device: the kernel copies into the area */
	CTR_ZCRX_USER_MEMORY	= 1 << 0,	/* of a region: at address, not allocated by the kernel */
};

enum ctr_zcrx_control_operation {
	CTR_ZCRX_FLUSH		= 0,
	CTR_ZCRX_EXPORT		= 1,
};

enum ctr_zcrx_feature {
	CTR_ZCRX_BUFFER_LENGTH	= 1 << 0,	/* registration takes buffer_length */
};

/* struct io_uring_zcrx_offsets: byte offsets from the start of the refill ring's region */
struct ctr_zcrx_offsets {
	uint32_t head, tail, entries, reserved;
	uint64_t reserved2[2];
};

/* struct io_uring_zcrx_area_reg: the memory for payload */
struct ctr_zcrx_area {
	uint64_t address, length;
	uint64_t token;			/* out: belongs into the top 16 bits of a refill entry's offset */
	uint32_t flags, dmabuf;
	uint64_t reserved[2];
};

/* struct io_uring_region_desc: the memory of the refill ring */
struct ctr_zcrx_region {
	uint64_t address, size;
	uint32_t flags, id;
	uint64_t mmap_offset;
	uint64_t reserved[4];
};

/* struct io_uring_zcrx_ifq_reg */
struct ctr_zcrx_registration {
	uint32_t interface, queue;
	uint32_t entries;		/* of the refill ring; rounded up to a power of two */
	uint32_t flags;
	uint64_t area, region;		/* addresses of the two structures above */
	struct ctr_zcrx_offsets offsets;
	uint32_t id;			/* out: names this registration within its io_uring */
	uint32_t buffer_length;
	uint64_t events;
	uint64_t reserved[2];
};

/* struct zcrx_ctrl */
struct ctr_zcrx_control {
	uint32_t id, operation;
	uint64_t reserved[2];
	uint32_t descriptor;		/* out, of an export */
	uint32_t operands[11];
};

/* struct io_uring_query_zcrx */
struct ctr_zcrx_abilities {
	uint64_t registration_flags, area_flags;
	uint32_t control_operations;	/* how many there are */
	uint32_t features;
	uint32_t header_bytes, header_alignment;	/* of the refill ring's region, before the entries */
	uint64_t reserved;
};

/* An io_uring of the kind that zcrx demands: SINGLE_ISSUER, DEFER_TASKRUN, completions of 32 bytes. The thread that opened it
 * is the only one that may use it.
 */
struct ctr_zcrx_uring {
	int fd;
	void *rings, *requests;
	size_t rings_bytes, requests_bytes;
	uint32_t request_entries, completion_entries;
	uint32_t request_tail;				/* offset into rings */
	uint32_t completion_head, completion_tail, completions;	/* the same */
};

int ctr_zcrx_open(struct ctr_zcrx_uring *ring, uint32_t requests, uint32_t completions);
void ctr_zcrx_close(struct ctr_zcrx_uring *ring);

/* Queue a request; at most request_entries of them between two calls of ctr_zcrx_enter(). A receive takes all that comes, until
 * `length` bytes were received (0: no end).
 */
void ctr_zcrx_queue_receive(struct ctr_zcrx_uring *ring, int socket, uint32_t zcrx, uint32_t length, uint64_t user_data,
			    int on_worker);
void ctr_zcrx_queue_nop(struct ctr_zcrx_uring *ring, uint64_t user_data);

/* Submits what is queued and waits for `completions` of them; -ETIME: they did not come. Returns how many were submitted. */
int ctr_zcrx_enter(const struct ctr_zcrx_uring *ring, uint32_t submit, uint32_t completions, int64_t timeout_ns);

/* io_uring_register(2); fd -1 where no ring is needed. */
int ctr_zcrx_register(int fd, uint32_t operation, void *argument, uint32_t count);
int ctr_zcrx_query(struct ctr_zcrx_abilities *abilities);

#endif
