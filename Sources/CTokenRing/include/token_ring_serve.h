/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages between `ringbench serve` and its consumers. They stand in for what
 * a kernel would offer through system calls; they are NOT part of the proposed
 * UAPI, which is token_ring.h.
 *
 *   here                                    in a kernel
 *   connect() and struct .._open            the binding's owner makes a ring set
 *                                           and hands its descriptor over
 *   struct .._call, then struct .._answer   ioctl() on that descriptor
 *   poll() on the connection                poll() on that descriptor
 *   mmap() of the region's descriptor       mmap() of that descriptor
 *   close() of the connection, or its end   close() of that descriptor, or its end
 *
 * The socket is AF_UNIX, SOCK_SEQPACKET: each struct is one message, in the
 * byte order and layout of this machine. Errors are -errno in the result.
 */
#ifndef TOKEN_RING_SERVE_H
#define TOKEN_RING_SERVE_H

#include "token_ring.h"

#define TOKEN_RING_SERVE_VERSION	1

/* Flags of struct token_ring_serve_open. */
#define TOKEN_RING_SERVE_PAYLOAD	(1U << 0)	/* hand the dmabuf over too, to be read */

/* Sockets that one ring set can be given. */
#define TOKEN_RING_SERVE_MAX_SOCKETS	64

/* First message of a connection. */
struct token_ring_serve_open {
	__u32 version;		/* TOKEN_RING_SERVE_VERSION */
	__u32 flags;		/* TOKEN_RING_SERVE_*; -EINVAL for an unknown bit */
	__u32 sockets;		/* that the ring set delivers for; 0: as many as --flows says */
	__u32 reserved;		/* 0 */
};

/* Its answer. With it come, by SCM_RIGHTS, the region's descriptor and, if it
 * was asked for, the dmabuf's, which can be mapped for reading only. When the
 * result is -errno nothing comes, and the connection is closed.
 *
 * The sockets are attached: there is no file descriptor of a TCP socket that could
 * be. Their streams are made up (Examples/stream.h says how), so that a consumer
 * can tell each byte; they end with TOKEN_RING_FRAG_END, if --tokens says so.
 */
struct token_ring_serve_opened {
	__s32 result;		/* 0 or -errno */
	__u32 sockets;		/* given: first_cookie, first_cookie + 1, ... */
	__u64 first_cookie;	/* SO_COOKIE of the first */
	__u64 payload_bytes;	/* of the dmabuf */
	__u64 seed;		/* of the streams */
	struct token_ring_create granted;
};

/* A call. Ranges follow the head for TOKEN_RING_RELEASE only, and exactly count
 * of them; the message ends behind the last.
 */
struct token_ring_serve_call {
	__u32 call;		/* enum token_ring_call: -EOPNOTSUPP for ATTACH and
				 * DETACH, -ENOTTY for what is none
				 */
	__u32 count;		/* of ranges, 1 to TOKEN_RING_MAX_RANGES; otherwise 0 */
	struct token_ring_range ranges[TOKEN_RING_MAX_RANGES];
};

/* Bytes of a call with no ranges. */
#define TOKEN_RING_SERVE_CALL_HEAD	8

/* One answer to each call, in order. Calls that are made before the last answer
 * was read wait in the socket.
 */
struct token_ring_serve_answer {
	__u32 call;		/* that is answered, or TOKEN_RING_SERVE_WAKEUP */
	__s32 result;		/* a count or -errno */
	struct token_ring_counters counters;	/* of TOKEN_RING_COUNTERS, otherwise 0 */
};

/* Not an answer: something was put into the delivery ring after its consumer had
 * set TOKEN_RING_NEED_WAKEUP. It makes poll() say POLLIN and means nothing else.
 * It may come between a call and its answer, more than once, and also late. None
 * comes while the socket is full of what was not read: then POLLIN is said anyway.
 * Nothing is sent for TOKEN_RING_STARVED: a socket cannot say POLLPRI.
 */
#define TOKEN_RING_SERVE_WAKEUP		0

#endif /* TOKEN_RING_SERVE_H */
