/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One ring from the user's side. Letters at the barriers are those of
 * token_ring.h and design/protocol.md. A ring has one producer and one consumer;
 * whoever has several threads gives each a ring set of its own.
 */
#ifndef EXAMPLES_RING_H
#define EXAMPLES_RING_H

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "token_ring.h"

/* A word in shared memory: an atomic that is the bare word, without a lock. */
typedef _Atomic(__u32) shared_word;
_Static_assert(sizeof(shared_word) == sizeof(__u32), "an atomic must be the bare word");
_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "a lock would be in one process only");

struct ring {
	shared_word *own;	/* our index: written, never read back */
	shared_word *peer;	/* the kernel's index */
	shared_word *own_flags;	/* what we ask of the kernel */
	shared_word *peer_flags; /* what the kernel asks of us */
	unsigned char *entries;
	__u32 entry_bytes;
	__u32 size;		/* in entries, a power of two */
	__u32 index;		/* where we are; *own follows with submit and release */
	__u32 peer_seen;	/* what *peer held when last looked at */
};

/* Where the entry behind `offset` others from our index is. */
static inline void *ring_entry(const struct ring *ring, __u32 offset)
{
	/* Indices run freely and wrap at 2^32; only here do they become slots. */
	return ring->entries + (size_t)((ring->index + offset) & (ring->size - 1)) * ring->entry_bytes;
}

/* Consumer: entries that may be read, `most` at the most, or -EPROTO when the
 * index is one that cannot be: then somebody else writes to our ring.
 */
static inline int ring_peek(struct ring *ring, __u32 most)
{
	__u32 ready = ring->peer_seen - ring->index;

	if (ready < most) {
		/* C: pairs with the kernel's B. Without it an entry may be read
		 * before the index that publishes it, and then it is an old one.
		 */
		ring->peer_seen = atomic_load_explicit(ring->peer, memory_order_acquire);
		ready = ring->peer_seen - ring->index;
		if (ready > ring->size)
			return -EPROTO;
	}
	return (int)(ready < most ? ready : most);
}

/* Producer: slots that may be written, `most` at the most, or -EPROTO. */
static inline int ring_reserve(struct ring *ring, __u32 most)
{
	__u32 used = ring->index - ring->peer_seen;

	if (ring->size - used < most) {
		/* A: pairs with the kernel's D. Without it a slot may be written
		 * that is still being read.
		 */
		ring->peer_seen = atomic_load_explicit(ring->peer, memory_order_acquire);
		used = ring->index - ring->peer_seen;
		if (used > ring->size)
			return -EPROTO;
	}
	return (int)(ring->size - used < most ? ring->size - used : most);
}

/* Consumer: release, D. Producer: submit, B. Every access to the entries is done
 * before the kernel sees the index. For a return ring that covers the payload
 * too: it was read before its token goes back.
 */
static inline void ring_advance(struct ring *ring, __u32 count)
{
	ring->index += count;
	atomic_store_explicit(ring->own, ring->index, memory_order_release);
}

/* Whether the kernel asks to be called: some time after ring_advance(), and before
 * sleeping at the latest.
 */
static inline bool ring_peer_asks(const struct ring *ring)
{
	/* E: pairs with the kernel's F. The flag may not be read before our index
	 * is stored: the kernel would find no room and ask, we would see no flag,
	 * and nobody would move any more. A release store does not order that.
	 */
	atomic_thread_fence(memory_order_seq_cst);
	return atomic_load_explicit(ring->peer_flags, memory_order_relaxed) & TOKEN_RING_NEED_WAKEUP;
}

/* Consumer: asks to be woken, and looks once more. True: sleep, the kernel will
 * poll-wake us. False: there is something after all. Then ring_awake().
 */
static inline bool ring_may_sleep(struct ring *ring)
{
	atomic_store_explicit(ring->own_flags, TOKEN_RING_NEED_WAKEUP, memory_order_relaxed);
	/* F: pairs with the kernel's E. An entry that is submitted after this look
	 * is submitted by somebody who sees the flag.
	 */
	atomic_thread_fence(memory_order_seq_cst);
	return ring_peek(ring, 1) == 0;
}

/* Takes that back: no system call is wanted for a consumer that is awake. */
static inline void ring_awake(struct ring *ring)
{
	atomic_store_explicit(ring->own_flags, 0, memory_order_relaxed);
}

#endif
