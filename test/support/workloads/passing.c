// Connections that change hands by SCM_RIGHTS: the last user is the one who has the flow.
#include "cases.h"
#include "ground_truth.h"
#include "processes.h"

#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

static void make_channel(int channel[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, channel))
		fail("socketpair");
}

static pid_t start_server(int listener, int flows)
{
	pid_t server = fork_as("w-server");

	if (server == 0) {
		for (int i = 0; i < flows; i++) {
			int connection = accepted(listener);

			tell("server", connection);
			answer_all(connection);
			close(connection);
		}
		_exit(0);
	}
	return server;
}

// One process connects, another one asks.
static void passed_client(const struct plan *plan)
{
	struct address at = address_of("127.0.0.1", 0);
	int listener = listening(&at, 0, false), channel[2];
	pid_t server = start_server(listener, plan->count), opener, user;

	make_channel(channel);
	user = fork_as("w-user");
	if (user == 0) {
		drop_privileges();
		for (int i = 0; i < plan->count; i++) {
			int connection = receive_descriptor(channel[1]);

			tell("client", connection);
			ask(connection);
			close(connection);
		}
		_exit(0);
	}
	opener = fork_as("w-opener");
	if (opener == 0) {
		for (int i = 0; i < plan->count; i++) {
			int connection = tcp_connected(&at, 0);

			send_descriptor(channel[0], connection);
			close(connection);
		}
		_exit(0);
	}
	finish(opener);
	finish(user);
	finish(server);
	close(channel[0]);
	close(channel[1]);
	close(listener);
}

// The parent accepts and hands over to a worker that lives on.
static void passed_server(const struct plan *plan)
{
	struct address at = address_of("127.0.0.1", 0);
	int listener = listening(&at, 0, false), channel[2];
	pid_t worker, client;

	make_channel(channel);
	worker = fork_as("w-worker");
	if (worker == 0) {
		drop_privileges();
		for (int i = 0; i < plan->count; i++) {
			int connection = receive_descriptor(channel[1]);

			tell("server", connection);
			answer_all(connection);
			close(connection);
		}
		_exit(0);
	}
	client = fork_as("w-client");
	if (client == 0) {
		connect_and_ask(&at, 0, plan->count);
		_exit(0);
	}
	call_myself("w-accepter");
	for (int i = 0; i < plan->count; i++) {
		int connection = accepted(listener);

		send_descriptor(channel[0], connection);
		close(connection);
	}
	finish(client);
	finish(worker);
	close(channel[0]);
	close(channel[1]);
	close(listener);
}

const struct workload_case passing_cases[] = {
	{"passed_client", passed_client, "connected by one process, used by another (SCM_RIGHTS)"},
	{"passed_server", passed_server, "accepted by the parent, served by a worker (SCM_RIGHTS)"},
	{0},
};
