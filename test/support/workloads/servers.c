// Servers that divide the work: among threads, forked children, workers made before, another user.
#include "cases.h"
#include "ground_truth.h"
#include "processes.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS = 4 };

static void clients(const struct address *to, int flows)
{
	for (int left = flows; left > 0; left -= GROUP) {
		pid_t client = fork_as("w-client");

		if (client == 0) {
			drop_privileges();
			connect_and_ask(to, 0, group_of(left));
			_exit(0);
		}
		finish(client);
	}
}

static void serve_one(int connection)
{
	tell("server", connection);
	answer_all(connection);
	close(connection);
}

static void serve_forever(int listener)
{
	for (;;)
		serve_one(accepted(listener));
}

static void *io_thread(void *connection)
{
	serve_one((int)(long)connection);
	return NULL;
}

static void thread_each(const struct plan *plan)
{
	struct address at = address_of("127.0.0.1", 0);
	int listener = listening(&at, 0, false);
	pid_t server = fork_as("w-threads");

	if (server == 0) {
		for (int i = 0; i < plan->count; i++) {
			pthread_t thread;

			pthread_create(&thread, NULL, io_thread, (void *)(long)accepted(listener));
			pthread_join(thread, NULL);
		}
		_exit(0);
	}
	clients(&at, plan->count);
	finish(server);
}

static int epoll_listener;

static void *epoll_thread(void *unused)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE};
	int poll = epoll_create1(0);

	(void)unused;
	epoll_ctl(poll, EPOLL_CTL_ADD, epoll_listener, &event);
	while (epoll_wait(poll, &event, 1, -1) == 1) {
		int connection = accept4(epoll_listener, NULL, NULL, 0);

		if (connection >= 0)
			serve_one(connection);
	}
	return NULL;
}

static void epoll_workers(const struct plan *plan)
{
	struct address at = address_of("127.0.0.1", 0);
	pid_t server;

	epoll_listener = listening(&at, 0, false);
	fcntl(epoll_listener, F_SETFL, O_NONBLOCK);
	server = fork_as("w-epoll");
	if (server == 0) {
		pthread_t threads[WORKERS];

		for (int i = 0; i < WORKERS; i++)
			pthread_create(&threads[i], NULL, epoll_thread, NULL);
		for (;;)
			pause();
	}
	clients(&at, plan->count);
	end(server);
	close(epoll_listener);
}

static void fork_each(const struct plan *plan)
{
	struct address at = address_of("127.0.0.1", 0);
	int listener = listening(&at, 0, false);
	pid_t server = fork_as("w-forker");

	if (server == 0) {
		for (int i = 0; i < plan->count; i++) {
			int connection = accepted(listener);

			if (fork_as("w-forked") == 0) {
				serve_one(connection);
				_exit(0);
			}
			close(connection);
			while (waitpid(-1, NULL, WNOHANG) > 0)
				continue;
		}
		while (wait(NULL) > 0)
			continue;
		_exit(0);
	}
	clients(&at, plan->count);
	finish(server);
}

// Workers made before the first connection, with the listener of their parent or one each (SO_REUSEPORT).
static void prefork(const struct plan *plan, bool own_listener)
{
	struct address at = address_of("127.0.0.1", 0);
	int listener = listening(&at, 0, own_listener);
	int own[WORKERS];
	pid_t workers[WORKERS];

	for (int i = 0; i < WORKERS; i++)
		own[i] = own_listener && i > 0 ? listening(&at, 0, true) : listener;
	for (int i = 0; i < WORKERS; i++) {
		char name[16];

		snprintf(name, sizeof(name), "w-worker%d", i);
		workers[i] = fork_as(name);
		if (workers[i] == 0) {
			drop_privileges();
			serve_forever(own[i]);
		}
	}
	clients(&at, plan->count);
	for (int i = 0; i < WORKERS; i++) {
		end(workers[i]);
		if (own[i] != listener)
			close(own[i]);
	}
	close(listener);
}

static void prefork_shared(const struct plan *plan)
{
	prefork(plan, false);
}

static void prefork_reuseport(const struct plan *plan)
{
	prefork(plan, true);
}

// Binds as root and serves as nobody; a new server for each group.
static void dropped_uid(const struct plan *plan)
{
	for (int left = plan->count; left > 0; left -= GROUP) {
		struct address at = address_of("127.0.0.1", 0);
		int listener = listening(&at, 0, false);
		pid_t server = fork_as("w-dropped");

		if (server == 0) {
			drop_privileges();
			for (int i = 0; i < group_of(left); i++)
				serve_one(accepted(listener));
			_exit(0);
		}
		clients(&at, group_of(left));
		finish(server);
		close(listener);
	}
}

const struct workload_case server_cases[] = {
	{"thread_each", thread_each, "accepted in the main thread, served in one of its own"},
	{"epoll_workers", epoll_workers, "epoll threads that share a listener"},
	{"fork_each", fork_each, "accepted by the parent, served by a child"},
	{"prefork_shared", prefork_shared, "workers that share their parent's listener, uid dropped"},
	{"prefork_reuseport", prefork_reuseport, "workers with a SO_REUSEPORT listener each"},
	{"dropped_uid", dropped_uid, "uid dropped between listen and accept"},
	{0},
};
