// Client and server in two network namespaces; and a socket made in one by a process that has gone back to another.
#include "cases.h"
#include "ground_truth.h"
#include "processes.h"

#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_namespace(const char *path)
{
	int found = open(path, O_RDONLY | O_CLOEXEC);

	if (found < 0)
		fail(path);
	return found;
}

static void enter(int namespace)
{
	if (setns(namespace, CLONE_NEWNET))
		fail("setns");
	truth_identity_changed();
}

static pid_t start_server(const struct plan *plan, struct address *at)
{
	int name[2];
	pid_t server;

	if (pipe(name))
		fail("pipe");
	server = fork_as("w-nsserver");
	if (server == 0) {
		int listener;

		enter(open_namespace(plan->server_ns));
		listener = listening(at, 0, false);
		if (write(name[1], at, sizeof(*at)) != sizeof(*at))
			fail("write");
		for (int i = 0; i < plan->count; i++) {
			int connection = accepted(listener);

			tell("server", connection);
			answer_all(connection);
			close(connection);
		}
		_exit(0);
	}
	if (read(name[0], at, sizeof(*at)) != sizeof(*at))
		fail("read");
	close(name[0]);
	close(name[1]);
	return server;
}

static bool given(const struct plan *plan)
{
	if (plan->server_ns && plan->client_ns && plan->server_ip)
		return true;
	tell_skipped("no network namespaces given");
	return false;
}

static void netns(const struct plan *plan)
{
	struct address at;
	pid_t server, client;

	if (!given(plan))
		return;
	at = address_of(plan->server_ip, 0);
	server = start_server(plan, &at);
	client = fork_as("w-nsclient");
	if (client == 0) {
		enter(open_namespace(plan->client_ns));
		connect_and_ask(&at, 0, plan->count);
		_exit(0);
	}
	finish(client);
	finish(server);
}

// The task is at home again when it connects: only the socket is in the namespace.
static void netns_moved(const struct plan *plan)
{
	struct address at;
	pid_t server, client;

	if (!given(plan))
		return;
	at = address_of(plan->server_ip, 0);
	server = start_server(plan, &at);
	client = fork_as("w-nsmoved");
	if (client == 0) {
		int home = open_namespace("/proc/self/ns/net"), away = open_namespace(plan->client_ns);
		struct stat place;

		if (fstat(away, &place))
			fail("fstat");
		truth_socket_netns(place.st_ino);
		for (int i = 0; i < plan->count; i++) {
			int connection;

			enter(away);
			connection = socket(at.name.ss_family, SOCK_STREAM, 0);
			enter(home);
			join(connection, &at);
			tell("client", connection);
			ask(connection);
			close(connection);
		}
		_exit(0);
	}
	finish(client);
	finish(server);
}

const struct workload_case namespace_cases[] = {
	{"netns", netns, "client and server in two network namespaces"},
	{"netns_moved", netns_moved, "socket made in another namespace than its process is in"},
	{0},
};
