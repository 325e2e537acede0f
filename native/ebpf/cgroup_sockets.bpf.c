// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Hooks of the root cgroup: the last descriptor of a socket is closed; below 6.3 also who receives on a UDP socket. They
// are given a socket without its ports: bpf_rdonly_cast (6.2) makes it a whole one, else it is read by probe_read.
#include "releases.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

enum { ALLOW = 1 };

SEC("cgroup/sock_release")
int socket_release(struct bpf_sock *ctx) {
	tell_release(bpf_rdonly_cast(ctx, bpf_core_type_id_kernel(struct sock)), ctx);
	return ALLOW;
}

static __always_inline void probe_socket(struct weir_socket *out, const struct sock *sk, __u64 cookie, __u8 state) {
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);
	out->cookie = cookie;
	out->netns_cookie = BPF_CORE_READ(sk, __sk_common.skc_net.net, net_cookie);
	out->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	out->family = family;
	out->protocol = BPF_CORE_READ(sk, sk_protocol);
	out->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
	out->remote_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	out->state = state;
	out->old_state = state;
	out->type = BPF_CORE_READ(sk, sk_type);
	const struct sock_common *common = &sk->__sk_common;
	out->flags = BPF_CORE_READ_BITFIELD_PROBED(common, skc_reuse) || BPF_CORE_READ_BITFIELD_PROBED(common, skc_reuseport)
			     ? WEIR_SHARES_PORT
			     : 0;
	if (family == AF_INET6) {
		BPF_CORE_READ_INTO(&out->local, sk, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO(&out->remote, sk, __sk_common.skc_v6_daddr);
	} else {
		((__u64 *)out->local)[0] = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
		((__u64 *)out->local)[1] = 0;
		((__u64 *)out->remote)[0] = BPF_CORE_READ(sk, __sk_common.skc_daddr);
		((__u64 *)out->remote)[1] = 0;
	}
}

static __always_inline __u64 probe_claim_key(const struct sock *sk, __u64 cookie) {
	struct in6_addr address6 = {};
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_INET6)
		BPF_CORE_READ_INTO(&address6, sk, __sk_common.skc_v6_daddr);
	return claim_key(cookie, BPF_CORE_READ(sk, sk_protocol), BPF_CORE_READ(sk, __sk_common.skc_dport),
			 BPF_CORE_READ(sk, __sk_common.skc_daddr), ((const __u64 *)&address6)[1]);
}

// In place of socket_release below 6.2.
SEC("cgroup/sock_release")
int socket_release_probe(struct bpf_sock *ctx) {
	const struct sock *sk = (void *)ctx;
	__u8 state = BPF_CORE_READ(sk, __sk_common.skc_state);
	if (!BPF_CORE_READ(sk, __sk_common.skc_num))
		return ALLOW;
	__u64 cookie = bpf_get_socket_cookie(ctx);
	if (is_told(BPF_CORE_READ(sk, sk_protocol), probe_claim_key(sk, cookie), state))
		return ALLOW;
	struct weir_owner_event *event = begin_event(WEIR_RELEASE, sizeof *event);
	if (!event)
		return ALLOW;
	probe_socket(&event->socket, sk, cookie, state);
	describe_closer(&event->process);
	end_event(event);
	return ALLOW;
}

// A UDP server that got its socket from its parent is known by its receives only; with receive_claim not needed.
static __always_inline int receives(struct bpf_sock_addr *ctx) {
	struct bpf_sock *given = ctx->sk;
	if (!given)
		return ALLOW;
	// Read back from memory it is a number, whose members may be probed; as a pointer it admits no arithmetic.
	const struct sock *sk = 0;
	bpf_probe_read_kernel(&sk, sizeof sk, &given);
	__u64 cookie = bpf_get_socket_cookie(ctx);
	__u64 claimed = claim_of(cookie);
	struct slot *slot = slot_of(cookie);
	if (!slot || slot->claim == claimed || !may_speak(slot))
		return ALLOW;
	struct weir_owner_event *event = begin_event(WEIR_OWNER, sizeof *event);
	if (!event)
		return ALLOW;
	slot->claim = claimed;
	probe_socket(&event->socket, sk, cookie, BPF_CORE_READ(sk, __sk_common.skc_state));
	describe_process(&event->process, bpf_get_current_task_btf());
	end_event(event);
	return ALLOW;
}

SEC("cgroup/recvmsg4")
int receive4_claim(struct bpf_sock_addr *ctx) {
	return receives(ctx);
}

SEC("cgroup/recvmsg6")
int receive6_claim(struct bpf_sock_addr *ctx) {
	return receives(ctx);
}
