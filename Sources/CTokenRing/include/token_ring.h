/* SPDX-License-Identifier: ((GPL-2.0-only WITH Linux-syscall-note) OR Apache-2.0) */
/*
 * Mapped token rings: the proposed user space interface. The specification is
 * design/uapi.md.
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
#include <linux/ioctl.h>

#define TOKEN_RING_MAGIC	0x474e5254	/* "TRNG", little endian */
#define TOKEN_RING_VERSION	1

/* Each index lies on a span of its own, two cache lines, so that the
 * adjacent-line prefetcher couples no two writers. A ring's two flags words are
 * written rarely and share one. A layout may differ: only the offsets count.
 */
#define TOKEN_RING_SPAN		128

#define TOKEN_RING_MAX_RINGS	16
#define TOKEN_RING_MAX_ENTRIES	(1U << 22)

enum token_ring_kind {
	TOKEN_RING_DELIVERY	= 1,	/* kernel to user: struct token_ring_frag */
	TOKEN_RING_RETURN	= 2,	/* user to kernel: struct token_ring_range */
};

/* A flags word belongs to one side, its writer; the other side only reads it
 * and ignores a bit that it does not know.
 * NEED_WAKEUP in the consumer's word: "I sleep, wake me after you submit";
 * in the producer's word: "I found the ring full, wake me after you release".
 * Read it only after a full barrier behind the store of your own index.
 *
 * Where the kernel is the other side:
 *   delivery ring, consumer word: user space sleeps in poll(); the kernel
 *     wakes only if this is set.
 *   delivery ring, producer word: data waits in a socket, TOKEN_RING_KICK.
 *   return ring: neither is used. The kernel consumes when it needs buffers,
 *     and user space never sleeps for room, it calls TOKEN_RING_FLUSH.
 */
#define TOKEN_RING_NEED_WAKEUP	(1U << 0)

/* In the return ring's consumer word, which the kernel writes: the page pool
 * found no buffer and packets are dropped. Set once, until TOKEN_RING_ARM;
 * poll() says POLLPRI as long as it is set.
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
 * whoever load-acquires a known version sees all of the rest. The creator never
 * reads it back. What version 1 does not have comes as a feature bit and out of
 * the reserved members, never as a larger header.
 */
struct token_ring_region {
	__u32 magic;
	__u32 version;
	__u64 region_bytes;	/* of the whole mapping */
	__u64 features;		/* TOKEN_RING_FEATURE_*; refuse an unknown bit: the
				 * creator sets none that was not asked for
				 */
	__u32 header_bytes;	/* sizeof(struct token_ring_region), fixed in version 1 */
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
 * and the socket that it arrived on. There is no dmabuf_id: a ring set belongs
 * to one binding. Entries of one socket are in the order of its byte stream.
 *
 * A token is the number of a buffer (net_iov) in the binding. Two fragments in
 * one buffer have equal tokens: return it once for each, in two ranges.
 */
struct token_ring_frag {
	__u64 frag_offset;	/* bytes from the start of the dmabuf */
	__u32 frag_size;	/* bytes of payload */
	__u32 frag_token;	/* return it when the payload is no longer read */
	__u64 socket_cookie;	/* SO_COOKIE of the receiving socket */
	__u32 flags;		/* TOKEN_RING_FRAG_*; refuse an unknown bit */
	__u32 reserved;		/* 0 */
};

/* The next frag_size bytes of the stream are in the socket and not in the
 * binding's dmabuf: read exactly so many with recvmsg(MSG_SOCK_DEVMEM). No token,
 * frag_offset is 0. Nothing more of this socket need be delivered before.
 */
#define TOKEN_RING_FRAG_LINEAR	(1U << 0)
/* The last entry of one pass over one socket: a hint that a batch ends here. */
#define TOKEN_RING_FRAG_LAST	(1U << 1)
/* The stream ends here, behind all of its data: recv() says whether the peer
 * closed it (0) or which error it has. No token, frag_size is 0. Once a socket.
 */
#define TOKEN_RING_FRAG_END	(1U << 2)

/* Entry of a return ring: tokens [token_start, token_start + token_count), each
 * returned once; the layout of struct dmabuf_token, so that a program moves over
 * with its arrays. The sum is taken in 64 bits. What lies beyond the binding is
 * refused and counted, what lies inside is taken.
 */
struct token_ring_range {
	__u32 token_start;
	__u32 token_count;
};

/* When tokens that user space never returned are taken back; chosen at bind,
 * a property of the binding (NETDEV_A_DMABUF_TOKEN_CLEANUP).
 */
enum token_ring_cleanup {
	/* with the last of: bound queues, ring sets, attached sockets */
	TOKEN_RING_CLEANUP_LAST_USER	= 0,
	/* with the ring set that they were delivered to; the kernel then counts
	 * per ring set, and refuses a token that another one was given
	 */
	TOKEN_RING_CLEANUP_RING_CLOSE	= 1,
};

/* What the owner of a binding asks for when it creates a ring set. The answer
 * is a descriptor: mmap() it, poll() it, and give it the calls below. Holding it
 * is the right to use it.
 *
 * Over netlink the members are attributes of NETDEV_CMD_TOKEN_RING_CREATE; this
 * form is for whoever makes ring sets without netlink: libraries, the model.
 */
struct token_ring_create {
	__u32 delivery_entries;	/* a power of two, or 0: no delivery ring */
	__u32 return_entries;	/* a power of two */
	__u32 binding;		/* id from NETDEV_CMD_BIND_RX on the same netlink socket */
	__u32 flags;		/* 0 */
	__u64 features;		/* those wanted: all are given, or creation fails;
				 * FEATURE_DELIVERY goes without asking
				 */
	__u64 reserved[3];	/* 0 */
};

/* Calls on the descriptor of a ring set. Each returns a count or -errno. */
enum token_ring_call {
	TOKEN_RING_FLUSH	= 1,	/* take back what is in the return ring: tokens taken */
	TOKEN_RING_KICK		= 2,	/* deliver what waits, there is room: entries made */
	TOKEN_RING_RELEASE	= 3,	/* take back an array, as SO_DEVMEM_DONTNEED: tokens taken */
	TOKEN_RING_ARM		= 4,	/* clear TOKEN_RING_STARVED; -EINVAL if it is not set */
	TOKEN_RING_COUNTERS	= 5,	/* fill a struct token_ring_counters: 0 */
	TOKEN_RING_ATTACH	= 6,	/* from now on deliver what a socket receives: 0 */
	TOKEN_RING_DETACH	= 7,	/* no longer: 0 */
};

/* Limits of TOKEN_RING_RELEASE: ranges, and fragments that are looked at. */
#define TOKEN_RING_MAX_RANGES	128
#define TOKEN_RING_MAX_FRAGS	1024

/* Argument of TOKEN_RING_RELEASE. */
struct token_ring_release {
	__u64 ranges;		/* address of an array of struct token_ring_range */
	__u32 count;		/* of ranges, 1 to TOKEN_RING_MAX_RANGES */
	__u32 reserved;		/* 0 */
};

/* Argument of TOKEN_RING_ATTACH and TOKEN_RING_DETACH. */
struct token_ring_socket {
	__s32 fd;		/* a connected TCP socket */
	__u32 flags;		/* 0 */
};

/* What the kernel has seen, since the ring set was made. A later version is
 * longer: the kernel goes by the size in the call's number, fills what both know
 * and zeroes the rest.
 */
struct token_ring_counters {
	__u64 delivered;	/* fragments put into the delivery ring, one token each */
	__u64 returned;		/* tokens taken back, whichever way */
	__u64 out_of_range;	/* returned tokens that the binding cannot have */
	__u64 not_held;		/* returned tokens that were not given out, or were back already */
	__u64 index_violations;	/* times that an index could not be, and was clamped */
	__u64 delivery_full;	/* times that the delivery ring had no room; nothing is lost */
	__u64 starved;		/* times that the page pool had no buffer; packets are lost */
	__u64 reserved;		/* 0 */
};

/* The calls as ioctl() takes them. */
#define TOKEN_RING_IOC		0xBC
#define TOKEN_RING_IOC_FLUSH	_IO(TOKEN_RING_IOC, TOKEN_RING_FLUSH)
#define TOKEN_RING_IOC_KICK	_IO(TOKEN_RING_IOC, TOKEN_RING_KICK)
#define TOKEN_RING_IOC_RELEASE	_IOW(TOKEN_RING_IOC, TOKEN_RING_RELEASE, struct token_ring_release)
#define TOKEN_RING_IOC_ARM	_IO(TOKEN_RING_IOC, TOKEN_RING_ARM)
#define TOKEN_RING_IOC_COUNTERS	_IOR(TOKEN_RING_IOC, TOKEN_RING_COUNTERS, struct token_ring_counters)
#define TOKEN_RING_IOC_ATTACH	_IOW(TOKEN_RING_IOC, TOKEN_RING_ATTACH, struct token_ring_socket)
#define TOKEN_RING_IOC_DETACH	_IOW(TOKEN_RING_IOC, TOKEN_RING_DETACH, struct token_ring_socket)

#endif /* _UAPI_LINUX_TOKEN_RING_H */
