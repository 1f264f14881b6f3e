/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "ctokenring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int ctr_pidfd_open(pid_t process)
{
	long fd = syscall(SYS_pidfd_open, process, 0);

	return fd < 0 ? -errno : (int)fd;
}

int ctr_socket_peer(int socket)
{
	struct ucred credentials;
	socklen_t length = sizeof(credentials);

	if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &length) < 0)
		return -errno;
	return credentials.pid;
}

/* A descriptor that was handed over shares its opening, and so its locks, with the sender's. */
int ctr_reopen(int fd)
{
	char path[sizeof("/proc/self/fd/") + 3 * sizeof(fd)];
	int opened;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	opened = open(path, O_RDWR | O_CLOEXEC);
	return opened < 0 ? -errno : opened;
}

static struct flock one_byte(off_t byte)
{
	return (struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };
}

int ctr_lock_byte(int fd, off_t byte)
{
	struct flock lock = one_byte(byte);

	return fcntl(fd, F_OFD_SETLK, &lock) < 0 ? (errno == EACCES ? -EAGAIN : -errno) : 0;
}

int ctr_byte_is_locked(int fd, off_t byte)
{
	struct flock lock = one_byte(byte);

	return fcntl(fd, F_OFD_GETLK, &lock) < 0 ? -errno : lock.l_type != F_UNLCK;
}
