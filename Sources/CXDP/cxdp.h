/* SPDX-License-Identifier: Apache-2.0 */
/* libxdp and libbpf as Swift sees them, and the AF_XDP constants that Debian bookworm's 6.1 headers lack. */
#ifndef CXDP_H
#define CXDP_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <linux/if_xdp.h>
#include <xdp/libxdp.h>
#include <xdp/xsk.h>

/* include/uapi/linux/if_xdp.h since 6.6, 6.8, 6.11 and 6.17. */
enum {
	CXDP_USE_SG			= 1 << 4,	/* sxdp_flags: packets of several descriptors */
	CXDP_PKT_CONTD			= 1 << 0,	/* xdp_desc.options: the packet goes on */
	CXDP_TX_METADATA		= 1 << 1,	/* xdp_desc.options: metadata in front of the data */
	CXDP_UMEM_TX_SW_CSUM		= 1 << 1,	/* xdp_umem_reg.flags: checksum in copy mode too */
	CXDP_UMEM_TX_METADATA_LEN	= 1 << 2,	/* xdp_umem_reg.flags: tx_metadata_len is meant */
	CXDP_MAX_TX_SKB_BUDGET		= 9,		/* socket option: descriptors per sendto in copy mode */
};

/* struct xdp_umem_reg as it is since 6.8; older kernels read as much as they know. */
struct cxdp_umem_reg {
	__u64 addr;
	__u64 len;
	__u32 chunk_size;
	__u32 headroom;
	__u32 flags;
	__u32 tx_metadata_len;
};

#endif
