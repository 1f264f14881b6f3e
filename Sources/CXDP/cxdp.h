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

#endif
