/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `ringbench serve` puts into the payload: word i of the stream of the
 * socket with SO_COOKIE c is a function of the seed, c and i. So a consumer knows
 * every byte, and a buffer that was given to the NIC too early shows.
 */
#ifndef EXAMPLES_STREAM_H
#define EXAMPLES_STREAM_H

#include <stdbool.h>
#include <string.h>

#include <linux/types.h>

/* The finaliser of splitmix64 (Steele, Lea, Flood 2014). */
static inline __u64 stream_mix(__u64 value)
{
	value += 0x9e3779b97f4a7c15ULL;
	value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
	value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
	return value ^ (value >> 31);
}

/* Whether these bytes begin at byte `position` of the stream; multiples of 8. */
static inline bool stream_matches(__u64 seed, __u64 cookie, __u64 position, const unsigned char *bytes, __u32 count)
{
	const __u64 key = stream_mix(seed + cookie * 0x9e3779b97f4a7c15ULL);
	__u64 word;

	for (__u32 i = 0; i < count / sizeof(word); i++) {
		memcpy(&word, bytes + i * sizeof(word), sizeof(word));
		if (word != stream_mix(key ^ (position / sizeof(word) + i)))
			return false;
	}
	return true;
}

#endif
