/* SPDX-License-Identifier: Apache-2.0 */
/* The four roles of a measured ring over a ring of another project, in C and C++.
 * The same work, pacing and record as in CRingBaselines. All peers copy entries:
 * a batch is made on the stack and put, or taken to the stack and compared.
 *
 * Before it includes this a peer defines:
 *
 *   put(ring, bytes, entries, count)   how many it put, 0 if it was full
 *   take(ring, bytes, entries, most)   how many it took, 0 if it was empty
 *
 * and afterwards the size and the preparation of its memory, and crb_peer.
 */
#ifndef RING_PEERS_LOOPS_H
#define RING_PEERS_LOOPS_H

struct batch {
	char entries[CRB_PEER_MOST_BATCH * 16] __attribute__((aligned(64)));
};

/* Puts all of them, waiting for room; false when the patience has run out. */
ALWAYS_INLINE bool put_all(struct crb_ring ring, uint32_t bytes, const char *entries, uint32_t count, uint64_t patience)
{
	uint64_t looks = 0;
	uint32_t done = 0;

	for (;;) {
		uint32_t step = put(ring, bytes, entries + (size_t)done * bytes, count - done);

		done += step;
		if (done == count)
			return true;
		if (step == 0 && !look_again(&looks, patience))
			return false;
	}
}

/* Takes at least one; 0 when the patience has run out. */
ALWAYS_INLINE uint32_t take_some(struct crb_ring ring, uint32_t bytes, char *entries, uint32_t most, uint64_t patience)
{
	uint64_t looks = 0;
	uint32_t count;

	while ((count = take(ring, bytes, entries, most)) == 0)
		if (!look_again(&looks, patience))
			return 0;
	return count;
}

ALWAYS_INLINE uint64_t produce(struct crb_ring ring, struct crb_run run, uint32_t bytes)
{
	struct batch batch;
	uint64_t done = 0;

	while (done != run.entries) {
		for (uint32_t i = 0; i < run.batch; i++)
			write_entry(batch.entries + (size_t)i * bytes, bytes, run.first + done + i, run.second + done + i);
		if (!put_all(ring, bytes, batch.entries, run.batch, run.patience))
			break;
		done += run.batch;
	}
	return done;
}

ALWAYS_INLINE struct crb_seen consume(struct crb_ring ring, struct crb_run run, uint32_t bytes)
{
	struct crb_seen seen = { 0, CRB_NONE_WRONG };
	struct batch batch;

	while (seen.entries != run.entries) {
		uint32_t count = take_some(ring, bytes, batch.entries, run.batch, run.patience);
		uint64_t difference = 0;

		if (count == 0)
			break;
		for (uint32_t i = 0; i < count; i++)
			difference |= compare_entry(batch.entries + (size_t)i * bytes, bytes,
						    run.first + seen.entries + i, run.second + seen.entries + i);
		record(&seen, count, difference);
	}
	return seen;
}

static uint64_t peer_produce(struct crb_ring ring, struct crb_run run)
{
	return ring.entry_bytes == 8 ? produce(ring, run, 8) : produce(ring, run, 16);
}

static struct crb_seen peer_consume(struct crb_ring ring, struct crb_run run)
{
	return ring.entry_bytes == 8 ? consume(ring, run, 8) : consume(ring, run, 16);
}

static struct crb_seen peer_ask(struct crb_ring there, struct crb_ring back, struct crb_run run)
{
	struct crb_seen seen = { 0, CRB_NONE_WRONG };
	char entry[ROUND_TRIP_BYTES] __attribute__((aligned(16)));

	while (seen.entries != run.entries) {
		uint64_t first = run.first + seen.entries, second = run.second + seen.entries;

		write_entry(entry, ROUND_TRIP_BYTES, first, second);
		if (!put_all(there, ROUND_TRIP_BYTES, entry, 1, run.patience) ||
		    !take_some(back, ROUND_TRIP_BYTES, entry, 1, run.patience))
			break;
		note_ticks(&run, seen.entries);
		record(&seen, 1, compare_entry(entry, ROUND_TRIP_BYTES, first, second));
	}
	return seen;
}

static struct crb_seen peer_answer(struct crb_ring there, struct crb_ring back, struct crb_run run)
{
	struct crb_seen seen = { 0, CRB_NONE_WRONG };
	char entry[ROUND_TRIP_BYTES] __attribute__((aligned(16)));

	while (seen.entries != run.entries) {
		if (!take_some(there, ROUND_TRIP_BYTES, entry, 1, run.patience) ||
		    !put_all(back, ROUND_TRIP_BYTES, entry, 1, run.patience))
			break;
		record(&seen, 1, compare_entry(entry, ROUND_TRIP_BYTES, run.first + seen.entries, run.second + seen.entries));
	}
	return seen;
}

#endif
