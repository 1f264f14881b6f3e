/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "ctokenring.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define MOST_DESCRIPTORS 2

static int make_address(const char *path, struct sockaddr_un *address)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	if (path[0] == 0)
		return -ENOENT;	/* an empty name would mean one that the kernel makes up */
	if (strlen(path) >= sizeof(address->sun_path))
		return -ENAMETOOLONG;
	strcpy(address->sun_path, path);
	return 0;
}

int ctr_serve_listen(const char *path, int backlog)
{
	struct sockaddr_un address;
	int fd, ret = make_address(path, &address);

	if (ret < 0)
		return ret;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		ret = -errno;
		close(fd);
		return ret;
	}
	if (listen(fd, backlog) < 0) {
		ret = -errno;
		unlink(path);
		close(fd);
		return ret;
	}
	return fd;
}

int ctr_serve_accept(int listener)
{
	int fd;

	do
		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
	return fd < 0 ? -errno : fd;
}

int ctr_serve_connect(const char *path)
{
	struct sockaddr_un address;
	int fd, ret = make_address(path, &address);

	if (ret < 0)
		return ret;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		ret = -errno;
		close(fd);
		return ret;
	}
	return fd;
}

ssize_t ctr_serve_send(int socket, const void *data, size_t length, const int *descriptors, int count)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int) * MOST_DESCRIPTORS)];
	} control = { 0 };
	struct iovec iov = { .iov_base = (void *)data, .iov_len = length };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };
	size_t bytes = sizeof(int) * (size_t)count;
	ssize_t ret;

	if (count < 0 || count > MOST_DESCRIPTORS)
		return -EINVAL;
	if (count > 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(bytes);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(bytes);
		memcpy(CMSG_DATA(&control.header), descriptors, bytes);
	}
	do
		ret = sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (ret < 0 && errno == EINTR);
	return ret < 0 ? -errno : ret;
}

ssize_t ctr_serve_receive(int socket, void *data, size_t capacity)
{
	struct pollfd pollfd = { .fd = socket, .events = POLLRDHUP };
	ssize_t ret;

	/* Without room for control messages the kernel drops descriptors that a stranger sends. */
	do
		ret = recv(socket, data, capacity, MSG_DONTWAIT | MSG_TRUNC);
	while (ret < 0 && errno == EINTR);
	if (ret < 0)
		return -errno;
	/* An empty message looks like the end. */
	if (ret == 0 && poll(&pollfd, 1, 0) > 0)
		return -ECONNRESET;
	return ret;
}

ssize_t ctr_serve_receive_with(int socket, void *data, size_t capacity, int *descriptors, int *count)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int) * MOST_DESCRIPTORS)];
	} control = { 0 };
	struct iovec iov = { .iov_base = data, .iov_len = capacity };
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.bytes, .msg_controllen = sizeof(control.bytes),
	};
	int received[MOST_DESCRIPTORS], found = 0;
	struct cmsghdr *header;
	ssize_t ret;

	do
		ret = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_TRUNC);
	while (ret < 0 && errno == EINTR);
	if (ret < 0)
		return -errno;
	header = CMSG_FIRSTHDR(&message);
	if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
		found = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(received, CMSG_DATA(header), sizeof(int) * (size_t)found);
	}
	if (found > *count) {
		while (found > 0)
			close(received[--found]);
		return -EMSGSIZE;
	}
	memcpy(descriptors, received, sizeof(int) * (size_t)found);
	*count = found;
	return ret;
}

int ctr_open_read_only(int fd)
{
	char path[32];
	int ret;

	/* A descriptor can be opened again through /proc; then the file's mode decides. */
	if (fchmod(fd, 0444) < 0)
		return -errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ret = open(path, O_RDONLY | O_CLOEXEC);
	return ret < 0 ? -errno : ret;
}
