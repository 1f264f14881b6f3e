/* SPDX-License-Identifier: ((GPL-2.0-only WITH Linux-syscall-note) OR Apache-2.0) */
/*
 * Mapped token rings: the proposed user space interface.
 *
 * A region is one file descriptor that user space maps shared. It starts with
 * struct token_ring_region, which says where the rings are; every ring is
 * single producer, single consumer. All offsets are bytes from the start of
 * the mapping, and user space takes them from here and never assumes them.
 *
 * Ring protocol (the barrier table is in design/protocol.md):
 *
 *   producer                              consumer
 *   free = entries - (prod - cons)  (A)   avail = prod - cons         (C)
 *   write entries                         read entries
 *   store-release producer          (B)   store-release consumer      (D)
 *
 * Indices are free-running 32 bit counters that wrap at 2^32: slot = index &
 * (entries - 1), used = producer - consumer. They are never compared with <.
 */
#ifndef _UAPI_LINUX_TOKEN_RING_H
#define _UAPI_LINUX_TOKEN_RING_H

#include <linux/types.h>

#define TOKEN_RING_MAGIC	0x474e5254	/* "TRNG", little endian */
#define TOKEN_RING_VERSION	1

/* Indices and flags words of one ring lie on spans of their own, two cache
 * lines each, so that the adjacent-line prefetcher couples no two writers.
 */
#define TOKEN_RING_SPAN		128

#define TOKEN_RING_MAX_RINGS	16
#define TOKEN_RING_MAX_ENTRIES	(1U << 22)

enum token_ring_kind {
	TOKEN_RING_DELIVERY	= 1,	/* kernel to user: struct token_ring_frag */
	TOKEN_RING_RETURN	= 2,	/* user to kernel: struct token_ring_range */
};

/* A flags word belongs to one side, its writer; the other side only reads it.
 * NEED_WAKEUP in the consumer's word: "I sleep, wake me after you submit";
 * in the producer's word: "I found the ring full, wake me after you release".
 * Read it only after a full barrier behind the store of your own index.
 */
#define TOKEN_RING_NEED_WAKEUP	(1U << 0)

/* In the return ring's consumer word, which the kernel writes: the page pool
 * found no buffer and packets are dropped. Set once, until TOKEN_RING_ARM.
 */
#define TOKEN_RING_STARVED	(1U << 1)

/* Where one ring lies in the mapping. */
struct token_ring_layout {
	__u32 kind;		/* enum token_ring_kind */
	__u32 entry_bytes;	/* refuse a size that you do not know */
	__u32 entries;		/* a power of two */
	__u32 reserved;		/* 0 */
	__u64 producer;		/* offset of the __u32 producer index */
	__u64 consumer;		/* offset of the __u32 consumer index */
	__u64 producer_flags;	/* offset of the __u32 that the producer writes */
	__u64 consumer_flags;	/* offset of the __u32 that the consumer writes */
	__u64 ring;		/* offset of the first entry */
};

/* At offset 0 of the mapping. The creator stores version last, with release:
 * whoever load-acquires a known version sees all of the rest.
 */
struct token_ring_region {
	__u32 magic;
	__u32 version;
	__u64 region_bytes;	/* of the whole mapping */
	__u64 features;		/* TOKEN_RING_FEATURE_*; refuse an unknown bit */
	__u32 header_bytes;	/* sizeof(struct token_ring_region) of the creator */
	__u32 ring_count;
	__u64 reserved[4];	/* 0 */
	struct token_ring_layout rings[TOKEN_RING_MAX_RINGS];
};

#define TOKEN_RING_FEATURE_DELIVERY	(1ULL << 0)	/* has delivery rings */

/* All rings publish entries in their slots instead of by the producer index:
 * the entry of index i is published when its bit TOKEN_RING_PHASE is
 *
 *   1 if (i & entries) == 0: rounds 0, 2, 4 ... of the ring
 *   0 if (i & entries) != 0: rounds 1, 3, 5 ...
 *
 * The producer writes an entry with the bit of the round before and then stores
 * the bit's word with release, index by index (B). The consumer goes on from its
 * own index as long as the bit, load-acquired, is that of the index (C), never
 * further than entries beyond its last release, and takes the entry without the
 * bit. A creator whose indices do not start at 0 sets the bits so that no entry
 * is published. The producer index is stored behind the bits: for a futex, for
 * tools and for a successor, never to take entries by it.
 */
#define TOKEN_RING_FEATURE_PHASE	(1ULL << 1)

/* Bit of token_ring_frag.flags and of token_ring_range.token_count that is the
 * ring's with TOKEN_RING_FEATURE_PHASE. Set in an entry's own data it is lost.
 */
#define TOKEN_RING_PHASE	(1U << 31)

/* Entry of a delivery ring: one fragment, the fields of struct dmabuf_cmsg
 * and the socket that it arrived on.
 */
struct token_ring_frag {
	__u64 frag_offset;	/* bytes from the start of the dmabuf */
	__u32 frag_size;	/* bytes of payload */
	__u32 frag_token;	/* return it when the payload is no longer read */
	__u64 socket_cookie;	/* SO_COOKIE of the receiving socket */
	__u32 flags;		/* TOKEN_RING_FRAG_*; refuse an unknown bit */
	__u32 reserved;		/* 0 */
};

/* frag_size bytes are in the socket, not in the dmabuf: recv() them. No token. */
#define TOKEN_RING_FRAG_LINEAR	(1U << 0)
/* The last fragment that one delivery put into the ring. */
#define TOKEN_RING_FRAG_LAST	(1U << 1)

/* Entry of a return ring: tokens [token_start, token_start + token_count), the
 * layout of struct dmabuf_token, so that a program moves over with its arrays.
 */
struct token_ring_range {
	__u32 token_start;
	__u32 token_count;
};

/* When tokens that user space never returned are taken back; chosen at bind,
 * a property of the binding.
 */
enum token_ring_cleanup {
	/* with the last of: bound queues, ring sets, sockets that received */
	TOKEN_RING_CLEANUP_LAST_USER	= 0,
	/* with the ring set that they were delivered to; the kernel then counts
	 * per ring set, and refuses a token that another one was given
	 */
	TOKEN_RING_CLEANUP_RING_CLOSE	= 1,
};

/* What the owner of a binding asks for when it creates a ring set. The answer
 * is a descriptor: mmap() it, poll() it, and give it the calls below. Holding it
 * is the right to use it.
 */
struct token_ring_create {
	__u32 delivery_entries;	/* a power of two, or 0: no delivery ring */
	__u32 return_entries;	/* a power of two */
	__u32 binding;		/* id from NETDEV_CMD_BIND_RX on the same netlink socket */
	__u32 flags;		/* 0 */
	__u64 reserved[4];	/* 0 */
};

/* Calls on the descriptor of a ring set. Each returns a count or -errno. */
enum token_ring_call {
	TOKEN_RING_FLUSH	= 1,	/* take back what is in the return ring: tokens taken */
	TOKEN_RING_KICK		= 2,	/* deliver what waits, there is room: fragments delivered */
	TOKEN_RING_RELEASE	= 3,	/* take back an array, as SO_DEVMEM_DONTNEED: tokens taken */
	TOKEN_RING_ARM		= 4,	/* clear TOKEN_RING_STARVED; -EINVAL if it is not set */
	TOKEN_RING_COUNTERS	= 5,	/* fill a struct token_ring_counters: 0 */
};

/* Limits of TOKEN_RING_RELEASE: ranges, and fragments that are looked at. */
#define TOKEN_RING_MAX_RANGES	128
#define TOKEN_RING_MAX_FRAGS	1024

/* What the kernel has seen, since the ring set was made. */
struct token_ring_counters {
	__u64 delivered;	/* fragments put into the delivery ring */
	__u64 returned;		/* tokens taken back, whichever way */
	__u64 out_of_range;	/* returned tokens that the binding cannot have */
	__u64 not_held;		/* returned tokens that were not given out, or were back already */
	__u64 index_violations;	/* times that an index could not be, and was clamped */
	__u64 delivery_full;	/* times that the delivery ring had no room; nothing is lost */
	__u64 starved;		/* times that the page pool had no buffer; packets are lost */
	__u64 reserved;		/* 0 */
};

#endif /* _UAPI_LINUX_TOKEN_RING_H */
