// workloads CASE... --count N --truth FILE: makes flows of every case that attribution has to tell apart, with ground truth.
//           --list prints the cases; --cgroup NAME runs in a cgroup v2 of its own; --server-ns, --client-ns (paths) and
//           --server-ip are for the cases over namespaces.
#include "cases.h"
#include "ground_truth.h"
#include "processes.h"

#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct workload_case *const lists[] = {tcp_cases,	   server_cases,    client_cases,     unaccepted_cases,
						    udp_cases,	   shared_udp_cases, icmp_cases,     passing_cases,
						    old_cases,	   namespace_cases, uring_cases,      NULL};

static void list_cases(void)
{
	for (int i = 0; lists[i]; i++)
		for (const struct workload_case *found = lists[i]; found->name; found++)
			printf("%s\t%s\n", found->name, found->shows);
}

static const struct workload_case *case_called(const char *name)
{
	for (int i = 0; lists[i]; i++)
		for (const struct workload_case *found = lists[i]; found->name; found++)
			if (strcmp(found->name, name) == 0)
				return found;
	return NULL;
}

static void enter_cgroup(const char *folder)
{
	char path[512];
	FILE *members;

	mkdir(folder, 0755);
	snprintf(path, sizeof(path), "%s/cgroup.procs", folder);
	members = fopen(path, "we");
	if (!members || fprintf(members, "%d", getpid()) < 0 || fclose(members))
		fail(path);
}

static int run_case(const char *name, const struct plan *plan, int truth)
{
	const struct workload_case *found = case_called(name);

	if (!found) {
		fprintf(stderr, "workloads: no case '%s'; see --list\n", name);
		return 2;
	}
	truth_begin(found->name, truth);
	call_myself("w-main");
	found->run(plan);
	return 0;
}

int main(int count, char **arguments)
{
	static const struct option options[] = {
		{"count", required_argument, NULL, 'n'},     {"truth", required_argument, NULL, 't'},
		{"cgroup", required_argument, NULL, 'g'},    {"server-ns", required_argument, NULL, 's'},
		{"client-ns", required_argument, NULL, 'c'}, {"server-ip", required_argument, NULL, 'i'},
		{"list", no_argument, NULL, 'l'},	     {0}};
	struct plan plan = {.count = 1, .program = "/proc/self/exe"};
	int truth = STDOUT_FILENO, status = 0, option;

	if (count == 5 && strcmp(arguments[1], "--after-exec") == 0) {
		call_myself("w-after");
		return after_exec(arguments[2], atoi(arguments[3]), atoi(arguments[4]));
	}
	while ((option = getopt_long(count, arguments, "n:t:g:s:c:i:l", options, NULL)) != -1)
		switch (option) {
		case 'n': plan.count = atoi(optarg); break;
		case 't':
			truth = open(optarg, O_WRONLY | O_CREAT | O_APPEND, 0644);
			if (truth < 0)
				fail(optarg);
			break;
		case 'g': enter_cgroup(optarg); break;
		case 's': plan.server_ns = optarg; break;
		case 'c': plan.client_ns = optarg; break;
		case 'i': plan.server_ip = optarg; break;
		case 'l': list_cases(); return 0;
		default: return 2;
		}
	signal(SIGPIPE, SIG_IGN);
	for (int i = optind; i < count && status == 0; i++)
		status = run_case(arguments[i], &plan, truth);
	return status;
}
