/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several consumers of one binding: a thread each, with a ring set each.
 *
 *   usage: several_consumers SOCKET THREADS
 *
 * A ring has one producer and one consumer. Threads that shared one would need a
 * lock around every batch; a ring set of its own costs a thread some pages, and
 * the ring sets share the binding's buffers. Nothing below is shared, so there is
 * no lock. The loop is the shortest that is correct: it returns each batch before
 * it looks for the next. receive_and_return.c has the slow paths in full.
 *
 * Exit status: 0 when every byte was right and every token was taken back, 1 with
 * the reason on stderr, 2 for another usage.
 */
#include <pthread.h>
#include <stdlib.h>

#include "ring_set.h"
#include "stream.h"

#define BATCH		64
#define MOST_THREADS	32

struct worker {
	pthread_t thread;
	const char *path;
	struct ring_set set;
	__u64 received, wrong, position;
	bool ended;
	struct token_ring_counters counters;
	int result;
};

/* One batch there and back; how many entries, or -errno. */
static int turn(struct worker *worker)
{
	struct ring_set *set = &worker->set;
	struct token_ring_range ranges[BATCH];
	struct token_ring_frag frag;
	int count = ring_peek(&set->delivery, BATCH);	/* C */
	int tokens = 0, done = 0, ret;

	if (count <= 0)
		return count;
	for (int i = 0; i < count; i++) {
		memcpy(&frag, ring_entry(&set->delivery, (__u32)i), sizeof(frag));
		if (frag.flags & TOKEN_RING_FRAG_END) {
			worker->ended = true;
			break;	/* one socket a ring set: nothing is behind it */
		}
		if (frag.flags & ~TOKEN_RING_FRAG_LAST || frag.frag_size > set->opened.payload_bytes ||
		    frag.frag_offset > set->opened.payload_bytes - frag.frag_size)
			return -EPROTO;
		if (!stream_matches(set->opened.seed, frag.socket_cookie, worker->position,
				    set->payload + frag.frag_offset, frag.frag_size))
			worker->wrong++;
		worker->position += frag.frag_size;
		ranges[tokens++] = (struct token_ring_range){ frag.frag_token, 1 };
	}
	ring_advance(&set->delivery, (__u32)count);	/* D */
	while (done < tokens) {
		int room = ring_reserve(&set->returns, (__u32)(tokens - done));	/* A */

		if (room < 0)
			return room;
		for (int i = 0; i < room; i++)
			memcpy(ring_entry(&set->returns, (__u32)i), &ranges[done + i], sizeof(ranges[0]));
		ring_advance(&set->returns, (__u32)room);			/* B */
		done += room;
		if (done == tokens)
			break;
		/* After a flush there is room for a ring full. */
		ret = ring_set_call(set, TOKEN_RING_FLUSH, NULL, 0, NULL);
		if (ret < 0)
			return ret;
	}
	worker->received += (__u64)tokens;
	return count;
}

static int work(struct worker *worker)
{
	struct ring_set *set = &worker->set;
	int ret = ring_set_open(set, worker->path, 1, true);

	if (ret < 0)
		return ret;
	while (!worker->ended) {
		ret = turn(worker);
		if (ret == 0 && ring_peer_asks(&set->delivery))	/* E: the kernel had found it full */
			ret = ring_set_call(set, TOKEN_RING_KICK, NULL, 0, NULL);
		if (ret == 0)
			ret = ring_set_sleep(set);		/* F */
		if (ret < 0)
			return complain("consumer", -ret);
	}
	ret = ring_set_call(set, TOKEN_RING_FLUSH, NULL, 0, NULL);
	if (ret >= 0)
		ret = ring_set_call(set, TOKEN_RING_COUNTERS, NULL, 0, &worker->counters);
	if (ret < 0)
		return complain("the last calls", -ret);
	if (worker->wrong > 0 || worker->counters.returned != worker->received)
		return complain("a byte is wrong, or a token was not taken back", EBADMSG);
	return 0;
}

static void *start(void *argument)
{
	struct worker *worker = argument;

	worker->result = work(worker);
	ring_set_close(&worker->set);
	return NULL;
}

int main(int argc, char **argv)
{
	static struct worker workers[MOST_THREADS];
	const int wanted = argc == 3 ? atoi(argv[2]) : 0;
	int started = 0, result = 0;

	if (wanted < 1 || wanted > MOST_THREADS) {
		fprintf(stderr, "usage: several_consumers SOCKET THREADS, 1 to %d of them\n", MOST_THREADS);
		return 2;
	}
	for (; started < wanted; started++) {
		workers[started].path = argv[1];
		errno = pthread_create(&workers[started].thread, NULL, start, &workers[started]);
		if (errno) {
			result = complain("pthread_create", errno);
			break;
		}
	}
	for (int i = 0; i < started; i++) {
		pthread_join(workers[i].thread, NULL);
		printf("consumer %d: %llu fragments, %llu wrong; kernel: %llu delivered, %llu returned\n", i + 1,
		       workers[i].received, workers[i].wrong, workers[i].counters.delivered,
		       workers[i].counters.returned);
		if (workers[i].result < 0)
			result = workers[i].result;
	}
	return result < 0 ? 1 : 0;
}
