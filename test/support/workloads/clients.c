// Clients that connect or send in their own way, against one server that accepts, answers or just reads.
#include "cases.h"
#include "ground_truth.h"
#include "processes.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

typedef void client_way(int connection);

static pid_t start_server(int listener, int flows, void (*serve)(int))
{
	pid_t server = fork_as("w-server");

	if (server == 0) {
		for (int i = 0; i < flows; i++) {
			int connection = accepted(listener);

			tell("server", connection);
			serve(connection);
			close(connection);
		}
		_exit(0);
	}
	return server;
}

static void run_clients(const struct plan *plan, const char *name, client_way *use, void (*serve)(int))
{
	struct address at = address_of("127.0.0.1", 0);
	int listener = listening(&at, 0, false);
	pid_t server = start_server(listener, plan->count, serve);

	for (int left = plan->count; left > 0; left -= GROUP) {
		pid_t client = fork_as(name);

		if (client == 0) {
			for (int i = 0; i < group_of(left); i++) {
				int connection = tcp_connected(&at, 0);

				tell("client", connection);
				use(connection);
				close(connection);
			}
			_exit(0);
		}
		finish(client);
	}
	finish(server);
	close(listener);
}

static int memory_file(void)
{
	static int file;

	if (file == 0) {
		file = memfd_create("page", 0);
		if (file < 0 || ftruncate(file, 4096))
			fail("memfd_create");
	}
	return file;
}

static void send_a_file(int connection)
{
	off_t from = 0;

	if (sendfile(connection, memory_file(), &from, 512) != 512)
		fail("sendfile");
}

static void splice_out(int connection)
{
	loff_t from = 0;
	int ends[2];

	if (pipe(ends) || splice(memory_file(), &from, ends[1], NULL, 512, 0) != 512 ||
	    splice(ends[0], NULL, connection, NULL, 512, 0) != 512)
		fail("splice");
	close(ends[0]);
	close(ends[1]);
}

static void splice_in(int connection)
{
	int ends[2];

	if (pipe(ends))
		fail("pipe");
	if (splice(connection, NULL, ends[1], NULL, 512, 0) < 0)
		fail("splice");
	close(ends[0]);
	close(ends[1]);
}

static void half_close(int connection)
{
	char rest[64];

	shutdown(connection, SHUT_WR);
	while (recv(connection, rest, sizeof(rest), 0) > 0)
		continue;
}

static void answer_after_the_end(int connection)
{
	answer_all(connection);
	send(connection, "late", 4, MSG_NOSIGNAL);
}

static void sendfile_case(const struct plan *plan)
{
	run_clients(plan, "w-sendfile", send_a_file, answer_all);
}

static void splice_case(const struct plan *plan)
{
	run_clients(plan, "w-splice", splice_out, splice_in);
}

static void half_closed(const struct plan *plan)
{
	run_clients(plan, "w-halfclose", half_close, answer_after_the_end);
}

static void nonblocking(const struct plan *plan)
{
	struct address at = address_of("127.0.0.1", 0);
	int listener = listening(&at, 0, false);
	pid_t server = start_server(listener, plan->count, answer_all), client = fork_as("w-nonblock");

	if (client == 0) {
		for (int i = 0; i < plan->count; i++) {
			int connection = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
			struct pollfd writable = {.fd = connection, .events = POLLOUT};

			if (connect(connection, raw(&at), at.length) && errno != EINPROGRESS)
				fail("connect");
			poll(&writable, 1, -1);
			fcntl(connection, F_SETFL, 0);
			tell("client", connection);
			ask(connection);
			close(connection);
		}
		_exit(0);
	}
	finish(client);
	finish(server);
	close(listener);
}

// Nobody listens: the client is known, the other end is no process's.
static void refused(const struct plan *plan)
{
	struct address closed = address_of("127.0.0.1", 0);
	int reserved = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(reserved, raw(&closed), closed.length))
		fail("bind");
	closed = own_name(reserved);
	for (int left = plan->count; left > 0; left -= GROUP) {
		pid_t client = fork_as("w-refused");

		for (int i = 0; client == 0 && i < group_of(left); i++) {
			struct address any = address_of("127.0.0.1", 0), own;
			int connection = socket(AF_INET, SOCK_STREAM, 0);

			if (bind(connection, raw(&any), any.length))
				fail("bind");
			own = own_name(connection);
			if (connect(connection, raw(&closed), closed.length) == 0 || errno != ECONNREFUSED)
				fail("connect to a closed port");
			tell_ends("client", 6, &own, &closed, CERTAIN);
			tell_ends("nobody", 6, &closed, &own, NOBODY);
			close(connection);
		}
		if (client == 0)
			_exit(0);
		finish(client);
	}
	close(reserved);
}

// The socket stays open over exec(): another name, the same process.
static void exec_open(const struct plan *plan)
{
	struct address at = address_of("127.0.0.1", 0);
	int listener = listening(&at, 0, false);
	pid_t server = start_server(listener, plan->count, answer_all);

	for (int i = 0; i < plan->count; i++) {
		pid_t client = fork_as("w-before");

		if (client == 0) {
			char truth[16], connection[16];

			snprintf(truth, sizeof(truth), "%d", truth_fd());
			snprintf(connection, sizeof(connection), "%d", tcp_connected(&at, 0));
			execl(plan->program, "w-exec", "--after-exec", "exec_open", truth, connection, (char *)NULL);
			fail("exec");
		}
		finish(client);
	}
	finish(server);
	close(listener);
}

int after_exec(const char *case_name, int truth, int connection)
{
	truth_begin(case_name, truth);
	tell("client", connection);
	ask(connection);
	return 0;
}

const struct workload_case client_cases[] = {
	{"nonblocking", nonblocking, "connect() that ends later"},
	{"refused", refused, "connect() that is refused"},
	{"sendfile", sendfile_case, "client that only uses sendfile()"},
	{"splice", splice_case, "both ends by splice()"},
	{"half_closed", half_closed, "client ends its direction first"},
	{"exec_open", exec_open, "exec() with the socket open"},
	{0},
};
