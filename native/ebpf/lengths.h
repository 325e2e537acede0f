/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
 * Octets and calls of connected UDP sockets, which the kernel itself does not sum. Only when asked for: a storage a socket
 * costs about a microsecond. */
#ifndef WEIR_LENGTHS_H
#define WEIR_LENGTHS_H

#include "kernel.h"
#include "socket_event.h"

const volatile __u8 sum_lengths __weak = 0;

struct lengths {
	__u64 sent;
	__u64 received;
	__u32 sends;
	__u32 receives;
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct lengths);
} lengths __weak SEC(".maps");

static __always_inline void add_length(struct sock *sk, int sent, int received) {
	if (!sum_lengths || sk->sk_protocol != PROTOCOL_UDP || !sk->__sk_common.skc_dport)
		return;
	struct lengths *sums = bpf_sk_storage_get(&lengths, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!sums)
		return;
	if (sent >= 0) {
		__sync_fetch_and_add(&sums->sent, sent);
		__sync_fetch_and_add(&sums->sends, 1);
	}
	if (received >= 0) {
		__sync_fetch_and_add(&sums->received, received);
		__sync_fetch_and_add(&sums->receives, 1);
	}
}

/* Sums in the members that TCP has for them. */
static __always_inline void describe_lengths(struct weir_tcp_health *out, const struct lengths *sums) {
	out->bytes_sent = sums->sent;
	out->bytes_received = sums->received;
	out->segs_out = sums->sends;
	out->segs_in = sums->receives;
}

#endif
