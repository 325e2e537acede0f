// attribution_loads LOAD SECONDS [RATE [OPERATIONS]]: one kind of traffic over loopback, as fast as it goes or RATE operations a
// second, until the time is over or so many are done;
// prints {"load","operations","seconds","perSecond","cpuNsPerOperation"}. The client runs on processor 0, servers on 1.
//   tcpcc     connect and close            tcpcrr  connect, one octet each way, close     tcprr  one octet ping-pong
//   udpsend   send to a socket nobody reads   udpself send and receive   tcpbulk, udpbulk  64 kB and 1400 octets a call
//   hold      opens RATE sockets, says "ready PID:PORT ..." (who listens where) and keeps them until stdin ends; at each octet from
//             there every client sends one, which nobody reads
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LISTENERS = 16, BURST = 16, HOLD_PER_CHILD = 8000, HOLD_CHILDREN = 16 };

struct holder {
	int process, port;
};

static struct sockaddr_in listener_name[LISTENERS];
static int listeners[LISTENERS];

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "attribution_loads: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void run_on(int processor)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(processor, &set);
	sched_setaffinity(0, sizeof(set), &set); // where there is only one, it stays
}

static int bound(int type, struct sockaddr_in *name)
{
	socklen_t size = sizeof(*name);
	int made = socket(AF_INET, type, 0);

	*name = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (made < 0 || bind(made, (struct sockaddr *)name, sizeof(*name)) ||
	    getsockname(made, (struct sockaddr *)name, &size))
		fail("bind");
	return made;
}

static int connected(const struct sockaddr_in *to, int type)
{
	int made = socket(AF_INET, type, 0);

	if (made < 0 || connect(made, (const struct sockaddr *)to, sizeof(*to)))
		fail("connect");
	return made;
}

static void *accept_and_answer(void *listener)
{
	char text[64];

	run_on(1);
	for (;;) {
		int connection = accept((int)(long)listener, NULL, NULL);
		ssize_t length;

		if (connection < 0)
			return NULL;
		length = recv(connection, text, sizeof(text), 0);
		if (length > 0 && send(connection, text, 1, MSG_NOSIGNAL) == 1)
			recv(connection, text, sizeof(text), 0);
		close(connection);
	}
}

static void *echo(void *connection)
{
	char text[64];
	ssize_t length;

	run_on(1);
	while ((length = recv((int)(long)connection, text, sizeof(text), 0)) > 0)
		send((int)(long)connection, text, (size_t)length, MSG_NOSIGNAL);
	return NULL;
}

static void *swallow(void *connection)
{
	static char text[1 << 18];

	run_on(1);
	while (recv((int)(long)connection, text, sizeof(text), 0) > 0)
		continue;
	return NULL;
}

static void start(void *(*run)(void *), int socket)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, run, (void *)(long)socket))
		fail("pthread_create");
}

static void start_listeners(void)
{
	for (int i = 0; i < LISTENERS; i++) {
		listeners[i] = bound(SOCK_STREAM, &listener_name[i]);
		if (listen(listeners[i], 4096))
			fail("listen");
		start(accept_and_answer, listeners[i]);
	}
}

// Closed by RST: no port waits in TIME_WAIT.
static void close_now(int connection)
{
	struct linger at_once = {.l_onoff = 1, .l_linger = 0};

	setsockopt(connection, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(connection);
}

static int near_end, far_end;
static struct sockaddr_in far_name;

static void tcp_pair(void)
{
	int listener = bound(SOCK_STREAM, &far_name), on = 1;

	if (listen(listener, 1))
		fail("listen");
	near_end = connected(&far_name, SOCK_STREAM);
	far_end = accept(listener, NULL, NULL);
	setsockopt(near_end, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(far_end, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static void udp_pair(void)
{
	near_end = socket(AF_INET, SOCK_DGRAM, 0);
	far_end = bound(SOCK_DGRAM, &far_name);
}

static void prepare_tcprr(void)
{
	tcp_pair();
	start(echo, far_end);
}

static void prepare_tcpbulk(void)
{
	tcp_pair();
	start(swallow, far_end);
}

static void prepare_udpsend(void)
{
	int small = 2304;

	udp_pair();
	setsockopt(far_end, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
}

static void prepare_udpbulk(void)
{
	udp_pair();
	start(swallow, far_end);
}

static void tcpcc(void)
{
	static int turn;

	close_now(connected(&listener_name[turn++ % LISTENERS], SOCK_STREAM));
}

static void ping(int connection)
{
	char octet;

	if (send(connection, "x", 1, MSG_NOSIGNAL) != 1 || recv(connection, &octet, 1, 0) != 1)
		fail("ping");
}

static void tcpcrr(void)
{
	static int turn;
	int connection = connected(&listener_name[turn++ % LISTENERS], SOCK_STREAM);

	ping(connection);
	close_now(connection);
}

static void tcprr(void)
{
	ping(near_end);
}

static void udpsend(void)
{
	static char text[64];

	sendto(near_end, text, sizeof(text), 0, (struct sockaddr *)&far_name, sizeof(far_name));
}

static void udpself(void)
{
	char text[64];

	udpsend();
	recv(far_end, text, sizeof(text), 0);
}

static void tcpbulk(void)
{
	static char text[65536];

	if (send(near_end, text, sizeof(text), MSG_NOSIGNAL) < 0)
		fail("send");
}

static void udpbulk(void)
{
	static char text[1400];

	sendto(near_end, text, sizeof(text), 0, (struct sockaddr *)&far_name, sizeof(far_name));
}

static const struct load {
	const char *name;
	void (*prepare)(void);
	void (*once)(void);
} loads[] = {
	{"tcpcc", start_listeners, tcpcc},    {"tcpcrr", start_listeners, tcpcrr}, {"tcprr", prepare_tcprr, tcprr},
	{"udpsend", prepare_udpsend, udpsend}, {"udpself", udp_pair, udpself},      {"tcpbulk", prepare_tcpbulk, tcpbulk},
	{"udpbulk", prepare_udpbulk, udpbulk},
};

static void pause_until(double time)
{
	struct timespec until = {.tv_sec = (time_t)time, .tv_nsec = (long)((time - (double)(time_t)time) * 1e9)};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static void run(const struct load *load, double seconds, double rate, unsigned long most)
{
	double begin, cpu, end, used;
	unsigned long operations = 0;

	load->prepare();
	begin = now(CLOCK_MONOTONIC);
	cpu = now(CLOCK_PROCESS_CPUTIME_ID);
	do {
		for (int i = 0; i < BURST; i++, operations++)
			load->once();
		if (rate > 0)
			pause_until(begin + (double)operations / rate);
		end = now(CLOCK_MONOTONIC);
	} while (end - begin < seconds && (most == 0 || operations < most));
	used = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	printf("{\"load\":\"%s\",\"operations\":%lu,\"seconds\":%.4f,\"perSecond\":%.1f,\"cpuNsPerOperation\":%.1f}\n",
	       load->name, operations, end - begin, (double)operations / (end - begin), used * 1e9 / (double)operations);
}

// A child that holds connections: it says where it listens, and at each octet on `orders` every client sends one octet, which
// nobody reads.
static void hold_connections(int connections, int orders, int said)
{
	int listener = bound(SOCK_STREAM, &far_name), clients[HOLD_PER_CHILD / 2];
	struct holder holder = {.process = getpid(), .port = ntohs(far_name.sin_port)};
	char octet;

	if (listen(listener, 4096))
		fail("listen");
	for (int i = 0; i < connections; i++) {
		clients[i] = connected(&far_name, SOCK_STREAM);
		if (accept(listener, NULL, NULL) < 0)
			fail("accept");
	}
	if (write(said, &holder, sizeof(holder)) != sizeof(holder))
		fail("write");
	while (read(orders, &octet, 1) > 0)
		for (int i = 0; i < connections; i++)
			if (send(clients[i], "x", 1, MSG_NOSIGNAL) != 1)
				fail("send");
	exit(0);
}

// RATE sockets (both ends of RATE / 2 connections) that stay open; in children of a few thousand, since descriptors are limited.
static void hold(int sockets)
{
	int orders[HOLD_CHILDREN][2], said[2], children = 0, octet;
	struct holder holders[HOLD_CHILDREN];

	if (pipe(said))
		fail("pipe");
	for (int left = sockets / 2; left > 0 && children < HOLD_CHILDREN; left -= HOLD_PER_CHILD / 2, children++) {
		if (pipe(orders[children]))
			fail("pipe");
		if (fork() == 0) {
			close(orders[children][1]);
			hold_connections(left < HOLD_PER_CHILD / 2 ? left : HOLD_PER_CHILD / 2, orders[children][0], said[1]);
		}
		if (read(said[0], &holders[children], sizeof(holders[0])) != sizeof(holders[0]))
			fail("hold");
	}
	printf("ready");
	for (int i = 0; i < children; i++)
		printf(" %d:%d", holders[i].process, holders[i].port);
	putchar('\n');
	fflush(stdout);
	while ((octet = getchar()) != EOF)
		for (int i = 0; i < children; i++)
			if (write(orders[i][1], "x", 1) != 1)
				fail("write");
}

int main(int count, char **arguments)
{
	double seconds = count > 2 ? atof(arguments[2]) : 0, rate = count > 3 ? atof(arguments[3]) : 0;
	unsigned long most = count > 4 ? strtoul(arguments[4], NULL, 10) : 0;

	if (count > 3 && strcmp(arguments[1], "hold") == 0) {
		hold((int)rate);
		return 0;
	}
	run_on(0);
	for (size_t i = 0; count > 2 && i < sizeof(loads) / sizeof(loads[0]); i++)
		if (strcmp(loads[i].name, arguments[1]) == 0) {
			run(&loads[i], seconds, rate, most);
			return 0;
		}
	fprintf(stderr, "attribution_loads LOAD SECONDS [RATE [OPERATIONS]]; see the head of its source\n");
	return 2;
}
