// Connections that are hardly served: processes of one connection, accepted and closed at once, never accepted, never answered.
#include "cases.h"
#include "ground_truth.h"
#include "processes.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

// fork, connect, exit; the server accepts and closes without reading.
static void short_lived(const struct plan *plan)
{
	struct address at = address_of("127.0.0.1", 0);
	int listener = listening(&at, 0, false);
	pid_t server = fork_as("w-closer");

	if (server == 0) {
		for (int i = 0; i < plan->count; i++) {
			int connection = accepted(listener);

			tell("server", connection);
			close(connection);
		}
		_exit(0);
	}
	for (int i = 0; i < plan->count; i++) {
		char name[16];
		pid_t client;

		snprintf(name, sizeof(name), "w-short%d", i % 1000);
		client = fork_as(name);
		if (client == 0) {
			tell("client", tcp_connected(&at, 0));
			_exit(0);
		}
		finish(client);
	}
	finish(server);
	close(listener);
}

// The listener tells its end of a connection that it will never accept; the client says by the pipe which one.
static void tell_listener(int from, const struct address *at)
{
	struct address peer;

	if (read(from, &peer, sizeof(peer)) != sizeof(peer))
		fail("read");
	tell_ends("listener", 6, at, &peer, AMBIGUOUS);
}

static void pass_name(int to, int connection)
{
	struct address own = own_name(connection);

	if (write(to, &own, sizeof(own)) != sizeof(own))
		fail("write");
}

static void unaccepted(const struct plan *plan)
{
	call_myself("w-silent");
	for (int left = plan->count; left > 0; left -= GROUP) {
		struct address at = address_of("127.0.0.1", 0);
		int listener = listening(&at, 0, false), names[2];
		pid_t client;

		if (pipe(names))
			fail("pipe");
		client = fork_as("w-client");
		for (int i = 0; i < group_of(left); i++) {
			if (client == 0) {
				int connection = tcp_connected(&at, 0);

				tell("client", connection);
				pass_name(names[1], connection);
				close(connection);
			} else {
				tell_listener(names[0], &at);
			}
		}
		if (client == 0)
			_exit(0);
		finish(client);
		close(listener);
		close(names[0]);
		close(names[1]);
	}
}

// A SYN that is never answered: the queue of the listener is full. The client gives up at once.
static void unanswered(int to, const struct address *at)
{
	struct address own;
	int connection = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (connect(connection, (const struct sockaddr *)&at->name, at->length) == 0 || errno != EINPROGRESS)
		fail("connect to a full queue");
	own = own_name(connection);
	tell_ends("client", 6, &own, at, CERTAIN);
	pass_name(to, connection);
	close(connection);
}

static void half_open(const struct plan *plan)
{
	struct address at = address_of("127.0.0.1", 0);
	int listener, names[2], filling;

	call_myself("w-full");
	listener = listening(&at, 0, false);
	if (listen(listener, 0) || pipe(names))
		fail("listen");
	filling = tcp_connected(&at, 0);
	for (int left = plan->count; left > 0; left -= GROUP) {
		pid_t client = fork_as("w-halfopen");

		for (int i = 0; i < group_of(left); i++) {
			if (client == 0)
				unanswered(names[1], &at);
			else
				tell_listener(names[0], &at);
		}
		if (client == 0)
			_exit(0);
		finish(client);
	}
	close(filling);
	close(listener);
}

const struct workload_case unaccepted_cases[] = {
	{"short_lived", short_lived, "fork, connect, exit; the server accepts and closes at once"},
	{"unaccepted", unaccepted, "connections that the listener never accepts"},
	{"half_open", half_open, "SYN without an answer, given up at once"},
	{0},
};
