/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layout of token_ring.h, asserted: sizes, offsets, numbers. Only compiled,
 * never run, by HeaderTests: as C11 and as C++17, for 64 and for 32 bits, where
 * the layout must be the same, and with -Wpadded, so that no compiler pads.
 *
 * A number here changes only with TOKEN_RING_VERSION.
 */
#include <stddef.h>

#include "token_ring.h"

#ifdef __cplusplus
#define ASSERT(what)	static_assert(what, #what)
#else
#define ASSERT(what)	_Static_assert(what, #what)
#endif

#define SIZE(type, bytes)		ASSERT(sizeof(struct type) == (bytes))
#define AT(type, member, offset)	ASSERT(offsetof(struct type, member) == (offset))
/* A member of this size, there. */
#define WORD(type, member, offset)	MEMBER(type, member, offset, 4)
#define QUAD(type, member, offset)	MEMBER(type, member, offset, 8)
#define MEMBER(type, member, offset, bytes) \
	AT(type, member, offset); \
	ASSERT(sizeof(((struct type *)0)->member) == (bytes)); \
	ASSERT((offset) % (bytes) == 0)

SIZE(token_ring_layout, 56);
WORD(token_ring_layout, kind, 0);
WORD(token_ring_layout, entry_bytes, 4);
WORD(token_ring_layout, entries, 8);
WORD(token_ring_layout, reserved, 12);
QUAD(token_ring_layout, producer, 16);
QUAD(token_ring_layout, consumer, 24);
QUAD(token_ring_layout, producer_flags, 32);
QUAD(token_ring_layout, consumer_flags, 40);
QUAD(token_ring_layout, ring, 48);

SIZE(token_ring_region, 960);
WORD(token_ring_region, magic, 0);
WORD(token_ring_region, version, 4);
QUAD(token_ring_region, region_bytes, 8);
QUAD(token_ring_region, features, 16);
WORD(token_ring_region, header_bytes, 24);
WORD(token_ring_region, ring_count, 28);
AT(token_ring_region, reserved, 32);
AT(token_ring_region, rings, 64);

SIZE(token_ring_frag, 32);
QUAD(token_ring_frag, frag_offset, 0);
WORD(token_ring_frag, frag_size, 8);
WORD(token_ring_frag, frag_token, 12);
QUAD(token_ring_frag, socket_cookie, 16);
WORD(token_ring_frag, flags, 24);
WORD(token_ring_frag, reserved, 28);

/* struct dmabuf_token of linux/uio.h, which older headers do not have. */
SIZE(token_ring_range, 8);
WORD(token_ring_range, token_start, 0);
WORD(token_ring_range, token_count, 4);

SIZE(token_ring_create, 48);
WORD(token_ring_create, delivery_entries, 0);
WORD(token_ring_create, return_entries, 4);
WORD(token_ring_create, binding, 8);
WORD(token_ring_create, flags, 12);
QUAD(token_ring_create, features, 16);
AT(token_ring_create, reserved, 24);

SIZE(token_ring_release, 16);
QUAD(token_ring_release, ranges, 0);
WORD(token_ring_release, count, 8);
WORD(token_ring_release, reserved, 12);

SIZE(token_ring_socket, 8);
WORD(token_ring_socket, fd, 0);
WORD(token_ring_socket, flags, 4);

SIZE(token_ring_counters, 64);
QUAD(token_ring_counters, delivered, 0);
QUAD(token_ring_counters, returned, 8);
QUAD(token_ring_counters, out_of_range, 16);
QUAD(token_ring_counters, not_held, 24);
QUAD(token_ring_counters, index_violations, 32);
QUAD(token_ring_counters, delivery_full, 40);
QUAD(token_ring_counters, starved, 48);
QUAD(token_ring_counters, reserved, 56);

/* Values that are stored in memory or passed to the kernel. */
ASSERT(TOKEN_RING_MAGIC == 0x474e5254);
ASSERT(TOKEN_RING_VERSION == 1);
ASSERT(TOKEN_RING_MAX_RINGS == 16);
ASSERT(TOKEN_RING_MAX_ENTRIES == 4194304);
ASSERT(TOKEN_RING_DELIVERY == 1 && TOKEN_RING_RETURN == 2);
ASSERT(TOKEN_RING_NEED_WAKEUP == 1 && TOKEN_RING_STARVED == 2);
ASSERT(TOKEN_RING_FEATURE_DELIVERY == 1);
ASSERT(TOKEN_RING_FRAG_LINEAR == 1 && TOKEN_RING_FRAG_LAST == 2 && TOKEN_RING_FRAG_END == 4);
ASSERT(TOKEN_RING_CLEANUP_LAST_USER == 0 && TOKEN_RING_CLEANUP_RING_CLOSE == 1);
ASSERT(TOKEN_RING_MAX_RANGES == 128 && TOKEN_RING_MAX_FRAGS == 1024);
ASSERT(TOKEN_RING_FLUSH == 1 && TOKEN_RING_KICK == 2 && TOKEN_RING_RELEASE == 3);
ASSERT(TOKEN_RING_ARM == 4 && TOKEN_RING_COUNTERS == 5);
ASSERT(TOKEN_RING_ATTACH == 6 && TOKEN_RING_DETACH == 7);

/* The kernel tells versions of an argument apart by the size in the number. */
ASSERT(_IOC_SIZE(TOKEN_RING_IOC_RELEASE) == 16 && _IOC_NR(TOKEN_RING_IOC_RELEASE) == 3);
ASSERT(_IOC_SIZE(TOKEN_RING_IOC_COUNTERS) == 64 && _IOC_NR(TOKEN_RING_IOC_COUNTERS) == 5);
ASSERT(_IOC_SIZE(TOKEN_RING_IOC_ATTACH) == 8 && _IOC_NR(TOKEN_RING_IOC_ATTACH) == 6);
ASSERT(_IOC_SIZE(TOKEN_RING_IOC_DETACH) == 8 && _IOC_NR(TOKEN_RING_IOC_DETACH) == 7);
ASSERT(_IOC_NR(TOKEN_RING_IOC_FLUSH) == 1 && _IOC_NR(TOKEN_RING_IOC_KICK) == 2);
ASSERT(_IOC_NR(TOKEN_RING_IOC_ARM) == 4 && _IOC_TYPE(TOKEN_RING_IOC_ARM) == TOKEN_RING_IOC);
