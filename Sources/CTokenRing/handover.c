/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "ctokenring.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST_DESCRIPTORS 16

union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int) * MOST_DESCRIPTORS)];
};

int ctr_socketpair(int out[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, out) < 0 ? -errno : 0;
}

int ctr_send_descriptors(int socket, const int *descriptors, int count)
{
	char byte = (char)count;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	union control control = { 0 };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes };
	size_t length = sizeof(int) * (size_t)count;
	ssize_t ret;

	if (count < 1 || count > MOST_DESCRIPTORS)
		return -EINVAL;
	message.msg_controllen = CMSG_SPACE(length);
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(length);
	memcpy(CMSG_DATA(&control.header), descriptors, length);
	do
		ret = sendmsg(socket, &message, MSG_NOSIGNAL);
	while (ret < 0 && errno == EINTR);
	return ret < 0 ? -errno : 0;
}

int ctr_receive_descriptors(int socket, int *descriptors, int capacity)
{
	char byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	union control control = { 0 };
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.bytes, .msg_controllen = sizeof(control.bytes),
	};
	int received[MOST_DESCRIPTORS];
	struct cmsghdr *header;
	int count = 0;
	ssize_t ret;

	do
		ret = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	while (ret < 0 && errno == EINTR);
	if (ret < 0)
		return -errno;
	if (ret == 0)
		return -ECONNRESET;
	header = CMSG_FIRSTHDR(&message);
	if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
		count = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(received, CMSG_DATA(header), sizeof(int) * (size_t)count);
	}
	if (count > capacity || (message.msg_flags & MSG_CTRUNC)) {
		while (count > 0)
			close(received[--count]);
		return -EMSGSIZE;
	}
	memcpy(descriptors, received, sizeof(int) * (size_t)count);
	return count;
}
