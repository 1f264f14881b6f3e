/* SPDX-License-Identifier: Apache-2.0 */
/* What ringbench measures TokenRing against: libxdp's inline helpers, a
 * lower bound written for the purpose, and bare cache lines. The Swift loops in
 * RingBenchKit do the same work in the same order:
 *
 *   produce  reserve a whole batch, or pause once and look again; write; submit
 *   consume  peek up to a batch, or pause once and look again; compare every
 *            word of every entry with what it must be; release
 *
 * Entry n of a run holds first + n and, if it has 16 bytes, second + n.
 */
#ifndef CRINGBASELINES_H
#define CRINGBASELINES_H

#include <stdint.h>

/* One ring: where its part of the mapping starts. The words must be zero. */
struct crb_ring {
	void *base;
	uint32_t capacity;	/* a power of two */
	uint32_t entry_bytes;	/* 8 or 16 */
};

/* What one side does. */
struct crb_run {
	uint64_t entries;	/* a multiple of batch */
	uint32_t batch;		/* at most the capacity */
	uint64_t first;		/* word 0 of the first entry */
	uint64_t second;	/* word 1 of the first entry */
	uint64_t patience;	/* fruitless looks in a row after which a side gives up */
	uint64_t *ticks;	/* asking: room for the counter after each round trip, or NULL */
};

#define CRB_NONE_WRONG	UINT64_MAX

/* What a side that reads has seen. */
struct crb_seen {
	uint64_t entries;	/* fewer than asked for: it gave up */
	uint64_t wrong;		/* a wrong entry is in the batch that starts here, or CRB_NONE_WRONG */
};

/* Bytes before the entries: room for two indices and two flags words, each on a
 * span of 128 bytes. */
#define CRB_HEADER_BYTES	512

/* lower_bound.c: index-published, cached opposite index, spans of 128 bytes,
 * indices in locals, one acquire and one release per batch. */
uint64_t crb_lower_bound_produce(struct crb_ring ring, struct crb_run run);	/* entries submitted */
struct crb_seen crb_lower_bound_consume(struct crb_ring ring, struct crb_run run);
struct crb_seen crb_lower_bound_ask(struct crb_ring there, struct crb_ring back, struct crb_run run);
struct crb_seen crb_lower_bound_answer(struct crb_ring there, struct crb_ring back, struct crb_run run);

/* libxdp.c: xsk_ring_prod__* and xsk_ring_cons__* over the offsets that the
 * kernel gives AF_XDP's rings. */
uint64_t crb_libxdp_produce(struct crb_ring ring, struct crb_run run);
struct crb_seen crb_libxdp_consume(struct crb_ring ring, struct crb_run run);
struct crb_seen crb_libxdp_ask(struct crb_ring there, struct crb_ring back, struct crb_run run);
struct crb_seen crb_libxdp_answer(struct crb_ring there, struct crb_ring back, struct crb_run run);

/* A ring of another project: a shared library with one symbol, crb_peer, that
 * `make bench-peers` builds from Sources/RingPeers where the project's package is.
 * It lays itself out in the ring's memory. */
#define CRB_PEER_MOST_BATCH	1024

struct crb_peer {
	const char *remark;	/* what a reader should know of how it is used */
	int has_no_pointers;	/* so that two processes can map it at different addresses */
	uint64_t (*ring_bytes)(uint32_t capacity, uint32_t entry_bytes);
	void (*prepare)(struct crb_ring ring);	/* memory that is all zero */
	uint64_t (*produce)(struct crb_ring ring, struct crb_run run);
	struct crb_seen (*consume)(struct crb_ring ring, struct crb_run run);
	struct crb_seen (*ask)(struct crb_ring there, struct crb_ring back, struct crb_run run);
	struct crb_seen (*answer)(struct crb_ring there, struct crb_ring back, struct crb_run run);
};

/* xdp_receive.c: an AF_XDP receiver in C with libxdp, for copy mode. Made in the
 * calling thread's network namespace and put into an XSKMAP at its queue. */
struct crb_xdp;
struct crb_xdp_seen {
	uint64_t frames, bytes;	/* received */
	uint64_t returned;	/* frames given back through FILL */
	uint64_t bad;		/* descriptors outside the UMEM, and frames that the kernel did not have */
};
int crb_xdp_open(struct crb_xdp **out, const char *interface, uint32_t queue, int xsks_map, uint32_t frames,
		 uint32_t chunk_bytes, uint32_t rx_entries);	/* 0 or -errno */
uint64_t crb_xdp_drain(struct crb_xdp *x, uint32_t batch);	/* packets taken until RX was empty */
struct crb_xdp_seen crb_xdp_seen(const struct crb_xdp *x);
int crb_xdp_descriptor(const struct crb_xdp *x);
void crb_xdp_close(struct crb_xdp *x);

/* cache_line.c: a counter goes there and back, over two words that may be one.
 * Both return the round trips made. */
uint64_t crb_cache_line_ask(uint32_t *there, uint32_t *back, uint64_t count, uint64_t patience);
uint64_t crb_cache_line_answer(uint32_t *there, uint32_t *back, uint64_t count, uint64_t patience);

#endif
