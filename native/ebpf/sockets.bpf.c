// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// TCP's changes of state, and who receives or sends first on a socket.
#include "claims.h"
#include "lengths.h"
#include "state_times.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

// connect() and listen() run in the process they belong to; told always, since nothing tells it again.
static __always_inline void opened(const struct sock *sk, __u16 kind, __u8 state, __u8 old_state) {
	__u64 cookie = cookie_of(sk), key = claim_key_of(sk, cookie);
	struct slot *slot = slot_of(key);
	if (slot)
		tell_claim(slot, claim_of(key), sk, cookie, kind, local_port_of(sk), state, old_state);
}

static __always_inline void closed(const struct sock *sk, __u8 old_state) {
	__u64 cookie = cookie_of(sk);
	struct weir_close_event *event = begin_event(WEIR_CLOSE, sizeof *event);
	if (!event) {
		forget_times(cookie);
		return;
	}
	describe_socket(&event->socket, sk, cookie, local_port_of(sk), TCP_CLOSE, old_state);
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock((void *)sk);
	if (tcp)
		describe_health(&event->health, tcp, old_state);
	else
		__builtin_memset(&event->health, 0, sizeof event->health);
	describe_times(&event->health, cookie);
	forget_times(cookie);
	end_event(event);
}

static __always_inline void told_by_tcp(const struct sock *sk, __u16 kind, __u8 state, __u8 old_state) {
	struct weir_socket_event *event = begin_event(kind, sizeof *event);
	if (!event)
		return;
	describe_socket(&event->socket, sk, cookie_of(sk), local_port_of(sk), state, old_state);
	end_event(event);
}

// An accepted connection is not told here: the process that runs then is anybody's. Its first receive names the owner.
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_state, const struct sock *sk, int old_state, int state) {
	__u16 protocol = sk->sk_protocol;
	if (protocol != PROTOCOL_TCP && protocol != PROTOCOL_MPTCP)
		return 0;
	note_state(sk, old_state, state);
	if (state == TCP_SYN_SENT || state == TCP_LISTEN)
		opened(sk, state == TCP_LISTEN ? WEIR_LISTEN : WEIR_CONNECT, state, old_state);
	else if (state == TCP_ESTABLISHED && old_state == TCP_SYN_SENT)
		told_by_tcp(sk, WEIR_ESTABLISHED, state, old_state);
	else if (state == TCP_CLOSE && old_state != TCP_CLOSE)
		closed(sk, old_state);
	return 0;
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(receive_claim, struct sock *sk, int result, int flags) {
	if (!is_inet(sk))
		return 0;
	claim(sk);
	if (!(flags & MSG_PEEK))
		add_length(sk, -1, result);
	return 0;
}

// Below 6.3, in place of receive_claim: TCP only.
SEC("tp_btf/tcp_rcv_space_adjust")
int BPF_PROG(receive_space_claim, struct sock *sk) {
	claim(sk);
	return 0;
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(send_claim, struct sock *sk, int result, int flags) {
	if (!is_inet(sk))
		return 0;
	claim(sk);
	add_length(sk, result, -1);
	return 0;
}

SEC("tp_btf/tcp_retransmit_skb")
int BPF_PROG(tcp_retransmit, const struct sock *sk) {
	__u8 state = sk->__sk_common.skc_state;
	told_by_tcp(sk, WEIR_RETRANSMIT, state, state);
	return 0;
}
