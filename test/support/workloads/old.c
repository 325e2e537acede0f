// Sockets that are open before the probe: all are made, "ready" is said on stdout, and they are used and closed after a line
// on stdin. The packets that the probe sees are all from that time.
#include "cases.h"
#include "ground_truth.h"
#include "processes.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { BATCH = 1000 }; // connections of one process

static void wait_for_the_probe(void)
{
	char line[16];

	puts("ready");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		_exit(1);
}

// Accepts all, then answers once each when the client asks.
static void old_server(int listener, int flows, int ready)
{
	int *connections = calloc((size_t)flows, sizeof(int));

	for (int i = 0; i < flows; i++)
		connections[i] = accepted(listener);
	if (write(ready, "x", 1) != 1)
		fail("write");
	for (int i = 0; i < flows; i++) {
		answer_once(connections[i]);
		tell("server", connections[i]);
		close(connections[i]);
	}
	free(connections);
	_exit(0);
}

static void old_client(const struct address *at, int flows, int ready, int go)
{
	int *connections = calloc((size_t)flows, sizeof(int));
	char octet;

	drop_privileges();
	for (int i = 0; i < flows; i++)
		connections[i] = tcp_connected(at, 0);
	if (write(ready, "x", 1) != 1 || read(go, &octet, 1) != 1)
		fail("read");
	for (int i = 0; i < flows; i++) {
		tell("client", connections[i]);
		ask(connections[i]);
		close(connections[i]);
	}
	free(connections);
	_exit(0);
}

static void await(int pipe_end, int times)
{
	char octet;

	for (int i = 0; i < times; i++)
		if (read(pipe_end, &octet, 1) != 1)
			fail("read");
}

static void old_tcp(const struct plan *plan)
{
	int batches = (plan->count + BATCH - 1) / BATCH, ready[2], go[2];
	pid_t *children = calloc((size_t)batches * 2, sizeof(pid_t));

	if (pipe(ready) || pipe(go))
		fail("pipe");
	for (int i = 0; i < batches; i++) {
		int flows = plan->count - i * BATCH < BATCH ? plan->count - i * BATCH : BATCH;
		struct address at = address_of("127.0.0.1", 0);
		int listener = listening(&at, 0, false);

		children[2 * i] = fork_as("w-oldserver");
		if (children[2 * i] == 0)
			old_server(listener, flows, ready[1]);
		children[2 * i + 1] = fork_as("w-oldclient");
		if (children[2 * i + 1] == 0)
			old_client(&at, flows, ready[1], go[0]);
		close(listener);
	}
	await(ready[0], 2 * batches);
	wait_for_the_probe();
	for (int i = 0; i < batches; i++)
		if (write(go[1], "x", 1) != 1)
			fail("write");
	for (int i = 0; i < 2 * batches; i++)
		finish(children[i]);
	free(children);
}

// A connected UDP socket each way; nothing has been sent on them before.
static void old_udp(const struct plan *plan)
{
	int flows = plan->count < 4000 ? plan->count : 4000, ready[2];
	struct address at = address_of("127.0.0.1", 0);
	pid_t client;

	if (pipe(ready))
		fail("pipe");
	client = fork_as("w-oldudp");
	if (client == 0) {
		int *sockets = calloc((size_t)flows, sizeof(int));
		struct address server;

		if (read(ready[0], &server, sizeof(server)) != sizeof(server))
			fail("read");
		for (int i = 0; i < flows; i++) {
			sockets[i] = udp_socket(&server);
			join(sockets[i], &server);
		}
		wait_for_the_probe();
		for (int i = 0; i < flows; i++) {
			tell("client", sockets[i]);
			ask(sockets[i]);
		}
		_exit(0);
	}
	call_myself("w-oldudpsrv");
	int server = udp_bound(&at);

	if (write(ready[1], &at, sizeof(at)) != sizeof(at))
		fail("write");
	for (int i = 0; i < flows; i++) {
		struct address peer = {.length = sizeof(peer.name)};
		char request[64];
		ssize_t length = recvfrom(server, request, sizeof(request), 0, raw(&peer), &peer.length);

		tell_ends("server", IPPROTO_UDP, &at, &peer, CERTAIN);
		sendto(server, request, (size_t)length, 0, raw(&peer), peer.length);
	}
	finish(client);
	close(server);
}

const struct workload_case old_cases[] = {
	{"old_tcp", old_tcp, "connections older than the probe"},
	{"old_udp", old_udp, "UDP sockets older than the probe"},
	{0},
};
