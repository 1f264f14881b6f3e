/* SPDX-License-Identifier: Apache-2.0 */
/* The least that an index-published ring between two cores can do in C.
 *
 * Entries of 8 bytes are walked in runs that do not wrap, which the compiler
 * turns into vector code (0.97 instead of 1.8 ns at batch 16). For entries of 16
 * bytes the same is a loss (its shuffles cost more than they save: 1.9 instead
 * of 1.45 ns), so these are walked one by one, each index masked.
 */
#include "common.h"

/* The same lines as TokenRing's layout: where the entries start decides up to a
 * tenth, so it must not differ (design/decisions/0006). */
enum { PRODUCER = 0, CONSUMER = 128, ENTRIES = CRB_HEADER_BYTES };

ALWAYS_INLINE uint32_t *word(struct crb_ring ring, size_t offset)
{
	return (uint32_t *)((char *)ring.base + offset);
}

ALWAYS_INLINE uint32_t load_acquire(const uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

ALWAYS_INLINE void store_release(uint32_t *word, uint32_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
}

ALWAYS_INLINE void write_entries(char *entries, uint32_t capacity, uint32_t index, uint32_t count, uint32_t bytes,
				 uint64_t first, uint64_t second)
{
	uint32_t mask = capacity - 1, slot = index & mask;
	uint32_t unwrapped = count < capacity - slot ? count : capacity - slot;

	if (bytes == 8) {
		for (uint32_t i = 0; i < unwrapped; i++)
			write_entry(entries + (size_t)(slot + i) * bytes, bytes, first + i, second + i);
		for (uint32_t i = unwrapped; i < count; i++)
			write_entry(entries + (size_t)(i - unwrapped) * bytes, bytes, first + i, second + i);
	} else {
		for (uint32_t i = 0; i < count; i++)
			write_entry(entries + (size_t)((index + i) & mask) * bytes, bytes, first + i, second + i);
	}
}

ALWAYS_INLINE uint64_t compare_entries(const char *entries, uint32_t capacity, uint32_t index, uint32_t count,
				       uint32_t bytes, uint64_t first, uint64_t second)
{
	uint32_t mask = capacity - 1, slot = index & mask;
	uint32_t unwrapped = count < capacity - slot ? count : capacity - slot;
	uint64_t difference = 0;

	if (bytes == 8) {
		for (uint32_t i = 0; i < unwrapped; i++)
			difference |= compare_entry(entries + (size_t)(slot + i) * bytes, bytes, first + i, second + i);
		for (uint32_t i = unwrapped; i < count; i++)
			difference |= compare_entry(entries + (size_t)(i - unwrapped) * bytes, bytes, first + i, second + i);
	} else {
		for (uint32_t i = 0; i < count; i++)
			difference |= compare_entry(entries + (size_t)((index + i) & mask) * bytes, bytes, first + i, second + i);
	}
	return difference;
}

ALWAYS_INLINE uint64_t produce(struct crb_ring ring, struct crb_run run, uint32_t bytes)
{
	uint32_t *producer = word(ring, PRODUCER), *consumer = word(ring, CONSUMER);
	char *entries = (char *)ring.base + ENTRIES;
	uint32_t index = *producer, free_end = index;
	uint64_t done = 0, looks = 0;

	while (done != run.entries) {
		if (free_end - index < run.batch) {
			free_end = load_acquire(consumer) + ring.capacity;
			if (free_end - index < run.batch) {
				if (!look_again(&looks, run.patience))
					break;
				continue;
			}
			looks = 0;
		}
		write_entries(entries, ring.capacity, index, run.batch, bytes, run.first + done, run.second + done);
		index += run.batch;
		done += run.batch;
		store_release(producer, index);
	}
	return done;
}

ALWAYS_INLINE struct crb_seen consume(struct crb_ring ring, struct crb_run run, uint32_t bytes)
{
	uint32_t *producer = word(ring, PRODUCER), *consumer = word(ring, CONSUMER);
	const char *entries = (const char *)ring.base + ENTRIES;
	uint32_t index = *consumer, available_end = index;
	struct crb_seen seen = { .wrong = CRB_NONE_WRONG };
	uint64_t looks = 0;

	while (seen.entries != run.entries) {
		uint32_t count = available_end - index;

		if (count == 0) {
			available_end = load_acquire(producer);
			count = available_end - index;
			if (count == 0) {
				if (!look_again(&looks, run.patience))
					break;
				continue;
			}
			looks = 0;
		}
		if (count > run.batch)
			count = run.batch;
		record(&seen, count, compare_entries(entries, ring.capacity, index, count, bytes,
						     run.first + seen.entries, run.second + seen.entries));
		index += count;
		store_release(consumer, index);
	}
	return seen;
}

uint64_t crb_lower_bound_produce(struct crb_ring ring, struct crb_run run)
{
	return ring.entry_bytes == 8 ? produce(ring, run, 8) : produce(ring, run, 16);
}

struct crb_seen crb_lower_bound_consume(struct crb_ring ring, struct crb_run run)
{
	return ring.entry_bytes == 8 ? consume(ring, run, 8) : consume(ring, run, 16);
}

/* Waits for the entry at index; false when the patience has run out. */
ALWAYS_INLINE bool await(const uint32_t *producer, uint32_t index, uint64_t patience)
{
	uint64_t looks = 0;

	while (load_acquire(producer) == index)
		if (!look_again(&looks, patience))
			return false;
	return true;
}

struct crb_seen crb_lower_bound_ask(struct crb_ring there, struct crb_ring back, struct crb_run run)
{
	char *requests = (char *)there.base + ENTRIES, *replies = (char *)back.base + ENTRIES;
	uint32_t *request = word(there, PRODUCER), *reply = word(back, PRODUCER), *read = word(back, CONSUMER);
	uint32_t index = *request, reply_index = *read, mask = there.capacity - 1;
	struct crb_seen seen = { .wrong = CRB_NONE_WRONG };

	/* One entry is under way, so the slot is free when the last reply is there. */
	while (seen.entries != run.entries) {
		uint64_t first = run.first + seen.entries, second = run.second + seen.entries;

		write_entry(requests + (size_t)(index & mask) * ROUND_TRIP_BYTES, ROUND_TRIP_BYTES, first, second);
		store_release(request, ++index);
		if (!await(reply, reply_index, run.patience))
			break;
		note_ticks(&run, seen.entries);
		record(&seen, 1, compare_entry(replies + (size_t)(reply_index & mask) * ROUND_TRIP_BYTES,
					       ROUND_TRIP_BYTES, first, second));
		store_release(read, ++reply_index);
	}
	return seen;
}

struct crb_seen crb_lower_bound_answer(struct crb_ring there, struct crb_ring back, struct crb_run run)
{
	char *requests = (char *)there.base + ENTRIES, *replies = (char *)back.base + ENTRIES;
	uint32_t *request = word(there, PRODUCER), *reply = word(back, PRODUCER), *read = word(there, CONSUMER);
	uint32_t index = *read, reply_index = *reply, mask = there.capacity - 1;
	struct crb_seen seen = { .wrong = CRB_NONE_WRONG };

	while (seen.entries != run.entries) {
		uint64_t words[2];

		if (!await(request, index, run.patience))
			break;
		memcpy(words, requests + (size_t)(index & mask) * ROUND_TRIP_BYTES, ROUND_TRIP_BYTES);
		write_entry(replies + (size_t)(reply_index & mask) * ROUND_TRIP_BYTES, ROUND_TRIP_BYTES, words[0], words[1]);
		store_release(reply, ++reply_index);
		record(&seen, 1, (words[0] ^ (run.first + seen.entries)) | (words[1] ^ (run.second + seen.entries)));
		store_release(read, ++index);
	}
	return seen;
}
