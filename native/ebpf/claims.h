/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
 * "This process uses this socket": told when it is new. The memory of what was told is a direct-mapped array: lossy (two
 * sockets may push each other out and be told again), and limited in how often a slot may speak. */
#ifndef WEIR_CLAIMS_H
#define WEIR_CLAIMS_H

#include "describe.h"
#include "events.h"

enum {
	SLOTS = 65536,
	WINDOW_SHIFT = 27,   /* 134 ms */
	WINDOW_CLAIMS = 8,   /* in a window and slot */
};

struct slot {
	__u64 claim;  /* key << 32 | user: one store, so that two processors never mix two claims */
	__u64 window; /* window << 8 | claims told in it */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, __u32);
	__type(value, struct slot);
} slots __weak SEC(".maps");

/* The cookie, but an accepted MPTCP socket has its listener's: there the peer tells it from its siblings. */
static __always_inline __u64 claim_key(__u64 cookie, __u16 protocol, __be16 port, __be32 address, __u64 address6) {
	if (protocol != PROTOCOL_MPTCP || !port)
		return cookie;
	return cookie ^ (((__u64)address << 16 | port) ^ address6) * 0x9e3779b97f4a7c15ull;
}

static __always_inline __u64 claim_key_of(const struct sock *sk, __u64 cookie) {
	const struct sock_common *common = &sk->__sk_common;
	__u64 address6 = common->skc_family == AF_INET6 ? ((const __u64 *)&common->skc_v6_daddr)[1] : 0;
	return claim_key(cookie, sk->sk_protocol, common->skc_dport, common->skc_daddr, address6);
}

static __always_inline struct slot *slot_of(__u64 key) {
	__u32 index = (__u32)(key ^ (key >> 16)) & (SLOTS - 1);
	return bpf_map_lookup_elem(&slots, &index);
}

/* The current process under its present name: after exec() or a change of name it is told again. */
static __always_inline __u32 current_user(void) {
	const struct task_struct *task = bpf_get_current_task_btf();
	const struct task_struct *leader = task->group_leader;
	const __u64 *name = (const __u64 *)leader->comm;
	__u64 mixed = (name[0] ^ (__u32)task->tgid) * 0x9e3779b97f4a7c15ull;
	mixed = (mixed ^ mixed >> 32 ^ name[1]) * 0xd6e8feb86659fd93ull;
	return mixed >> 32;
}

static __always_inline __u64 claim_of(__u64 key) {
	return key << 32 | current_user();
}

/* Whether somebody was told to use the socket, as far as the slot remembers; asked when it is released. An MPTCP peer that
 * comes back from the same port has the same key: it is forgotten. */
static __always_inline int was_claimed(__u64 key, __u16 protocol) {
	struct slot *slot = slot_of(key);
	if (!slot || slot->claim >> 32 != (__u32)key)
		return 0;
	if (protocol == PROTOCOL_MPTCP)
		slot->claim = 0;
	return 1;
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
static __always_inline void tell_claim(struct slot *slot, __u64 claim, const struct sock *sk, __u64 cookie, __u16 kind,
				       __u16 port, __u8 state, __u8 old_state) {
	struct weir_owner_event *event = begin_event(kind, sizeof *event);
	if (!event)
		return;
	slot->claim = claim;
	describe_socket(&event->socket, sk, cookie, port, state, old_state);
	describe_process(&event->process, bpf_get_current_task_btf());
	end_event(event);
}

/* The current process uses sk: told unless it was told last. */
static __always_inline void claim(const struct sock *sk) {
	__u64 cookie = cookie_of(sk), key = claim_key_of(sk, cookie), claimed = claim_of(key);
	struct slot *slot = slot_of(key);
	if (!slot || slot->claim == claimed)
		return;
	__u16 port = local_port_of(sk);
	if (!port || !may_speak(slot))
		return;
	__u8 state = sk->__sk_common.skc_state;
	tell_claim(slot, claimed, sk, cookie, WEIR_OWNER, port, state, state);
}

#endif
