/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A consumer of one ring set: takes fragments from the delivery ring, reads their
 * payload, and gives the tokens back through the return ring.
 *
 *   usage: receive_and_return [-r] SOCKET [FRAGMENTS]
 *
 *   SOCKET	of `ringbench serve`
 *   FRAGMENTS	to receive; without it until every stream has ended
 *   -r		the rings only, as if the payload were in a device's memory
 *
 * While there is traffic it makes no system call. It calls the kernel
 *   to sleep	the delivery ring is empty			poll()
 *   KICK	it is empty, and the kernel had found it full
 *   FLUSH	the return ring is full
 *   RELEASE	it still is
 *   ARM	the kernel said that it had no buffers
 * Exit status: 0 when every byte was right and every token was taken back, 1 with
 * the reason on stderr, 2 for another usage.
 */
#include <stdlib.h>

#include "ring_set.h"
#include "stream.h"

#define BATCH	64			/* entries looked at in one go */
#define GATHER	TOKEN_RING_MAX_RANGES	/* ranges kept before they are returned */

struct consumer {
	struct ring_set set;
	__u64 position[TOKEN_RING_SERVE_MAX_SOCKETS];	/* of each socket's stream, in bytes */
	struct token_ring_range gathered[GATHER];
	__u32 gathered_count;
	__u64 received, bytes, wrong;
	__u32 ended;			/* streams */
	__u64 sleeps, kicks, flushes, releases, arms;
};

/* ---- giving back ------------------------------------------------------- */

/* Puts ranges into the return ring; how many found room, or -errno. */
static int put_ranges(struct ring *ring, const struct token_ring_range *ranges, __u32 count)
{
	int room = ring_reserve(ring, count);

	if (room <= 0)
		return room;
	for (int i = 0; i < room; i++)
		memcpy(ring_entry(ring, (__u32)i), &ranges[i], sizeof(ranges[i]));
	ring_advance(ring, (__u32)room);	/* B */
	return room;
}

/* The kernel looks into the return ring when it needs buffers and not before, so
 * there is nobody to wait for when it is full: a call makes it look. What still
 * finds no room, because the ring is that small, goes back by the call itself.
 */
static int give_back(struct consumer *consumer)
{
	struct ring_set *set = &consumer->set;
	const struct token_ring_range *ranges = consumer->gathered;
	__u32 left = consumer->gathered_count;
	int ret;

	for (int attempt = 0; left > 0 && attempt < 2; attempt++) {
		if (attempt > 0) {
			consumer->flushes++;
			ret = ring_set_call(set, TOKEN_RING_FLUSH, NULL, 0, NULL);
			if (ret < 0)
				return complain("FLUSH", -ret);
		}
		ret = put_ranges(&set->returns, ranges, left);
		if (ret < 0)
			return complain("the return ring's index cannot be", -ret);
		ranges += ret;
		left -= (__u32)ret;
	}
	if (left > 0) {
		/* At most 128 ranges and 1024 tokens a call: we gather no more
		 * ranges, and one has as many tokens as there were neighbours.
		 */
		__u32 tokens = 0;

		for (__u32 i = 0; i < left; i++)
			tokens += ranges[i].token_count;
		consumer->releases++;
		ret = ring_set_call(set, TOKEN_RING_RELEASE, ranges, left, NULL);
		if (ret < 0)
			return complain("RELEASE", -ret);
		if ((__u32)ret != tokens)
			return complain("RELEASE did not take every token", EPROTO);
	}
	consumer->gathered_count = 0;
	return 0;
}

/* Keeps a token for later; neighbours become one range. */
static int gather(struct consumer *consumer, __u32 token)
{
	if (consumer->gathered_count > 0) {
		struct token_ring_range *last = &consumer->gathered[consumer->gathered_count - 1];

		if (token == last->token_start + last->token_count &&
		    last->token_count < TOKEN_RING_MAX_FRAGS / GATHER) {
			last->token_count++;
			return 0;
		}
	}
	if (consumer->gathered_count == GATHER) {
		int ret = give_back(consumer);

		if (ret < 0)
			return ret;
	}
	consumer->gathered[consumer->gathered_count++] = (struct token_ring_range){ token, 1 };
	return 0;
}

/* ---- receiving --------------------------------------------------------- */

/* One fragment, as a copy that nobody else can change. */
static int take_fragment(struct consumer *consumer, const struct token_ring_frag *frag)
{
	const struct token_ring_serve_opened *opened = &consumer->set.opened;
	const __u64 number = frag->socket_cookie - opened->first_cookie;

	/* A flag that is not known may mean that the rest is not what it seems. */
	if (frag->flags & ~(TOKEN_RING_FRAG_LINEAR | TOKEN_RING_FRAG_LAST | TOKEN_RING_FRAG_END) ||
	    frag->reserved != 0)
		return complain("a fragment has a flag that is not known here", EPROTO);
	/* These bytes are in the socket: recv() them. Ours is in the server. */
	if (frag->flags & TOKEN_RING_FRAG_LINEAR)
		return complain("a fragment is not in the dmabuf", EOPNOTSUPP);
	if (number >= opened->sockets)
		return complain("a fragment is of no socket of ours", EPROTO);
	/* Behind all data of its socket. There is no token to return. */
	if (frag->flags & TOKEN_RING_FRAG_END) {
		consumer->ended++;
		return 0;
	}
	if (frag->frag_offset > opened->payload_bytes ||
	    frag->frag_size > opened->payload_bytes - frag->frag_offset)
		return complain("a fragment is not inside the dmabuf", EPROTO);

	if (consumer->set.payload &&
	    !stream_matches(opened->seed, frag->socket_cookie, consumer->position[number],
			    consumer->set.payload + frag->frag_offset, frag->frag_size))
		consumer->wrong++;
	consumer->position[number] += frag->frag_size;
	consumer->bytes += frag->frag_size;
	consumer->received++;
	return gather(consumer, frag->frag_token);
}

/* Takes what is in the delivery ring, `most` at the most; how many, or -errno. */
static int take_batch(struct consumer *consumer, __u32 most)
{
	struct ring *ring = &consumer->set.delivery;
	struct token_ring_frag frags[BATCH];
	int count = ring_peek(ring, most < BATCH ? most : BATCH);	/* C */
	int ret;

	if (count < 0)
		return complain("the delivery ring's index cannot be", -count);
	if (count == 0)
		return 0;
	for (int i = 0; i < count; i++)
		memcpy(&frags[i], ring_entry(ring, (__u32)i), sizeof(frags[i]));
	/* The slots go back as soon as they are copied. The payload does not: it is
	 * ours until we return its token.
	 */
	ring_advance(ring, (__u32)count);				/* D */
	for (int i = 0; i < count; i++) {
		ret = take_fragment(consumer, &frags[i]);
		if (ret < 0)
			return ret;
	}
	return count;
}

/* The kernel says once that it ran out of buffers. We have given back what we had;
 * who holds on to buffers for long would think again here.
 */
static int note_starvation(struct consumer *consumer)
{
	int ret;

	if (!(atomic_load_explicit(consumer->set.returns.peer_flags, memory_order_relaxed) & TOKEN_RING_STARVED))
		return 0;
	consumer->arms++;
	ret = ring_set_call(&consumer->set, TOKEN_RING_ARM, NULL, 0, NULL);
	return ret < 0 ? complain("ARM", -ret) : 0;
}

/* Nothing is in the delivery ring. If the kernel found it full before, it has more
 * and waits for a call; we have made all the room that there can be. After each
 * release the call would be as frequent as recvmsg() was.
 */
static int wait_for_fragments(struct consumer *consumer)
{
	int ret;

	if (ring_peer_asks(&consumer->set.delivery)) {			/* E */
		consumer->kicks++;
		ret = ring_set_call(&consumer->set, TOKEN_RING_KICK, NULL, 0, NULL);
		if (ret < 0)
			return complain("KICK", -ret);
		if (ret > 0)
			return 0;
	}
	consumer->sleeps++;
	return ring_set_sleep(&consumer->set);				/* F */
}

/* Receives until every stream has ended, or so many fragments. */
static int consume(struct consumer *consumer, __u64 fragments)
{
	int ret;

	while (consumer->ended < consumer->set.opened.sockets && consumer->received < fragments) {
		const __u64 left = fragments - consumer->received;

		ret = take_batch(consumer, left > BATCH ? BATCH : (__u32)left);
		if (ret < 0)
			return ret;
		if (ret > 0)
			continue;
		/* No buffer is kept over a sleep: the kernel may have nothing to
		 * deliver because we have all of them.
		 */
		ret = give_back(consumer);
		if (ret == 0)
			ret = note_starvation(consumer);
		if (ret < 0)
			return ret;
		ret = wait_for_fragments(consumer);
		if (ret < 0)
			return ret;
	}
	return give_back(consumer);
}

/* ---- the end ----------------------------------------------------------- */

static int report(struct consumer *consumer)
{
	struct token_ring_counters counters;
	int ret = ring_set_call(&consumer->set, TOKEN_RING_FLUSH, NULL, 0, NULL);

	if (ret >= 0)
		ret = ring_set_call(&consumer->set, TOKEN_RING_COUNTERS, NULL, 0, &counters);
	if (ret < 0)
		return complain("the last calls", -ret);
	printf("%llu fragments, %llu bytes, %llu fragments wrong%s\n", consumer->received, consumer->bytes,
	       consumer->wrong, consumer->set.payload ? "" : ", payload not mapped");
	printf("%llu sleeps, %llu kicks, %llu flushes, %llu releases, %llu arms\n", consumer->sleeps,
	       consumer->kicks, consumer->flushes, consumer->releases, consumer->arms);
	printf("kernel: %llu delivered, %llu returned, %llu out of range, %llu not held, %llu index violations, "
	       "%llu times full, %llu times starved\n", counters.delivered, counters.returned,
	       counters.out_of_range, counters.not_held, counters.index_violations, counters.delivery_full,
	       counters.starved);
	if (consumer->wrong > 0)
		return complain("payload is not what was sent", EBADMSG);
	if (counters.returned != consumer->received)
		return complain("not every token was taken back", EBADMSG);
	return 0;
}

int main(int argc, char **argv)
{
	const bool rings_only = argc > 1 && strcmp(argv[1], "-r") == 0;
	char **words = argv + (rings_only ? 2 : 1);
	const int count = argc - (rings_only ? 2 : 1);
	static struct consumer consumer;
	__u64 fragments = ~0ULL;
	char *end = "";
	int ret;

	if (count == 2)
		fragments = strtoull(words[1], &end, 10);
	if (count < 1 || count > 2 || *end != 0) {
		fprintf(stderr, "usage: receive_and_return [-r] SOCKET [FRAGMENTS]\n");
		return 2;
	}
	ret = ring_set_open(&consumer.set, words[0], 0, !rings_only);
	if (ret < 0)
		return 1;
	ret = consume(&consumer, fragments);
	if (ret == 0)
		ret = report(&consumer);
	ring_set_close(&consumer.set);
	return ret < 0 ? 1 : 0;
}
