/* SPDX-License-Identifier: Apache-2.0 */
/* Concurrency Kit's ck_ring. It holds one entry less than its size, and an entry
 * is a call: it has no batches.
 */
#include "common.h"

#include <ck_md.h>
#include <ck_ring.h>

struct entry8 { uint64_t words[1]; };
struct entry16 { uint64_t words[2]; };

CK_RING_PROTOTYPE(entry8, entry8)
CK_RING_PROTOTYPE(entry16, entry16)

ALWAYS_INLINE void *entries_of(struct crb_ring ring)
{
	return (char *)ring.base + CRB_HEADER_BYTES;
}

ALWAYS_INLINE uint32_t put(struct crb_ring ring, uint32_t bytes, const char *entries, uint32_t count)
{
	struct ck_ring *own = ring.base;
	uint32_t done = 0;

	for (; done < count; done++) {
		char *entry = (char *)entries + (size_t)done * bytes;
		bool is_put = bytes == 8 ? ck_ring_enqueue_spsc_entry8(own, entries_of(ring), (struct entry8 *)entry)
					 : ck_ring_enqueue_spsc_entry16(own, entries_of(ring), (struct entry16 *)entry);

		if (!is_put)
			break;
	}
	return done;
}

ALWAYS_INLINE uint32_t take(struct crb_ring ring, uint32_t bytes, char *entries, uint32_t most)
{
	struct ck_ring *own = ring.base;
	uint32_t done = 0;

	for (; done < most; done++) {
		char *entry = entries + (size_t)done * bytes;
		bool is_taken = bytes == 8 ? ck_ring_dequeue_spsc_entry8(own, entries_of(ring), (struct entry8 *)entry)
					   : ck_ring_dequeue_spsc_entry16(own, entries_of(ring), (struct entry16 *)entry);

		if (!is_taken)
			break;
	}
	return done;
}

#include "loops.h"

static uint64_t ring_bytes(uint32_t capacity, uint32_t entry_bytes)
{
	_Static_assert(sizeof(struct ck_ring) <= CRB_HEADER_BYTES, "the entries lie behind it");
	return CRB_HEADER_BYTES + (uint64_t)capacity * entry_bytes;
}

static void prepare(struct crb_ring ring)
{
	ck_ring_init(ring.base, ring.capacity);
}

const struct crb_peer crb_peer = {
	"one entry a call, capacity - 1", 1, ring_bytes, prepare, peer_produce, peer_consume, peer_ask, peer_answer,
};
