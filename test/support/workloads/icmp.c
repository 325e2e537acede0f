// Echo requests over raw and ping sockets, each to an address of its own: ports and echo ids are in no flow key.
#include "cases.h"
#include "ground_truth.h"
#include "processes.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

static uint16_t checksum(const void *data, size_t octets)
{
	const uint16_t *words = data;
	uint32_t sum = 0;

	for (size_t i = 0; i < octets / 2; i++)
		sum += words[i];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void echo(int sender, struct address to)
{
	struct icmphdr request = {.type = ICMP_ECHO, .un.echo.id = htons((uint16_t)getpid())};
	struct address own = source_towards(&to, 0);
	char answer[256];

	request.checksum = checksum(&request, sizeof(request));
	if (sendto(sender, &request, sizeof(request), 0, raw(&to), to.length) != sizeof(request))
		fail("sendto");
	tell_ends("client", IPPROTO_ICMP, &own, &to, CERTAIN);
	tell_ends("nobody", IPPROTO_ICMP, &to, &own, NOBODY);
	if (recv(sender, answer, sizeof(answer), 0) <= 0)
		fail("recv");
}

// A process and a socket for each group of destinations 127.NET.*.*.
static void echoes(const struct plan *plan, const char *name, int type, int net)
{
	int flow = 0;

	for (int left = plan->count; left > 0; left -= GROUP, flow += GROUP) {
		pid_t client = fork_as(name);

		if (client == 0) {
			int sender = socket(AF_INET, type, IPPROTO_ICMP);

			if (sender < 0)
				fail("socket");
			for (int i = flow; i < flow + group_of(left); i++) {
				char ip[32];

				snprintf(ip, sizeof(ip), "127.%d.%d.%d", net, i / 200 % 256, i % 200 + 1);
				echo(sender, address_of(ip, 0));
			}
			_exit(0);
		}
		finish(client);
	}
}

static bool possible(int type)
{
	int made = socket(AF_INET, type, IPPROTO_ICMP);

	if (made < 0)
		tell_skipped(type == SOCK_RAW ? "raw sockets need CAP_NET_RAW"
					      : "net.ipv4.ping_group_range has no group of this user");
	else
		close(made);
	return made >= 0;
}

static void icmp_raw(const struct plan *plan)
{
	if (possible(SOCK_RAW))
		echoes(plan, "w-raw", SOCK_RAW, 20);
}

static void icmp_ping(const struct plan *plan)
{
	if (possible(SOCK_DGRAM))
		echoes(plan, "w-ping", SOCK_DGRAM, 21);
}

const struct workload_case icmp_cases[] = {
	{"icmp_raw", icmp_raw, "echo requests over a raw socket"},
	{"icmp_ping", icmp_ping, "echo requests over a ping socket"},
	{0},
};
