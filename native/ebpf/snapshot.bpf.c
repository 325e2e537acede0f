// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// All sockets that processes hold now, in all network namespaces: written to the reader of the iterator, not to the ring.
#include "describe.h"
#include "events.h"
#include "lengths.h"
#include "state_times.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static __always_inline void describe_sums(struct weir_tcp_health *out, struct sock *sk, __u8 state) {
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);
	if (tcp) {
		describe_health(out, tcp, state);
		describe_times(out, cookie_of(sk));
	} else if (sum_lengths) {
		const struct lengths *sums = bpf_sk_storage_get(&lengths, sk, 0, 0);
		if (sums)
			describe_lengths(out, sums);
	}
}

SEC("iter/task_file")
int socket_snapshot(struct bpf_iter__task_file *ctx) {
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	if (!task || !file || task->tgid != task->pid)
		return 0;
	struct socket *socket = bpf_sock_from_file(file);
	struct sock *sk = socket ? socket->sk : 0;
	if (!sk || !is_inet(sk) || !sk->__sk_common.skc_num)
		return 0;
	__u8 state = sk->__sk_common.skc_state;
	if (state == TCP_CLOSE && (sk->sk_protocol == PROTOCOL_TCP || sk->sk_protocol == PROTOCOL_MPTCP))
		return 0;
	struct weir_snapshot_event event = {};
	head(&event.event, WEIR_SNAPSHOT, sizeof event);
	describe_socket(&event.socket, sk, cookie_of(sk), sk->__sk_common.skc_num, state, state);
	describe_process(&event.process, task);
	describe_sums(&event.health, sk, state);
	bpf_seq_write(ctx->meta->seq, &event, sizeof event);
	return 0;
}
