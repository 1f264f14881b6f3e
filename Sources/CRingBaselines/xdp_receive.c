/* SPDX-License-Identifier: Apache-2.0 */
/* The receiver of `ringbench xdp rx` as a C programmer writes it with libxdp: its set-up calls, its inline helpers. It does the
 * same work as xdpReceiveLoop: the same checks, the same books on frames and batches, one wakeup question a batch.
 */
#define _GNU_SOURCE
#include "common.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xdp/xsk.h>

#ifndef XDP_PKT_CONTD
#define XDP_PKT_CONTD 1		/* Linux 6.6 */
#endif

struct crb_xdp {
	struct xsk_ring_prod fill;
	struct xsk_ring_cons completion, rx;
	struct xsk_umem *umem;
	struct xsk_socket *socket;
	char *memory;
	uint64_t bytes;
	uint32_t frames, chunk_shift;
	uint8_t *held;			/* 1: the kernel has this frame */
	uint64_t *batches;		/* how often a batch held how many packets */
	uint32_t *progress;		/* packets so far, for who paces by it */
	struct crb_xdp_seen seen;
};

static int fill_all(struct crb_xdp *x)
{
	uint32_t index;

	if (xsk_ring_prod__reserve(&x->fill, x->frames, &index) != x->frames)
		return -ENOSPC;
	for (uint32_t i = 0; i < x->frames; i++) {
		*xsk_ring_prod__fill_addr(&x->fill, index + i) = (uint64_t)i << x->chunk_shift;
		x->held[i] = 1;
	}
	xsk_ring_prod__submit(&x->fill, x->frames);
	return 0;
}

static int bind_socket(struct crb_xdp *x, const char *interface, uint32_t queue, uint32_t rx_entries, int xsks_map)
{
	struct xsk_socket_config config = {
		.rx_size = rx_entries,
		.libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD,
		.bind_flags = XDP_COPY | XDP_USE_NEED_WAKEUP,
	};
	int ret = 0;

	/* The queue's last owner is torn down behind its back: about two seconds. */
	for (unsigned int pause_us = 500; pause_us < 1024000; pause_us *= 2) {
		ret = xsk_socket__create(&x->socket, interface, queue, x->umem, &x->rx, NULL, &config);
		if (ret != -EBUSY)
			break;
		x->socket = NULL;
		usleep(pause_us);
	}
	return ret < 0 ? ret : xsk_socket__update_xskmap(x->socket, xsks_map);
}

int crb_xdp_open(struct crb_xdp **out, const char *interface, uint32_t queue, int xsks_map, uint32_t frames,
		 uint32_t chunk_bytes, uint32_t rx_entries)
{
	struct xsk_umem_config config = {
		.fill_size = frames * 2, .comp_size = 64, .frame_size = chunk_bytes,
	};
	struct crb_xdp *x = calloc(1, sizeof(*x));
	void *memory;
	int ret = -ENOMEM;

	if (!x)
		return -ENOMEM;
	x->frames = frames;
	x->chunk_shift = (uint32_t)__builtin_ctz(chunk_bytes);	/* a power of two */
	x->bytes = (uint64_t)frames * chunk_bytes;
	x->held = calloc(frames, 1);
	x->batches = calloc(frames + 1, sizeof(*x->batches));
	x->progress = aligned_alloc(64, 64);
	memory = mmap(NULL, x->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (x->held && x->batches && x->progress && memory != MAP_FAILED) {
		x->memory = memory;
		ret = xsk_umem__create(&x->umem, memory, x->bytes, &x->fill, &x->completion, &config);
		if (ret == 0)
			ret = fill_all(x);
		if (ret == 0)
			ret = bind_socket(x, interface, queue, rx_entries, xsks_map);
	}
	if (ret < 0) {
		crb_xdp_close(x);
		return ret;
	}
	*out = x;
	return 0;
}

void crb_xdp_close(struct crb_xdp *x)
{
	if (x->socket)
		xsk_socket__delete(x->socket);
	if (x->umem)
		xsk_umem__delete(x->umem);
	if (x->memory)
		munmap(x->memory, x->bytes);
	free(x->held);
	free(x->batches);
	free(x->progress);
	free(x);
}

int crb_xdp_descriptor(const struct crb_xdp *x)
{
	return xsk_socket__fd(x->socket);
}

struct crb_xdp_seen crb_xdp_seen(const struct crb_xdp *x)
{
	return x->seen;
}

/* Looks at one packet; the frame must be one that the kernel had. */
ALWAYS_INLINE void look(struct crb_xdp *x, const struct xdp_desc *desc)
{
	uint64_t end;

	if (__builtin_add_overflow(desc->addr, desc->len, &end) || end > x->bytes) {
		x->seen.bad++;
		return;
	}
	if (x->held[desc->addr >> x->chunk_shift] == 1)
		x->held[desc->addr >> x->chunk_shift] = 0;
	else
		x->seen.bad++;
	x->seen.frames += !(desc->options & XDP_PKT_CONTD);
	x->seen.bytes += desc->len;
}

uint64_t crb_xdp_drain(struct crb_xdp *x, uint32_t batch)
{
	uint64_t taken = 0;
	uint32_t rx_index, fill_index;

	for (;;) {
		uint32_t count = xsk_ring_cons__peek(&x->rx, batch, &rx_index), given = 0;

		if (count == 0)
			return taken;
		if (xsk_ring_prod__reserve(&x->fill, count, &fill_index) != count) {
			xsk_ring_cons__cancel(&x->rx, count);
			return taken;
		}
		for (uint32_t i = 0; i < count; i++)
			look(x, xsk_ring_cons__rx_desc(&x->rx, rx_index + i));
		for (uint32_t i = 0; i < count; i++) {
			uint64_t frame = xsk_ring_cons__rx_desc(&x->rx, rx_index + i)->addr >> x->chunk_shift;

			if (frame >= x->frames || x->held[frame])
				continue;
			x->held[frame] = 1;
			*xsk_ring_prod__fill_addr(&x->fill, fill_index + given++) = frame << x->chunk_shift;
		}
		xsk_ring_cons__release(&x->rx, count);
		xsk_ring_prod__submit(&x->fill, given);
		x->seen.returned += given;
		x->batches[count]++;
		__atomic_store_n(x->progress, (uint32_t)x->seen.frames, __ATOMIC_RELEASE);
		taken += count;
		if (xsk_ring_prod__needs_wakeup(&x->fill))
			recvfrom(crb_xdp_descriptor(x), NULL, 0, MSG_DONTWAIT, NULL, NULL);
	}
}
