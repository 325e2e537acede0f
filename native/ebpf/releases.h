/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
 * The last descriptor of a socket is closed: who closed it, unless that is known. */
#ifndef WEIR_RELEASES_H
#define WEIR_RELEASES_H

#include "claims.h"
#include "lengths.h"

/* A socket closed by a kernel thread (its holder was killed and the work was put off) tells no process. */
static __always_inline void describe_closer(struct weir_process *out) {
	struct task_struct *task = bpf_get_current_task_btf();
	if (task->flags & PF_KTHREAD)
		__builtin_memset(out, 0, sizeof *out);
	else
		describe_process(out, task);
}

/* TCP has an owner by its events, unless nobody ever received; a closed one has said all it can. */
static __always_inline int is_told(__u16 protocol, __u64 key, __u8 state) {
	if (protocol != PROTOCOL_TCP && protocol != PROTOCOL_MPTCP)
		return 0;
	return was_claimed(key, protocol) || state == TCP_CLOSE;
}

static __always_inline void released(const struct sock *sk, __u64 cookie, __u8 state) {
	struct weir_owner_event *event = begin_event(WEIR_RELEASE, sizeof *event);
	if (!event)
		return;
	describe_socket(&event->socket, sk, cookie, sk->__sk_common.skc_num, state, state);
	describe_closer(&event->process);
	end_event(event);
}

static __always_inline void released_with_lengths(const struct sock *sk, __u64 cookie, __u8 state,
						  const struct lengths *sums) {
	struct weir_snapshot_event *event = begin_event(WEIR_RELEASE, sizeof *event);
	if (!event)
		return;
	describe_socket(&event->socket, sk, cookie, sk->__sk_common.skc_num, state, state);
	describe_closer(&event->process);
	__builtin_memset(&event->health, 0, sizeof event->health);
	describe_lengths(&event->health, sums);
	end_event(event);
}

/* handle: the same socket as the helpers take it. */
static __always_inline void tell_release(const struct sock *sk, void *handle) {
	__u8 state = sk->__sk_common.skc_state;
	if (!sk->__sk_common.skc_num)
		return;
	__u64 cookie = bpf_get_socket_cookie(handle);
	if (is_told(sk->sk_protocol, claim_key_of(sk, cookie), state))
		return;
	if (sum_lengths) {
		const struct lengths *sums = bpf_sk_storage_get(&lengths, handle, 0, 0);
		if (sums) {
			released_with_lengths(sk, cookie, state, sums);
			return;
		}
	}
	released(sk, cookie, state);
}

#endif
