/* SPDX-License-Identifier: Apache-2.0 */
/* A counter between two cores with no ring around it: the floor under every
 * round trip. Over one word the line goes back and forth between two writers;
 * over two each has one writer.
 */
#include "common.h"

/* Waits until the word holds value; false when the patience has run out. */
ALWAYS_INLINE bool await(const uint32_t *word, uint32_t value, uint64_t patience)
{
	uint64_t looks = 0;

	while (__atomic_load_n(word, __ATOMIC_ACQUIRE) != value)
		if (!look_again(&looks, patience))
			return false;
	return true;
}

uint64_t crb_cache_line_ask(uint32_t *there, uint32_t *back, uint64_t count, uint64_t patience)
{
	uint32_t value = 0;

	for (uint64_t i = 0; i < count; i++, value += 2) {
		__atomic_store_n(there, value + 1, __ATOMIC_RELEASE);
		if (!await(back, value + 2, patience))
			return i;
	}
	return count;
}

uint64_t crb_cache_line_answer(uint32_t *there, uint32_t *back, uint64_t count, uint64_t patience)
{
	uint32_t value = 0;

	for (uint64_t i = 0; i < count; i++, value += 2) {
		if (!await(there, value + 1, patience))
			return i;
		__atomic_store_n(back, value + 2, __ATOMIC_RELEASE);
	}
	return count;
}
