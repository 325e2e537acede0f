/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
 * When connections came to ESTABLISHED and when they left it, at both ends. Only when asked for: two looks at the clock a
 * connection. Direct-mapped by cookie: of two connections in one place the older one has its times until it closes. */
#ifndef WEIR_STATE_TIMES_H
#define WEIR_STATE_TIMES_H

#include "describe.h"

enum { TIMED = 65536 };

const volatile __u8 keep_times __weak = 0;

struct state_times {
	__u64 cookie;
	__u64 established_ns;
	__u64 left_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TIMED); /* 1 when not asked for */
	__type(key, __u32);
	__type(value, struct state_times);
} state_times __weak SEC(".maps");

static __always_inline struct state_times *times_of(__u64 cookie) {
	__u32 index = (__u32)(cookie ^ (cookie >> 16)) & (TIMED - 1);
	return bpf_map_lookup_elem(&state_times, &index);
}

static __always_inline void note_state(const struct sock *sk, __u8 old_state, __u8 state) {
	if (!keep_times || (state != TCP_ESTABLISHED && old_state != TCP_ESTABLISHED))
		return;
	__u64 cookie = cookie_of(sk);
	struct state_times *times = times_of(cookie);
	if (!times)
		return;
	if (state == TCP_ESTABLISHED && !times->cookie) {
		times->cookie = cookie;
		times->established_ns = bpf_ktime_get_ns();
		times->left_ns = 0;
	} else if (state != TCP_ESTABLISHED && times->cookie == cookie) {
		times->left_ns = bpf_ktime_get_ns();
	}
}

static __always_inline void describe_times(struct weir_tcp_health *out, __u64 cookie) {
	if (!keep_times)
		return;
	const struct state_times *times = times_of(cookie);
	if (!times || times->cookie != cookie)
		return;
	out->established_ns = times->established_ns;
	out->left_ns = times->left_ns;
}

/* Closed, and told. */
static __always_inline void forget_times(__u64 cookie) {
	if (!keep_times)
		return;
	struct state_times *times = times_of(cookie);
	if (times && times->cookie == cookie)
		times->cookie = 0;
}

#endif
