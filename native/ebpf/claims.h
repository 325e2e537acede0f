/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
 * "This process uses this socket": told when it is new. The memory of what was told is a direct-mapped array: lossy (two
 * sockets may push each other out and be told again), and limited in how often a slot may speak. */
#ifndef WEIR_CLAIMS_H
#define WEIR_CLAIMS_H

#include "describe.h"
#include "events.h"

enum {
	SLOTS = 65536,
	TGID_BITS = 22,      /* PID_MAX_LIMIT is 1 << 22 */
	WINDOW_SHIFT = 27,   /* 134 ms */
	WINDOW_CLAIMS = 8,   /* in a window and slot */
};

struct slot {
	__u64 claim;  /* cookie << TGID_BITS | tgid: one store, so that two processors never mix two claims */
	__u64 window; /* window << 8 | claims told in it */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, __u32);
	__type(value, struct slot);
} slots __weak SEC(".maps");

static __always_inline struct slot *slot_of(__u64 cookie) {
	__u32 index = (__u32)(cookie ^ (cookie >> 16)) & (SLOTS - 1);
	return bpf_map_lookup_elem(&slots, &index);
}

static __always_inline __u64 claim_of(__u64 cookie) {
	return cookie << TGID_BITS | bpf_get_current_pid_tgid() >> 32;
}

/* Whether somebody was told to use the socket, as far as the slot remembers. */
static __always_inline int is_claimed(__u64 cookie) {
	const struct slot *slot = slot_of(cookie);
	return slot && slot->claim >> TGID_BITS == cookie << TGID_BITS >> TGID_BITS;
}

static __always_inline int may_speak(struct slot *slot) {
	__u64 window = bpf_ktime_get_ns() >> WINDOW_SHIFT << 8;
	__u64 spoken = slot->window;
	if ((spoken & ~255ull) != window) {
		slot->window = window + 1;
		return 1;
	}
	if ((spoken & 255) >= WINDOW_CLAIMS) {
		count(COUNTER_RATE_LIMITED);
		return 0;
	}
	slot->window = spoken + 1;
	return 1;
}

/* The current process has sk; at once and always. A claim that found no room in the ring is tried again by the next use. */
static __always_inline void tell_claim(struct slot *slot, const struct sock *sk, __u64 cookie, __u16 kind, __u16 port,
				       __u8 state, __u8 old_state) {
	struct weir_owner_event *event = begin_event(kind, sizeof *event);
	if (!event)
		return;
	slot->claim = claim_of(cookie);
	describe_socket(&event->socket, sk, cookie, port, state, old_state);
	describe_process(&event->process, bpf_get_current_task_btf());
	end_event(event);
}

/* The current process uses sk: told unless it was told last. */
static __always_inline void claim(const struct sock *sk) {
	__u64 cookie = cookie_of(sk);
	struct slot *slot = slot_of(cookie);
	if (!slot || slot->claim == claim_of(cookie))
		return;
	__u16 port = local_port_of(sk);
	if (!port || !may_speak(slot))
		return;
	__u8 state = sk->__sk_common.skc_state;
	tell_claim(slot, sk, cookie, WEIR_OWNER, port, state, state);
}

#endif
