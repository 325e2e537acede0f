// UDP sockets with several holders: made by the parent and served by a child, read by several workers at once.
#include "cases.h"
#include "ground_truth.h"
#include "processes.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

enum { WORKERS = 3 };

static void serve(int server, const struct address *at, int datagrams, enum end_flags flags)
{
	for (int i = 0; i < datagrams || datagrams < 0; i++) {
		struct address peer = {.length = sizeof(peer.name)};
		char request[64];
		ssize_t length = recvfrom(server, request, sizeof(request), 0, raw(&peer), &peer.length);

		if (length < 0)
			fail("recvfrom");
		tell_ends("server", IPPROTO_UDP, at, &peer, flags);
		sendto(server, request, (size_t)length, 0, raw(&peer), peer.length);
	}
}

static void clients(const struct address *at, int flows)
{
	pid_t client = fork_as("w-udpclient");

	if (client == 0) {
		drop_privileges();
		for (int i = 0; i < flows; i++) {
			int asking = udp_socket(at);

			join(asking, at);
			tell("client", asking);
			ask(asking);
			close(asking);
		}
		_exit(0);
	}
	finish(client);
}

// The parent makes the socket and never reads it; a new pair for each group.
static void udp_inherited(const struct plan *plan)
{
	call_myself("w-udpparent");
	for (int left = plan->count; left > 0; left -= GROUP) {
		struct address at = address_of("127.0.0.1", 0);
		int server = udp_bound(&at);
		pid_t child = fork_as("w-udpchild");

		if (child == 0) {
			serve(server, &at, group_of(left), CERTAIN);
			_exit(0);
		}
		clients(&at, group_of(left));
		finish(child);
		close(server);
	}
}

// Whoever wakes first answers: no hook can tell which worker had which peer.
static void udp_workers(const struct plan *plan)
{
	struct address at = address_of("127.0.0.1", 0);
	int server = udp_bound(&at);
	pid_t workers[WORKERS];

	for (int i = 0; i < WORKERS; i++) {
		char name[16];

		snprintf(name, sizeof(name), "w-udpworker%d", i);
		workers[i] = fork_as(name);
		if (workers[i] == 0)
			serve(server, &at, -1, AMBIGUOUS);
	}
	for (int left = plan->count; left > 0; left -= GROUP)
		clients(&at, group_of(left));
	for (int i = 0; i < WORKERS; i++)
		end(workers[i]);
	close(server);
}

const struct workload_case shared_udp_cases[] = {
	{"udp_inherited", udp_inherited, "UDP socket made by the parent, served by a child"},
	{"udp_workers", udp_workers, "workers that share a UDP socket"},
	{0},
};
