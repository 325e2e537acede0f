// A client and a server that accepts in its only thread, over IPv4, IPv6, v4-mapped addresses and MPTCP.
#include "cases.h"
#include "ground_truth.h"
#include "processes.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static void serve(int listener, int flows)
{
	for (int i = 0; i < flows; i++) {
		int connection = accepted(listener);

		tell("server", connection);
		answer_all(connection);
		close(connection);
	}
}

static void pair(const struct plan *plan, const char *listen_ip, const char *connect_ip, int protocol)
{
	struct address at = address_of(listen_ip, 0);
	int listener = listening(&at, protocol, false);
	struct address to = address_of(connect_ip, port_of(&at));
	pid_t server = fork_as("w-server");

	if (server == 0) {
		serve(listener, plan->count);
		_exit(0);
	}
	close(listener);
	for (int left = plan->count; left > 0; left -= GROUP) {
		pid_t client = fork_as("w-client");

		if (client == 0) {
			drop_privileges();
			connect_and_ask(&to, protocol, group_of(left));
			_exit(0);
		}
		finish(client);
	}
	finish(server);
}

static void tcp4(const struct plan *plan)
{
	pair(plan, "127.0.0.1", "127.0.0.1", 0);
}

static void tcp6(const struct plan *plan)
{
	pair(plan, "::1", "::1", 0);
}

static void tcp_mapped(const struct plan *plan)
{
	pair(plan, "::", "::ffff:127.0.0.1", 0);
}

static void mptcp(const struct plan *plan)
{
	int possible = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);

	if (possible < 0) {
		tell_skipped("no MPTCP in this kernel");
		return;
	}
	close(possible);
	pair(plan, "127.0.0.1", "127.0.0.1", IPPROTO_MPTCP);
}

const struct workload_case tcp_cases[] = {
	{"tcp4", tcp4, "client and server over IPv4"},
	{"tcp6", tcp6, "client and server over IPv6"},
	{"tcp_mapped", tcp_mapped, "IPv6 sockets with v4-mapped addresses"},
	{"mptcp", mptcp, "MPTCP sockets"},
	{0},
};
