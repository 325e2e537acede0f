// UDP where each socket has one user: connected and unconnected clients, one socket to many destinations.
#include "cases.h"
#include "ground_truth.h"
#include "processes.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void answer_datagram(int server, const struct address *target)
{
	struct address peer = {.length = sizeof(peer.name)};
	char request[64];
	ssize_t length = recvfrom(server, request, sizeof(request), 0, raw(&peer), &peer.length);

	if (length < 0)
		fail("recvfrom");
	tell_ends("server", IPPROTO_UDP, target, &peer, CERTAIN);
	sendto(server, request, (size_t)length, 0, raw(&peer), peer.length);
}

static void ask_connected(const struct address *target)
{
	int client = udp_socket(target);

	join(client, target);
	tell("client", client);
	ask(client);
	close(client);
}

static void ask_unconnected(const struct address *target)
{
	char answer[8];
	int client = udp_socket(target);
	struct address own;

	if (sendto(client, "ping", 4, 0, (const struct sockaddr *)&target->name, target->length) != 4)
		fail("sendto");
	own = own_name(client);
	own = source_towards(target, port_of(&own));
	tell_ends("client", IPPROTO_UDP, &own, target, CERTAIN);
	if (recv(client, answer, sizeof(answer), 0) <= 0)
		fail("recv");
	close(client);
}

static void pair(const struct plan *plan, const char *bind_ip, const char *target_ip,
		 void (*ask_way)(const struct address *))
{
	struct address at = address_of(bind_ip, 0), target;
	int handover[2];
	pid_t server;

	if (pipe(handover))
		fail("pipe");
	server = fork_as("w-udpserver");
	if (server == 0) {
		int bound = udp_bound(&at);

		if (write(handover[1], &at, sizeof(at)) != sizeof(at))
			fail("write");
		target = address_of(target_ip, port_of(&at));
		for (int i = 0; i < plan->count; i++)
			answer_datagram(bound, &target);
		_exit(0);
	}
	if (read(handover[0], &at, sizeof(at)) != sizeof(at))
		fail("read");
	target = address_of(target_ip, port_of(&at));
	for (int left = plan->count; left > 0; left -= GROUP) {
		pid_t client = fork_as("w-udpclient");

		if (client == 0) {
			drop_privileges();
			for (int i = 0; i < group_of(left); i++)
				ask_way(&target);
			_exit(0);
		}
		finish(client);
	}
	finish(server);
	close(handover[0]);
	close(handover[1]);
}

static void udp4_connected(const struct plan *plan)
{
	pair(plan, "127.0.0.1", "127.0.0.1", ask_connected);
}

static void udp4_unconnected(const struct plan *plan)
{
	pair(plan, "127.0.0.1", "127.0.0.1", ask_unconnected);
}

static void udp6_connected(const struct plan *plan)
{
	pair(plan, "::1", "::1", ask_connected);
}

static void udp6_unconnected(const struct plan *plan)
{
	pair(plan, "::1", "::1", ask_unconnected);
}

static void udp_mapped_connected(const struct plan *plan)
{
	pair(plan, "::", "::ffff:127.0.0.1", ask_connected);
}

static void udp_mapped_unconnected(const struct plan *plan)
{
	pair(plan, "::", "::ffff:127.0.0.1", ask_unconnected);
}

// Like QUIC: one unconnected socket, many destinations; the last ones by one sendmmsg(). Nobody answers, and the
// destinations are bound, so that no ICMP comes back.
enum { BURST = 10 };

static void quic_like(const struct plan *plan)
{
	struct address everywhere = address_of("0.0.0.0", 0);
	int sink = udp_bound(&everywhere);
	pid_t client = fork_as("w-quic");
	int small = 2304;

	if (client != 0) {
		finish(client);
		close(sink);
		return;
	}
	setsockopt(sink, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)); // dropped there: nobody reads
	drop_privileges();
	for (int left = plan->count; left > 0; left -= BURST) {
		static int flow;
		static int sender = -1;
		struct mmsghdr messages[BURST] = {0};
		struct address to[BURST], own;
		struct iovec octet = {.iov_base = "x", .iov_len = 1};

		if (flow % GROUP == 0) {
			if (sender >= 0)
				close(sender);
			sender = udp_socket(&everywhere);
		}
		for (int i = 0; i < BURST; i++, flow++) {
			char ip[32];

			snprintf(ip, sizeof(ip), "127.9.%d.%d", flow / 200 % 256, flow % 200 + 1);
			to[i] = address_of(ip, port_of(&everywhere));
			messages[i].msg_hdr = (struct msghdr){.msg_name = raw(&to[i]),
							      .msg_namelen = to[i].length,
							      .msg_iov = &octet,
							      .msg_iovlen = 1};
		}
		if (sendmmsg(sender, messages, BURST, 0) != BURST)
			fail("sendmmsg");
		own = own_name(sender);
		own = source_towards(&to[0], port_of(&own));
		for (int i = 0; i < BURST; i++)
			tell_ends("client", IPPROTO_UDP, &own, &to[i], CERTAIN);
	}
	_exit(0);
}

const struct workload_case udp_cases[] = {
	{"udp4_connected", udp4_connected, "connected UDP client"},
	{"udp4_unconnected", udp4_unconnected, "UDP client that only uses sendto()"},
	{"udp6_connected", udp6_connected, "the same over IPv6"},
	{"udp6_unconnected", udp6_unconnected, "the same over IPv6"},
	{"udp_mapped_connected", udp_mapped_connected, "IPv6 UDP sockets to v4-mapped addresses"},
	{"udp_mapped_unconnected", udp_mapped_unconnected, "the same without connect()"},
	{"quic_like", quic_like, "one unconnected socket to many destinations, sendmmsg()"},
	{0},
};
