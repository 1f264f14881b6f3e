/* SPDX-License-Identifier: Apache-2.0 */
/* libxdp's own inline helpers over a ring laid out as the kernel lays out AF_XDP's. */
#include "common.h"

#include <xdp/xsk.h>

/* XDP_MMAP_OFFSETS of Linux 6.18 on x86-64. */
enum { PRODUCER = 0, CONSUMER = 128, FLAGS = 196, ENTRIES = 320 };

ALWAYS_INLINE void *at(struct crb_ring ring, size_t offset)
{
	return (char *)ring.base + offset;
}

ALWAYS_INLINE struct xsk_ring_prod producer_of(struct crb_ring ring)
{
	uint32_t *producer = at(ring, PRODUCER), *consumer = at(ring, CONSUMER);

	return (struct xsk_ring_prod) {
		.cached_prod = *producer, .cached_cons = *consumer + ring.capacity,
		.mask = ring.capacity - 1, .size = ring.capacity,
		.producer = producer, .consumer = consumer, .flags = at(ring, FLAGS), .ring = at(ring, ENTRIES),
	};
}

ALWAYS_INLINE struct xsk_ring_cons consumer_of(struct crb_ring ring)
{
	uint32_t *producer = at(ring, PRODUCER), *consumer = at(ring, CONSUMER);

	return (struct xsk_ring_cons) {
		.cached_prod = *producer, .cached_cons = *consumer,
		.mask = ring.capacity - 1, .size = ring.capacity,
		.producer = producer, .consumer = consumer, .flags = at(ring, FLAGS), .ring = at(ring, ENTRIES),
	};
}

ALWAYS_INLINE void *slot_to_write(struct xsk_ring_prod *ring, uint32_t index, uint32_t bytes)
{
	if (bytes == 8)
		return xsk_ring_prod__fill_addr(ring, index);
	return xsk_ring_prod__tx_desc(ring, index);
}

ALWAYS_INLINE const void *slot_to_read(const struct xsk_ring_cons *ring, uint32_t index, uint32_t bytes)
{
	if (bytes == 8)
		return xsk_ring_cons__comp_addr(ring, index);
	return xsk_ring_cons__rx_desc(ring, index);
}

ALWAYS_INLINE uint64_t produce(struct crb_ring ring, struct crb_run run, uint32_t bytes)
{
	struct xsk_ring_prod producer = producer_of(ring);
	uint64_t done = 0, looks = 0;
	uint32_t index;

	while (done != run.entries) {
		if (!xsk_ring_prod__reserve(&producer, run.batch, &index)) {
			if (!look_again(&looks, run.patience))
				break;
			continue;
		}
		looks = 0;
		for (uint32_t i = 0; i < run.batch; i++)
			write_entry(slot_to_write(&producer, index + i, bytes), bytes,
				    run.first + done + i, run.second + done + i);
		done += run.batch;
		xsk_ring_prod__submit(&producer, run.batch);
	}
	return done;
}

ALWAYS_INLINE struct crb_seen consume(struct crb_ring ring, struct crb_run run, uint32_t bytes)
{
	struct xsk_ring_cons consumer = consumer_of(ring);
	struct crb_seen seen = { .wrong = CRB_NONE_WRONG };
	uint64_t looks = 0;
	uint32_t index;

	while (seen.entries != run.entries) {
		uint32_t count = xsk_ring_cons__peek(&consumer, run.batch, &index);
		uint64_t difference = 0;

		if (count == 0) {
			if (!look_again(&looks, run.patience))
				break;
			continue;
		}
		looks = 0;
		for (uint32_t i = 0; i < count; i++)
			difference |= compare_entry(slot_to_read(&consumer, index + i, bytes), bytes,
						    run.first + seen.entries + i, run.second + seen.entries + i);
		record(&seen, count, difference);
		xsk_ring_cons__release(&consumer, count);
	}
	return seen;
}

uint64_t crb_libxdp_produce(struct crb_ring ring, struct crb_run run)
{
	return ring.entry_bytes == 8 ? produce(ring, run, 8) : produce(ring, run, 16);
}

struct crb_seen crb_libxdp_consume(struct crb_ring ring, struct crb_run run)
{
	return ring.entry_bytes == 8 ? consume(ring, run, 8) : consume(ring, run, 16);
}

/* One entry, at *index; false when the patience has run out. */
ALWAYS_INLINE bool peek_one(struct xsk_ring_cons *ring, uint32_t *index, uint64_t patience)
{
	uint64_t looks = 0;

	while (!xsk_ring_cons__peek(ring, 1, index))
		if (!look_again(&looks, patience))
			return false;
	return true;
}

ALWAYS_INLINE bool reserve_one(struct xsk_ring_prod *ring, uint32_t *index, uint64_t patience)
{
	uint64_t looks = 0;

	while (!xsk_ring_prod__reserve(ring, 1, index))
		if (!look_again(&looks, patience))
			return false;
	return true;
}

struct crb_seen crb_libxdp_ask(struct crb_ring there, struct crb_ring back, struct crb_run run)
{
	struct xsk_ring_prod requests = producer_of(there);
	struct xsk_ring_cons replies = consumer_of(back);
	struct crb_seen seen = { .wrong = CRB_NONE_WRONG };
	uint32_t index;

	while (seen.entries != run.entries) {
		uint64_t first = run.first + seen.entries, second = run.second + seen.entries;

		if (!reserve_one(&requests, &index, run.patience))
			break;
		write_entry(xsk_ring_prod__tx_desc(&requests, index), ROUND_TRIP_BYTES, first, second);
		xsk_ring_prod__submit(&requests, 1);
		if (!peek_one(&replies, &index, run.patience))
			break;
		note_ticks(&run, seen.entries);
		record(&seen, 1, compare_entry(xsk_ring_cons__rx_desc(&replies, index), ROUND_TRIP_BYTES, first, second));
		xsk_ring_cons__release(&replies, 1);
	}
	return seen;
}

struct crb_seen crb_libxdp_answer(struct crb_ring there, struct crb_ring back, struct crb_run run)
{
	struct xsk_ring_cons requests = consumer_of(there);
	struct xsk_ring_prod replies = producer_of(back);
	struct crb_seen seen = { .wrong = CRB_NONE_WRONG };
	uint32_t index;

	while (seen.entries != run.entries) {
		uint64_t words[2];

		if (!peek_one(&requests, &index, run.patience))
			break;
		memcpy(words, xsk_ring_cons__rx_desc(&requests, index), ROUND_TRIP_BYTES);
		if (!reserve_one(&replies, &index, run.patience))
			break;
		write_entry(xsk_ring_prod__tx_desc(&replies, index), ROUND_TRIP_BYTES, words[0], words[1]);
		xsk_ring_prod__submit(&replies, 1);
		record(&seen, 1, (words[0] ^ (run.first + seen.entries)) | (words[1] ^ (run.second + seen.entries)));
		xsk_ring_cons__release(&requests, 1);
	}
	return seen;
}
