/* SPDX-License-Identifier: Apache-2.0 */
/* DPDK's rte_ring for one producer and one consumer, in memory of ours and
 * without the environment layer. It holds one entry less than its size.
 */
#include "common.h"

#include <rte_ring.h>

ALWAYS_INLINE uint32_t put(struct crb_ring ring, uint32_t bytes, const char *entries, uint32_t count)
{
	return rte_ring_sp_enqueue_bulk_elem(ring.base, entries, bytes, count, NULL);
}

ALWAYS_INLINE uint32_t take(struct crb_ring ring, uint32_t bytes, char *entries, uint32_t most)
{
	return rte_ring_sc_dequeue_burst_elem(ring.base, entries, bytes, most, NULL);
}

#include "loops.h"

static uint64_t ring_bytes(uint32_t capacity, uint32_t entry_bytes)
{
	return (uint64_t)rte_ring_get_memsize_elem(entry_bytes, capacity);
}

static void prepare(struct crb_ring ring)
{
	/* Refuses nothing but a capacity that is no power of two. */
	(void)rte_ring_init(ring.base, "ringbench", ring.capacity, RING_F_SP_ENQ | RING_F_SC_DEQ);
}

const struct crb_peer crb_peer = {
	"bulk enqueue and burst dequeue of elements, capacity - 1", 1, ring_bytes, prepare, peer_produce, peer_consume,
	peer_ask, peer_answer,
};
