/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The other side of the rings in plain C11, as a C program would write it from
 * token_ring.h alone; nothing else of this project is included or linked.
 *
 *   usage: CRingTestPeer FRAGMENTS	(a connected SOCK_SEQPACKET is fd 3)
 *
 * It receives a region and four eventfds over the socket, consumes FRAGMENTS
 * entries of delivery ring 0, checks every field of each, and returns their
 * tokens as ranges through return ring 1. Exit status: 0, or 1 with the reason
 * on stderr.
 *
 * Letters at the barriers are those of design/protocol.md and token_ring.h.
 */
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "token_ring.h"

#define SOCKET		3
#define BATCH		64
#define LONGEST_WAIT_S	60

/* The layout is the ABI. */
_Static_assert(sizeof(struct token_ring_frag) == 32, "fragment");
_Static_assert(offsetof(struct token_ring_frag, frag_offset) == 0, "fragment");
_Static_assert(offsetof(struct token_ring_frag, frag_size) == 8, "fragment");
_Static_assert(offsetof(struct token_ring_frag, frag_token) == 12, "fragment");
_Static_assert(offsetof(struct token_ring_frag, socket_cookie) == 16, "fragment");
_Static_assert(offsetof(struct token_ring_frag, flags) == 24, "fragment");
_Static_assert(offsetof(struct token_ring_frag, reserved) == 28, "fragment");

_Static_assert(sizeof(struct token_ring_range) == 8, "range");
_Static_assert(offsetof(struct token_ring_range, token_start) == 0, "range");
_Static_assert(offsetof(struct token_ring_range, token_count) == 4, "range");

_Static_assert(sizeof(struct token_ring_layout) == 56, "layout");
_Static_assert(offsetof(struct token_ring_layout, entry_bytes) == 4, "layout");
_Static_assert(offsetof(struct token_ring_layout, entries) == 8, "layout");
_Static_assert(offsetof(struct token_ring_layout, producer) == 16, "layout");
_Static_assert(offsetof(struct token_ring_layout, consumer) == 24, "layout");
_Static_assert(offsetof(struct token_ring_layout, producer_flags) == 32, "layout");
_Static_assert(offsetof(struct token_ring_layout, consumer_flags) == 40, "layout");
_Static_assert(offsetof(struct token_ring_layout, ring) == 48, "layout");

_Static_assert(sizeof(struct token_ring_region) == 64 + 16 * 56, "region");
_Static_assert(offsetof(struct token_ring_region, version) == 4, "region");
_Static_assert(offsetof(struct token_ring_region, region_bytes) == 8, "region");
_Static_assert(offsetof(struct token_ring_region, features) == 16, "region");
_Static_assert(offsetof(struct token_ring_region, header_bytes) == 24, "region");
_Static_assert(offsetof(struct token_ring_region, ring_count) == 28, "region");
_Static_assert(offsetof(struct token_ring_region, reserved) == 32, "region");
_Static_assert(offsetof(struct token_ring_region, rings) == 64, "region");

/* An atomic in shared memory must be the bare word, and without a lock. */
typedef _Atomic(__u32) shared_word;
_Static_assert(sizeof(shared_word) == 4 && _Alignof(shared_word) == 4, "word");
_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "word");

enum descriptor {
	REGION,
	DELIVERY_ENTRIES,	/* rings when the delivery ring has entries */
	DELIVERY_ROOM,		/* rings when it has room */
	RETURN_ENTRIES,
	RETURN_ROOM,
	DESCRIPTORS
};

static void fail(const char *what)
{
	fprintf(stderr, "CRingTestPeer: %s\n", what);
	exit(1);
}

static void fail_errno(const char *call)
{
	fprintf(stderr, "CRingTestPeer: %s: %s\n", call, strerror(errno));
	exit(1);
}

/* ---- one side of a ring ------------------------------------------------ */

struct ring {
	shared_word *own;	/* our index: written, never read back */
	shared_word *peer;	/* the other side's index: a hint, checked */
	shared_word *own_flags;
	shared_word *peer_flags;
	unsigned char *entries;
	__u32 size;
	__u32 index;		/* what *own holds */
	__u32 peer_seen;	/* what *peer held when last looked at */
	int own_bell;		/* we sleep on it */
	int peer_bell;		/* the peer sleeps on it */
};

static void *slot(const struct ring *ring, __u32 index, size_t entry_bytes)
{
	return ring->entries + (index & (ring->size - 1)) * entry_bytes;
}

/* Entries that a consumer may read. */
static __u32 available(struct ring *ring)
{
	if (ring->peer_seen == ring->index) {
		/* C: pairs with the producer's B. Without it an entry may be
		 * read before the index that publishes it.
		 */
		ring->peer_seen = atomic_load_explicit(ring->peer, memory_order_acquire);
		if (ring->peer_seen - ring->index > ring->size)
			fail("the producer claims more entries than the ring has");
	}
	return ring->peer_seen - ring->index;
}

/* Slots that a producer may write. */
static __u32 room(struct ring *ring)
{
	if (ring->index - ring->peer_seen == ring->size) {
		/* A: pairs with the consumer's D. Without it a slot may be
		 * overwritten before it was read.
		 */
		ring->peer_seen = atomic_load_explicit(ring->peer, memory_order_acquire);
		if (ring->index - ring->peer_seen > ring->size)
			fail("the consumer released more entries than there were");
	}
	return ring->size - (ring->index - ring->peer_seen);
}

/* Publishes (B) or releases (D) count entries, and wakes the peer if it asks. */
static void advance(struct ring *ring, __u32 count)
{
	const __u64 one = 1;

	ring->index += count;
	/* B/D: all reads and writes of the entries are done before the peer
	 * sees the index.
	 */
	atomic_store_explicit(ring->own, ring->index, memory_order_release);

	/* E: pairs with F in wait_for(). Without the fence the flag may be read
	 * before the index is stored: the peer finds nothing, sleeps, and
	 * nobody wakes it.
	 */
	atomic_thread_fence(memory_order_seq_cst);
	if (!(atomic_load_explicit(ring->peer_flags, memory_order_relaxed) & TOKEN_RING_NEED_WAKEUP))
		return;
	if (write(ring->peer_bell, &one, sizeof(one)) != sizeof(one))
		fail_errno("write(eventfd)");
}

static void sleep_on(int bell)
{
	struct pollfd pollfd = { .fd = bell, .events = POLLIN };
	__u64 count;
	int ready = poll(&pollfd, 1, LONGEST_WAIT_S * 1000);

	if (ready < 0 && errno != EINTR)
		fail_errno("poll");
	if (ready == 0)
		fail("nobody rang for a minute: a wakeup was lost or the peer is gone");
	/* Drain it; whether it rang for something, the index will tell. */
	if (read(bell, &count, sizeof(count)) < 0 && errno != EAGAIN && errno != EINTR)
		fail_errno("read(eventfd)");
}

/* Sleeps until ready() is not 0, and returns it. */
static __u32 wait_for(struct ring *ring, __u32 (*ready)(struct ring *))
{
	__u32 count;

	while ((count = ready(ring)) == 0) {
		atomic_store_explicit(ring->own_flags, TOKEN_RING_NEED_WAKEUP, memory_order_relaxed);
		/* F: pairs with E in advance(). Look again only when the flag
		 * is visible: whoever moves the index after this look sees it.
		 */
		atomic_thread_fence(memory_order_seq_cst);
		if (ready(ring) == 0)
			sleep_on(ring->own_bell);
		atomic_store_explicit(ring->own_flags, 0, memory_order_relaxed);
	}
	return count;
}

/* ---- the region -------------------------------------------------------- */

static void receive_descriptors(int descriptors[DESCRIPTORS])
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int) * DESCRIPTORS)];
	} control;
	char byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *header;
	ssize_t received = recvmsg(SOCKET, &message, 0);

	if (received < 0)
		fail_errno("recvmsg");
	header = CMSG_FIRSTHDR(&message);
	if (received == 0 || !header || header->cmsg_level != SOL_SOCKET ||
	    header->cmsg_type != SCM_RIGHTS || (message.msg_flags & MSG_CTRUNC) ||
	    header->cmsg_len != CMSG_LEN(sizeof(int) * DESCRIPTORS))
		fail("a region and four eventfds were expected on the socket");
	memcpy(descriptors, CMSG_DATA(header), sizeof(int) * DESCRIPTORS);
}

/* Maps the region and returns a checked copy of its header. */
static unsigned char *map_region(int fd, struct token_ring_region *header)
{
	struct stat status;
	unsigned char *base;
	shared_word *version;

	if (fstat(fd, &status) < 0)
		fail_errno("fstat");
	if ((size_t)status.st_size < sizeof(*header))
		fail("the region is smaller than its header");
	base = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (base == MAP_FAILED)
		fail_errno("mmap");

	/* The version is stored last, with release: acquire it first. */
	version = (shared_word *)(base + offsetof(struct token_ring_region, version));
	if (atomic_load_explicit(version, memory_order_acquire) != TOKEN_RING_VERSION)
		fail("unknown version");
	memcpy(header, base, sizeof(*header));
	if (header->magic != TOKEN_RING_MAGIC)
		fail("not a token ring region");
	if (header->region_bytes != (__u64)status.st_size)
		fail("region_bytes is not the size of the file");
	if (header->header_bytes != sizeof(*header))
		fail("the header is of another size");
	if (header->features & ~TOKEN_RING_FEATURE_DELIVERY)
		fail("unknown feature");
	if (header->ring_count > TOKEN_RING_MAX_RINGS)
		fail("too many rings");
	return base;
}

static bool word_fits(__u64 offset, __u64 region_bytes)
{
	return offset % sizeof(__u32) == 0 && offset <= region_bytes - sizeof(__u32);
}

/* Checks where ring number lies, before anything of it is touched. */
static const struct token_ring_layout *find_ring(const struct token_ring_region *header, __u32 number,
						 __u32 kind, __u32 entry_bytes)
{
	const struct token_ring_layout *layout = &header->rings[number];
	__u64 bytes = header->region_bytes;

	if (number >= header->ring_count)
		fail("there is no such ring");
	if (layout->kind != kind || layout->entry_bytes != entry_bytes || layout->reserved != 0)
		fail("the ring is of another kind");
	if (layout->entries == 0 || (layout->entries & (layout->entries - 1)) != 0 ||
	    layout->entries > TOKEN_RING_MAX_ENTRIES)
		fail("the number of entries is not a power of two");
	if (!word_fits(layout->producer, bytes) || !word_fits(layout->consumer, bytes) ||
	    !word_fits(layout->producer_flags, bytes) || !word_fits(layout->consumer_flags, bytes))
		fail("a shared word lies outside the region");
	if (layout->ring % sizeof(__u64) != 0 || layout->ring > bytes ||
	    (__u64)layout->entries * entry_bytes > bytes - layout->ring)
		fail("the entries lie outside the region");
	return layout;
}

static struct ring take_consumer(unsigned char *base, const struct token_ring_layout *layout,
				 int entries_bell, int room_bell)
{
	struct ring ring = {
		.own = (shared_word *)(base + layout->consumer),
		.peer = (shared_word *)(base + layout->producer),
		.own_flags = (shared_word *)(base + layout->consumer_flags),
		.peer_flags = (shared_word *)(base + layout->producer_flags),
		.entries = base + layout->ring,
		.size = layout->entries,
		.own_bell = entries_bell,
		.peer_bell = room_bell,
	};

	ring.index = atomic_load_explicit(ring.own, memory_order_relaxed);
	ring.peer_seen = ring.index;	/* nothing is known to be there */
	return ring;
}

static struct ring take_producer(unsigned char *base, const struct token_ring_layout *layout,
				 int entries_bell, int room_bell)
{
	struct ring ring = {
		.own = (shared_word *)(base + layout->producer),
		.peer = (shared_word *)(base + layout->consumer),
		.own_flags = (shared_word *)(base + layout->producer_flags),
		.peer_flags = (shared_word *)(base + layout->consumer_flags),
		.entries = base + layout->ring,
		.size = layout->entries,
		.own_bell = room_bell,
		.peer_bell = entries_bell,
	};

	ring.index = atomic_load_explicit(ring.own, memory_order_relaxed);
	ring.peer_seen = ring.index - ring.size;	/* nothing is known to be free */
	return ring;
}

/* ---- what this peer does ----------------------------------------------- */

/* Every field follows from the number; RingTestSupport computes the same. */
static void check_fragment(const struct token_ring_frag *frag, __u64 number)
{
	const __u64 offset = number * 0x9e3779b97f4a7c15ULL;

	if (frag->frag_offset == offset && frag->frag_size == (number & 0xffff) + 1 &&
	    frag->frag_token == (__u32)(number + (number >> 3)) && frag->socket_cookie == ~offset &&
	    frag->flags == ((number & 7) == 7 ? TOKEN_RING_FRAG_LAST : 0) && frag->reserved == 0)
		return;
	fprintf(stderr, "CRingTestPeer: fragment %llu is torn, lost or out of order: token %u\n",
		(unsigned long long)number, frag->frag_token);
	exit(1);
}

static void return_range(struct ring *returning, const struct token_ring_range *range)
{
	wait_for(returning, room);
	memcpy(slot(returning, returning->index, sizeof(*range)), range, sizeof(*range));
	advance(returning, 1);
}

/* Consumes one batch and returns its tokens, neighbours as one range. */
static __u32 consume_batch(struct ring *delivery, struct ring *returning, __u64 first, __u64 most)
{
	struct token_ring_range ranges[BATCH];
	struct token_ring_frag frag;
	__u32 count = wait_for(delivery, available);
	__u32 used = 0;

	if (count > BATCH)
		count = BATCH;
	if (count > most)
		fail("more fragments came than were announced");
	for (__u32 i = 0; i < count; i++) {
		/* Copy once, check the copy: a hostile producer may write the
		 * slot again.
		 */
		memcpy(&frag, slot(delivery, delivery->index + i, sizeof(frag)), sizeof(frag));
		check_fragment(&frag, first + i);
		if (used && frag.frag_token == ranges[used - 1].token_start + ranges[used - 1].token_count)
			ranges[used - 1].token_count++;
		else
			ranges[used++] = (struct token_ring_range){ frag.frag_token, 1 };
	}
	advance(delivery, count);
	for (__u32 i = 0; i < used; i++)
		return_range(returning, &ranges[i]);
	return count;
}

int main(int argc, char **argv)
{
	const __u64 fragments = argc == 2 ? strtoull(argv[1], NULL, 10) : 0;
	struct token_ring_region header;
	struct ring delivery, returning;
	int fds[DESCRIPTORS];
	unsigned char *base;

	if (fragments == 0)
		fail("usage: CRingTestPeer FRAGMENTS");
	alarm(2 * LONGEST_WAIT_S);	/* never outlive a test that was killed */

	receive_descriptors(fds);
	base = map_region(fds[REGION], &header);
	delivery = take_consumer(base,
				 find_ring(&header, 0, TOKEN_RING_DELIVERY, sizeof(struct token_ring_frag)),
				 fds[DELIVERY_ENTRIES], fds[DELIVERY_ROOM]);
	returning = take_producer(base,
				  find_ring(&header, 1, TOKEN_RING_RETURN, sizeof(struct token_ring_range)),
				  fds[RETURN_ENTRIES], fds[RETURN_ROOM]);

	for (__u64 done = 0; done < fragments;)
		done += consume_batch(&delivery, &returning, done, fragments - done);
	if (available(&delivery) != 0)
		fail("more fragments came than were announced");
	return 0;
}
