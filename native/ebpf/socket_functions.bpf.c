// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Functions of the kernel in place of the root cgroup's hooks: where no cgroup v2 hierarchy is mounted, and below 6.3 under
// lockdown=confidentiality, which leaves those hooks a socket that they cannot read. Also in place of a tracepoint that
// MPTCP has not below 6.3. They need trampolines, which some kernels lack; then nothing takes their place.
#include "releases.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("fentry/inet_release")
int BPF_PROG(socket_release_entry, struct socket *socket) {
	struct sock *sk = socket->sk;
	if (sk && is_inet(sk))
		tell_release(sk, sk);
	return 0;
}

SEC("fexit/udp_recvmsg")
int BPF_PROG(receive4_exit, struct sock *sk) {
	claim(sk);
	return 0;
}

SEC("fexit/udpv6_recvmsg")
int BPF_PROG(receive6_exit, struct sock *sk) {
	claim(sk);
	return 0;
}

SEC("fexit/mptcp_recvmsg")
int BPF_PROG(receive_mptcp_exit, struct sock *sk) {
	claim(sk);
	return 0;
}
