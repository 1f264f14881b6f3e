/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ring set: how a consumer comes by it, checks it, and calls the kernel.
 *
 * Here `ringbench serve` is the kernel, and messages on a Unix socket stand in
 * for ioctl() and poll() on the ring set's descriptor (token_ring_serve.h). In a
 * kernel ring_set_call() is one ioctl(), ring_set_sleep() one poll(), and
 * ring_set_open() begins with a descriptor that the binding's owner handed over.
 *
 * Functions return 0 or a count, or -errno after a line on stderr.
 */
#ifndef EXAMPLES_RING_SET_H
#define EXAMPLES_RING_SET_H

#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "ring.h"
#include "token_ring_serve.h"

struct ring_set {
	int descriptor;			/* calls and poll() */
	unsigned char *region;		/* the mapping that the rings are in */
	size_t region_bytes;
	const unsigned char *payload;	/* the dmabuf, or NULL */
	struct ring delivery;
	struct ring returns;
	struct token_ring_serve_opened opened;
};

static inline int complain(const char *what, int error)
{
	fprintf(stderr, "%s: %s\n", what, strerror(error));
	return -error;
}

/* ---- calls ------------------------------------------------------------- */

/* ioctl(): flush, kick, arm, counters, or release with `count` ranges. */
static inline int ring_set_call(struct ring_set *set, __u32 call, const struct token_ring_range *ranges,
				__u32 count, struct token_ring_counters *counters)
{
	struct token_ring_serve_call message = { .call = call, .count = count };
	struct token_ring_serve_answer answer;
	ssize_t ret;

	if (count > TOKEN_RING_MAX_RANGES)
		return complain("too many ranges for one call", EINVAL);
	if (count > 0)
		memcpy(message.ranges, ranges, count * sizeof(*ranges));
	do
		ret = send(set->descriptor, &message, TOKEN_RING_SERVE_CALL_HEAD + count * sizeof(*ranges),
			   MSG_NOSIGNAL);
	while (ret < 0 && errno == EINTR);
	if (ret < 0)
		return complain("send", errno);
	do {
		ret = recv(set->descriptor, &answer, sizeof(answer), 0);
		if (ret < 0 && errno != EINTR)
			return complain("recv", errno);
		if (ret == 0)
			return complain("the kernel's process went away", ECONNRESET);
		/* Wakeups come in between; we are awake. */
	} while (ret != (ssize_t)sizeof(answer) || answer.call != call);
	if (counters)
		*counters = answer.counters;
	return answer.result;
}

/* Takes wakeups off the socket, or the next poll() returns at once. */
static inline int drain_wakeups(struct ring_set *set)
{
	struct token_ring_serve_answer wakeup;

	for (;;) {
		ssize_t ret = recv(set->descriptor, &wakeup, sizeof(wakeup), MSG_DONTWAIT);

		if (ret == 0)
			return complain("the kernel's process went away", ECONNRESET);
		if (ret < 0 && errno == EAGAIN)
			return 0;
		if (ret < 0 && errno != EINTR)
			return complain("recv", errno);
	}
}

/* poll(): sleeps until the delivery ring has something. May return early; look. */
static inline int ring_set_sleep(struct ring_set *set)
{
	struct pollfd pollfd = { .fd = set->descriptor, .events = POLLIN };
	int ret = 0;

	if (ring_may_sleep(&set->delivery)) {
		if (poll(&pollfd, 1, -1) < 0 && errno != EINTR)
			ret = complain("poll", errno);
		else
			ret = drain_wakeups(set);
	}
	ring_awake(&set->delivery);
	return ret;
}

/* ---- what the region says, checked before it is used ------------------- */

static inline bool word_is_inside(__u64 offset, __u64 region_bytes)
{
	return offset % sizeof(__u32) == 0 && offset >= sizeof(struct token_ring_region) &&
	       offset <= region_bytes - sizeof(__u32);
}

static inline bool layout_is_sound(const struct token_ring_layout *layout, __u64 region_bytes)
{
	__u32 entry_bytes;

	switch (layout->kind) {
	case TOKEN_RING_DELIVERY:
		entry_bytes = sizeof(struct token_ring_frag);
		break;
	case TOKEN_RING_RETURN:
		entry_bytes = sizeof(struct token_ring_range);
		break;
	default:
		return false;
	}
	return layout->entry_bytes == entry_bytes && layout->reserved == 0 &&
	       layout->entries != 0 && (layout->entries & (layout->entries - 1)) == 0 &&
	       layout->entries <= TOKEN_RING_MAX_ENTRIES &&
	       word_is_inside(layout->producer, region_bytes) &&
	       word_is_inside(layout->consumer, region_bytes) &&
	       word_is_inside(layout->producer_flags, region_bytes) &&
	       word_is_inside(layout->consumer_flags, region_bytes) &&
	       layout->ring % sizeof(__u64) == 0 && layout->ring >= sizeof(struct token_ring_region) &&
	       layout->ring <= region_bytes &&
	       (__u64)layout->entries * entry_bytes <= region_bytes - layout->ring;
}

/* A region that is not wholly understood is refused: what we do not know of it
 * may change what we believe to know.
 */
static inline const char *find_fault(const struct token_ring_region *header, __u64 region_bytes)
{
	if (header->magic != TOKEN_RING_MAGIC)
		return "magic: not a token ring region";
	if (header->version != TOKEN_RING_VERSION)
		return "version: not known here";
	if (header->region_bytes != region_bytes)
		return "region_bytes: not what can be mapped";
	if (header->header_bytes != sizeof(*header))
		return "header_bytes: not known here";
	if (header->features & ~TOKEN_RING_FEATURE_DELIVERY)
		return "features: a bit that is not known here";
	for (int i = 0; i < 4; i++)
		if (header->reserved[i] != 0)
			return "reserved: not 0";
	if (header->ring_count == 0 || header->ring_count > TOKEN_RING_MAX_RINGS)
		return "ring_count: none or too many";
	for (__u32 i = 0; i < header->ring_count; i++)
		if (!layout_is_sound(&header->rings[i], region_bytes))
			return "rings: one of an unknown kind, or not inside the region";
	return NULL;
}

/* Takes the consumer's end of a delivery ring, the producer's of a return ring. */
static inline void take_ring(struct ring *ring, unsigned char *base, const struct token_ring_layout *layout)
{
	const bool consumes = layout->kind == TOKEN_RING_DELIVERY;

	ring->own = (shared_word *)(base + (consumes ? layout->consumer : layout->producer));
	ring->peer = (shared_word *)(base + (consumes ? layout->producer : layout->consumer));
	ring->own_flags = (shared_word *)(base + (consumes ? layout->consumer_flags : layout->producer_flags));
	ring->peer_flags = (shared_word *)(base + (consumes ? layout->producer_flags : layout->consumer_flags));
	ring->entries = base + layout->ring;
	ring->entry_bytes = layout->entry_bytes;
	ring->size = layout->entries;
	/* Not always 0: another process may have had the ring before us. */
	ring->index = atomic_load_explicit(ring->own, memory_order_relaxed);
	/* Nothing is known of the other side: nothing to read, no room to write. */
	ring->peer_seen = consumes ? ring->index : ring->index - ring->size;
}

static inline int map_region(struct ring_set *set, int fd)
{
	struct token_ring_region header;
	struct stat status;
	const char *fault;
	shared_word *version;

	if (fstat(fd, &status) < 0)
		return complain("fstat", errno);
	if ((size_t)status.st_size < sizeof(header))
		return complain("the region is smaller than its header", EPROTO);
	set->region_bytes = (size_t)status.st_size;
	set->region = mmap(NULL, set->region_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (set->region == MAP_FAILED) {
		set->region = NULL;
		return complain("mmap of the region", errno);
	}
	/* The version was stored last, with release: when it is there, all is. Then
	 * one copy, and only the copy is looked at.
	 */
	version = (shared_word *)(set->region + offsetof(struct token_ring_region, version));
	header.version = atomic_load_explicit(version, memory_order_acquire);
	if (header.version != TOKEN_RING_VERSION)
		return complain("the region's version is not known here", EPROTO);
	memcpy(&header, set->region, sizeof(header));
	fault = find_fault(&header, set->region_bytes);
	if (fault)
		return complain(fault, EPROTO);
	/* By kind, wherever they are; the first of each. */
	for (__u32 i = 0; i < header.ring_count; i++) {
		struct ring *ring = header.rings[i].kind == TOKEN_RING_DELIVERY ? &set->delivery : &set->returns;

		if (!ring->own)
			take_ring(ring, set->region, &header.rings[i]);
	}
	if (!set->delivery.own || !set->returns.own)
		return complain("the region lacks a delivery or a return ring", EPROTO);
	return 0;
}

/* ---- coming by one ----------------------------------------------------- */

/* Receives the answer and up to two descriptors; how many came. */
static inline int receive_opened(struct ring_set *set, int fds[2])
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(2 * sizeof(int))];
	} control;
	struct iovec iov = { .iov_base = &set->opened, .iov_len = sizeof(set->opened) };
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *header;
	size_t count = 0;
	ssize_t ret;

	do
		ret = recvmsg(set->descriptor, &message, MSG_CMSG_CLOEXEC);
	while (ret < 0 && errno == EINTR);
	if (ret < 0)
		return complain("recvmsg", errno);
	header = CMSG_FIRSTHDR(&message);
	if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
		count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fds, CMSG_DATA(header), count * sizeof(int));
	}
	if (ret == (ssize_t)sizeof(set->opened) && set->opened.result < 0)
		return complain("no ring set was given", -set->opened.result);
	if (ret != (ssize_t)sizeof(set->opened) || count == 0 ||
	    set->opened.sockets > TOKEN_RING_SERVE_MAX_SOCKETS) {
		while (count > 0)
			close(fds[--count]);
		return complain("the answer is not one of ringbench serve", EPROTO);
	}
	return (int)count;
}

static inline int map_payload(struct ring_set *set, int fd)
{
	/* For reading: the descriptor allows no more. The NIC writes there. */
	void *payload = mmap(NULL, set->opened.payload_bytes, PROT_READ, MAP_SHARED, fd, 0);

	if (payload == MAP_FAILED)
		return complain("mmap of the payload", errno);
	set->payload = payload;
	return 0;
}

/* The kernel takes back what we hold, when and as the binding's clean-up mode
 * says. An exit or a kill does the same.
 */
static inline void ring_set_close(struct ring_set *set)
{
	if (set->payload)
		munmap((void *)set->payload, set->opened.payload_bytes);
	if (set->region)
		munmap(set->region, set->region_bytes);
	if (set->descriptor >= 0)
		close(set->descriptor);
	set->payload = NULL;
	set->region = NULL;
	set->descriptor = -1;
}

/* Asks the server at `path` for a ring set over so many sockets, 0 for as many as
 * it likes. Payload that is in device memory cannot be mapped, and need not be:
 * without it the rings are all that is handed over.
 */
static inline int ring_set_open(struct ring_set *set, const char *path, __u32 sockets, bool with_payload)
{
	struct token_ring_serve_open ask = {
		.version = TOKEN_RING_SERVE_VERSION, .sockets = sockets,
		.flags = with_payload ? TOKEN_RING_SERVE_PAYLOAD : 0,
	};
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fds[2], count, ret;

	memset(set, 0, sizeof(*set));
	set->descriptor = -1;
	if (strlen(path) >= sizeof(address.sun_path))
		return complain(path, ENAMETOOLONG);
	strcpy(address.sun_path, path);
	set->descriptor = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (set->descriptor < 0)
		return complain("socket", errno);
	if (connect(set->descriptor, (struct sockaddr *)&address, sizeof(address)) < 0) {
		ret = complain(path, errno);
		goto failed;
	}
	if (send(set->descriptor, &ask, sizeof(ask), MSG_NOSIGNAL) < 0) {
		ret = complain("send", errno);
		goto failed;
	}
	ret = count = receive_opened(set, fds);
	if (ret < 0)
		goto failed;
	ret = map_region(set, fds[0]);
	if (ret == 0 && count > 1)
		ret = map_payload(set, fds[1]);
	if (ret == 0 && with_payload && !set->payload)
		ret = complain("the payload was not handed over", EPROTO);
	/* The mappings stay. */
	while (count > 0)
		close(fds[--count]);
	if (ret == 0)
		return 0;
failed:
	ring_set_close(set);
	return ret;
}

#endif
