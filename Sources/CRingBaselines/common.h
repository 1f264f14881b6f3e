/* SPDX-License-Identifier: Apache-2.0 */
/* What all baselines share: entries, pacing, the way to record a wrong entry. */
#ifndef CRB_COMMON_H
#define CRB_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <ctokenring.h>

#include "CRingBaselines.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* A round trip carries xdp_desc-sized entries. */
#define ROUND_TRIP_BYTES 16

/* entry_bytes is a constant at every call, so one branch is left. */
ALWAYS_INLINE void write_entry(void *slot, uint32_t entry_bytes, uint64_t first, uint64_t second)
{
	uint64_t words[2] = { first, second };

	memcpy(slot, words, entry_bytes);
}

/* 0 if the entry holds what it must. */
ALWAYS_INLINE uint64_t compare_entry(const void *slot, uint32_t entry_bytes, uint64_t first, uint64_t second)
{
	uint64_t words[2] = { first, second };

	memcpy(words, slot, entry_bytes);
	return (words[0] ^ first) | (words[1] ^ second);
}

/* The pacing of every implementation: one pause after each fruitless look.
 * False when the patience has run out. */
ALWAYS_INLINE bool look_again(uint64_t *looks, uint64_t patience)
{
	ctr_pause();
	return ++*looks < patience;
}

/* Where the time of each round trip is wanted. */
ALWAYS_INLINE void note_ticks(const struct crb_run *run, uint64_t number)
{
	if (run->ticks)
		run->ticks[number] = ctr_ticks();
}

ALWAYS_INLINE void record(struct crb_seen *seen, uint32_t count, uint64_t difference)
{
	if (__builtin_expect(difference != 0, 0) && seen->wrong == CRB_NONE_WRONG)
		seen->wrong = seen->entries;
	seen->entries += count;
}

#endif
