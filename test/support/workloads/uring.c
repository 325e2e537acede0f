// io_uring: accept, connect, send and recv done inline, by the kernel's workers (IOSQE_ASYNC) and by its polling thread.
#include "cases.h"
#include "ground_truth.h"
#include "processes.h"

#include <unistd.h>

#ifdef WEIR_HAVE_LIBURING
#include <errno.h>
#include <liburing.h>
#include <stdbool.h>

struct uring_way {
	unsigned setup;	      // IORING_SETUP_...
	unsigned char entry; // IOSQE_...
};

static int complete(struct io_uring *ring, struct io_uring_sqe *entry, const struct uring_way *way)
{
	struct io_uring_cqe *done;
	int result;

	entry->flags |= way->entry;
	io_uring_submit(ring);
	if (io_uring_wait_cqe(ring, &done))
		fail("io_uring_wait_cqe");
	result = done->res;
	io_uring_cqe_seen(ring, done);
	if (result < 0) {
		errno = -result;
		fail("io_uring");
	}
	return result;
}

static int uring_receive(struct io_uring *ring, int connection, const struct uring_way *way)
{
	char text[64];
	struct io_uring_sqe *entry = io_uring_get_sqe(ring);

	io_uring_prep_recv(entry, connection, text, sizeof(text), 0);
	return complete(ring, entry, way);
}

static void uring_send(struct io_uring *ring, int connection, const struct uring_way *way)
{
	struct io_uring_sqe *entry = io_uring_get_sqe(ring);

	io_uring_prep_send(entry, connection, "ping", 4, 0);
	complete(ring, entry, way);
}

static void uring_server(int listener, int flows, const struct uring_way *way)
{
	struct io_uring ring;

	if (io_uring_queue_init(8, &ring, way->setup))
		fail("io_uring_queue_init");
	for (int i = 0; i < flows; i++) {
		struct io_uring_sqe *entry = io_uring_get_sqe(&ring);
		int connection;

		io_uring_prep_accept(entry, listener, NULL, NULL, 0);
		connection = complete(&ring, entry, way);
		tell("server", connection);
		uring_receive(&ring, connection, way);
		uring_send(&ring, connection, way);
		uring_receive(&ring, connection, way); // the end
		close(connection);
	}
	_exit(0);
}

static void uring_client(struct address at, int flows, const struct uring_way *way)
{
	struct io_uring ring;

	if (io_uring_queue_init(8, &ring, way->setup))
		fail("io_uring_queue_init");
	for (int i = 0; i < flows; i++) {
		struct io_uring_sqe *entry = io_uring_get_sqe(&ring);
		int connection = socket(AF_INET, SOCK_STREAM, 0);

		io_uring_prep_connect(entry, connection, raw(&at), at.length);
		complete(&ring, entry, way);
		tell("client", connection);
		uring_send(&ring, connection, way);
		uring_receive(&ring, connection, way);
		close(connection);
	}
	_exit(0);
}

static void uring(const struct plan *plan, struct uring_way way)
{
	struct address at = address_of("127.0.0.1", 0);
	struct io_uring ring;
	int listener, refusal = io_uring_queue_init(8, &ring, way.setup);
	pid_t server, client;

	if (refusal) {
		tell_skipped("io_uring is refused here");
		return;
	}
	io_uring_queue_exit(&ring);
	listener = listening(&at, 0, false);
	server = fork_as("w-uringserver");
	if (server == 0)
		uring_server(listener, plan->count, &way);
	client = fork_as("w-uringclient");
	if (client == 0)
		uring_client(at, plan->count, &way);
	finish(client);
	finish(server);
	close(listener);
}

static void uring_inline(const struct plan *plan)
{
	uring(plan, (struct uring_way){0});
}

static void uring_async(const struct plan *plan)
{
	uring(plan, (struct uring_way){.entry = IOSQE_ASYNC});
}

static void uring_sqpoll(const struct plan *plan)
{
	uring(plan, (struct uring_way){.setup = IORING_SETUP_SQPOLL});
}
#else
static void uring_inline(const struct plan *plan)
{
	(void)plan;
	tell_skipped("built without liburing-dev");
}
#define uring_async uring_inline
#define uring_sqpoll uring_inline
#endif

const struct workload_case uring_cases[] = {
	{"uring_inline", uring_inline, "io_uring, in the caller's context where it can"},
	{"uring_async", uring_async, "io_uring by its worker threads"},
	{"uring_sqpoll", uring_sqpoll, "io_uring by its polling thread"},
	{0},
};
