/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
 * Kernel structures -> members of events. All by direct access, which lockdown allows. */
#ifndef WEIR_DESCRIBE_H
#define WEIR_DESCRIBE_H

#include "kernel.h"
#include "socket_event.h"

/* One jiffy of this kernel; set before loading. */
const volatile __u32 tick_us __weak = 4000;

static __always_inline int is_inet(const struct sock *sk) {
	__u16 family = sk->__sk_common.skc_family;
	return family == AF_INET || family == AF_INET6;
}

static __always_inline __u64 cookie_of(const struct sock *sk) {
	__u64 cookie = sk->__sk_common.skc_cookie.counter;
	return cookie ? cookie : bpf_get_socket_cookie((void *)sk);
}

/* 0 when the socket has none. A socket that left the table has lost its number, but TCP remembers the port. */
static __always_inline __u16 local_port_of(const struct sock *sk) {
	__u16 port = sk->__sk_common.skc_num;
	if (port)
		return port;
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock((void *)sk);
	return tcp ? bpf_ntohs(tcp->inet_conn.icsk_inet.inet_sport) : 0;
}

/* Copied by halves: 64-bit stores, and no memcpy that the verifier could not follow. */
static __always_inline void copy16(void *to, const void *from) {
	((__u64 *)to)[0] = ((const __u64 *)from)[0];
	((__u64 *)to)[1] = ((const __u64 *)from)[1];
}

static __always_inline void describe_socket(struct weir_socket *out, const struct sock *sk, __u64 cookie, __u16 port,
					    __u8 state, __u8 old_state) {
	const struct sock_common *common = &sk->__sk_common;
	const struct net *net = common->skc_net.net;
	out->cookie = cookie;
	out->netns_cookie = net->net_cookie;
	out->netns = net->ns.inum;
	out->family = common->skc_family;
	out->protocol = sk->sk_protocol;
	out->local_port = port;
	out->remote_port = bpf_ntohs(common->skc_dport);
	out->state = state;
	out->old_state = old_state;
	out->type = sk->sk_type;
	out->flags = BPF_CORE_READ_BITFIELD(common, skc_reuse) || BPF_CORE_READ_BITFIELD(common, skc_reuseport) ? WEIR_SHARES_PORT : 0;
	if (common->skc_family == AF_INET6) {
		copy16(out->local, &common->skc_v6_rcv_saddr);
		copy16(out->remote, &common->skc_v6_daddr);
	} else {
		((__u64 *)out->local)[0] = common->skc_rcv_saddr;
		((__u64 *)out->local)[1] = 0;
		((__u64 *)out->remote)[0] = common->skc_daddr;
		((__u64 *)out->remote)[1] = 0;
	}
}

/* Pointers that the kernel marks __rcu may have to be tested before use, depending on the compiler that built it. */
static __always_inline void describe_process(struct weir_process *out, struct task_struct *task) {
	struct task_struct *leader = task->group_leader;
	struct task_struct *parent = task->real_parent;
	struct task_struct *parent_leader = parent->group_leader;
	const struct cred *cred = task->cred;
	const struct nsproxy *namespaces = task->nsproxy;
	const struct css_set *groups = task->cgroups;
	out->start_ns = leader->start_boottime;
	out->cgroup_id = groups ? groups->dfl_cgrp->kn->id : 0;
	out->parent_start_ns = parent_leader->start_boottime;
	out->tgid = task->tgid;
	out->tid = task->pid;
	out->uid = cred ? cred->uid.val : 0;
	out->gid = cred ? cred->gid.val : 0;
	out->euid = cred ? cred->euid.val : 0;
	out->egid = cred ? cred->egid.val : 0;
	out->parent_tgid = parent->tgid;
	out->pid_namespace = namespaces ? namespaces->pid_ns_for_children->ns.inum : 0;
	copy16(out->name, leader->comm);
	copy16(out->parent_name, parent_leader->comm);
}

static __always_inline __u32 jiffies_to_us(__u32 jiffies) {
	__u64 us = (__u64)jiffies * tick_us;
	return us > 0xffffffff ? 0xffffffff : us;
}

/* What the octet sums hold besides payload. state: the one that the socket is in, or was in before it closed. */
static __always_inline __u32 sum_flags(const struct tcp_sock *tcp, __u8 state) {
	const struct sock *sk = &tcp->inet_conn.icsk_inet.sk;
	__u32 flags = 0;
	/* An accepted socket has its listener's backlog, and its sums start behind the SYN. */
	if (state != TCP_SYN_SENT && tcp->bytes_acked && !sk->sk_max_ack_backlog)
		flags |= WEIR_SUM_SYN;
	if ((state == TCP_FIN_WAIT1 || state == TCP_FIN_WAIT2 || state == TCP_TIME_WAIT || state == TCP_CLOSING ||
	     state == TCP_LAST_ACK) && tcp->snd_una == tcp->write_seq)
		flags |= WEIR_SUM_FIN_SENT;
	if (sk->__sk_common.skc_flags & (1ul << SOCK_DONE))
		flags |= WEIR_SUM_FIN_RECEIVED;
	return flags;
}

static __always_inline void describe_health(struct weir_tcp_health *out, const struct tcp_sock *tcp, __u8 state) {
	out->bytes_acked = tcp->bytes_acked;
	out->bytes_received = tcp->bytes_received;
	out->bytes_sent = tcp->bytes_sent;
	out->bytes_retransmitted = tcp->bytes_retrans;
	out->srtt_us = tcp->srtt_us >> 3;
	out->rttvar_us = tcp->mdev_us >> 2; /* as ss has it: rttvar_us is never below the least timeout */
	out->min_rtt_us = tcp->rtt_min.s[0].v;
	out->retransmits = tcp->total_retrans;
	out->lost = tcp->lost;
	out->reordering = tcp->reord_seen;
	out->out_of_order = tcp->rcv_ooopack;
	out->cwnd = tcp->snd_cwnd;
	out->ssthresh = tcp->snd_ssthresh;
	out->mss = tcp->mss_cache;
	out->segs_in = tcp->segs_in;
	out->segs_out = tcp->segs_out;
	out->busy_us = jiffies_to_us(tcp->chrono_stat[0]);
	out->rwnd_limited_us = jiffies_to_us(tcp->chrono_stat[1]);
	out->sndbuf_limited_us = jiffies_to_us(tcp->chrono_stat[2]);
	out->flags = sum_flags(tcp, state);
	out->established_ns = 0;
	out->left_ns = 0;
}

#endif
