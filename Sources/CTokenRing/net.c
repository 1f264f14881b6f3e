/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "ctokenring_net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int ctr_unshare_network(void)
{
	return unshare(CLONE_NEWNET) < 0 ? -errno : 0;
}

int ctr_enter_network(int fd)
{
	return setns(fd, CLONE_NEWNET) < 0 ? -errno : 0;
}

int ctr_open_own_network(void)
{
	int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int interface_ioctl(const char *name, unsigned long request, struct ifreq *ifr)
{
	int fd, ret;

	if (strlen(name) >= IFNAMSIZ)
		return -ENODEV;
	strcpy(ifr->ifr_name, name);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	ret = ioctl(fd, request, ifr) < 0 ? -errno : 0;
	close(fd);
	return ret;
}

int ctr_interface_running(const char *name)
{
	struct ifreq ifr = { 0 };
	int ret = interface_ioctl(name, SIOCGIFFLAGS, &ifr);

	if (ret < 0)
		return ret;
	return (ifr.ifr_flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING);
}

int ctr_interface_driver(const char *name, struct ctr_driver *driver)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	struct ifreq ifr = { .ifr_data = (char *)&info };
	int ret = interface_ioctl(name, SIOCETHTOOL, &ifr);

	memcpy(driver->name, info.driver, sizeof(driver->name));
	memcpy(driver->version, info.version, sizeof(driver->version));
	memcpy(driver->firmware, info.fw_version, sizeof(driver->firmware));
	memcpy(driver->bus, info.bus_info, sizeof(driver->bus));
	return ret;
}

int ctr_interface_queues(const char *name)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };
	struct ifreq ifr = { .ifr_data = (char *)&channels };
	int ret = interface_ioctl(name, SIOCETHTOOL, &ifr);

	return ret < 0 ? ret : (int)(channels.rx_count + channels.combined_count);
}

int ctr_interface_ring_sizes(const char *name, struct ctr_ring_sizes *sizes)
{
	struct ethtool_ringparam rings = { .cmd = ETHTOOL_GRINGPARAM };
	struct ifreq ifr = { .ifr_data = (char *)&rings };
	int ret = interface_ioctl(name, SIOCETHTOOL, &ifr);

	*sizes = (struct ctr_ring_sizes){
		.rx = rings.rx_pending, .tx = rings.tx_pending,
		.rx_max = rings.rx_max_pending, .tx_max = rings.tx_max_pending,
	};
	return ret;
}

int ctr_interface_set_ring_sizes(const char *name, uint32_t rx, uint32_t tx)
{
	struct ethtool_ringparam rings = { .cmd = ETHTOOL_GRINGPARAM };
	struct ifreq ifr = { .ifr_data = (char *)&rings };
	int ret = interface_ioctl(name, SIOCETHTOOL, &ifr);

	if (ret < 0)
		return ret;
	rings.cmd = ETHTOOL_SRINGPARAM;
	rings.rx_pending = rx;
	rings.tx_pending = tx;
	return interface_ioctl(name, SIOCETHTOOL, &ifr);
}

/* Protocol 0 receives nothing. */
static int bound_packet_socket(unsigned int ifindex, uint16_t protocol)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET, .sll_ifindex = (int)ifindex, .sll_protocol = htons(protocol),
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		error = -errno;
		close(fd);
		return error;
	}
	return fd;
}

int ctr_packet_socket(unsigned int ifindex)
{
	int bypass = 1, buffer = 4 << 20;
	int fd = bound_packet_socket(ifindex, 0);

	/* Both only make it faster. */
	if (fd >= 0) {
		setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &bypass, sizeof(bypass));
		setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof(buffer));
	}
	return fd;
}

int ctr_packet_listener(unsigned int ifindex, uint16_t ethertype)
{
	struct packet_mreq promiscuous = { .mr_ifindex = (int)ifindex, .mr_type = PACKET_MR_PROMISC };
	int buffer = 4 << 20, error;
	int fd = bound_packet_socket(ifindex, ethertype);

	if (fd < 0)
		return fd;
	/* Without CAP_NET_ADMIN a burst may be cut. */
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer));
	if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof(promiscuous)) < 0) {
		error = -errno;
		close(fd);
		return error;
	}
	return fd;
}

int ctr_packet_send(int fd, void *frames, size_t stride, size_t length, unsigned int count)
{
	struct mmsghdr messages[CTR_PACKET_BATCH];
	struct iovec vectors[CTR_PACKET_BATCH];
	unsigned int i;
	int ret;

	if (count > CTR_PACKET_BATCH)
		count = CTR_PACKET_BATCH;
	memset(messages, 0, sizeof(messages[0]) * count);
	for (i = 0; i < count; i++) {
		vectors[i].iov_base = (char *)frames + i * stride;
		vectors[i].iov_len = length;
		messages[i].msg_hdr.msg_iov = &vectors[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	ret = sendmmsg(fd, messages, count, 0);
	return ret < 0 ? -errno : ret;
}

int ctr_drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	return syscall(SYS_capset, &header, none) < 0 ? -errno : 0;
}

int ctr_block_signals(void)
{
	sigset_t set;

	sigfillset(&set);
	return -pthread_sigmask(SIG_BLOCK, &set, NULL);
}
