/* SPDX-License-Identifier: Apache-2.0 */
/* Network calls that Glibc's Swift module does not have. -errno on failure, as
 * in ctokenring.h. Names are in the calling thread's network namespace.
 */
#ifndef CTOKENRING_NET_H
#define CTOKENRING_NET_H

#include <stddef.h>
#include <stdint.h>

/* The calling thread's network namespace; other threads keep theirs. */
int ctr_unshare_network(void);
int ctr_enter_network(int fd);
int ctr_open_own_network(void);		/* a descriptor that keeps it alive */

int ctr_interface_running(const char *name);	/* IFF_UP and IFF_RUNNING: 1 or 0 */
int ctr_interface_queues(const char *name);	/* receive queues in use */

/* What a driver says of itself and its device (ETHTOOL_GDRVINFO). Not terminated where all 32 bytes are used. */
struct ctr_driver {
	char name[32], version[32], firmware[32], bus[32];
};

int ctr_interface_driver(const char *name, struct ctr_driver *driver);

/* Descriptors of the NIC's own rings, and how many there may be (ETHTOOL_GRINGPARAM). */
struct ctr_ring_sizes {
	uint32_t rx, tx, rx_max, tx_max;
};

int ctr_interface_ring_sizes(const char *name, struct ctr_ring_sizes *sizes);
int ctr_interface_set_ring_sizes(const char *name, uint32_t rx, uint32_t tx);

/* Raw AF_PACKET frames, sent only. */
#define CTR_PACKET_BATCH	64
int ctr_packet_socket(unsigned int ifindex);
/* Frame i is `length` bytes at `frames + i * stride`; returns how many went out, CTR_PACKET_BATCH at the most. */
int ctr_packet_send(int fd, void *frames, size_t stride, size_t length, unsigned int count);

/* The calling thread has no capability any more; other threads keep theirs. */
int ctr_drop_capabilities(void);
/* Takes in frames of one ethertype that arrive at an interface and go up the stack; recv(2) has them whole. As long as it is open
 * the interface takes frames for any address.
 */
int ctr_packet_listener(unsigned int ifindex, uint16_t ethertype);

/* Signals go to the threads that did not call this. */
int ctr_block_signals(void);

#endif
