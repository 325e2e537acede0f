// The cases of attribution: each makes plan->count flows (a few more where groups round up) and tells the ground truth.
#ifndef WEIR_WORKLOAD_CASES_H
#define WEIR_WORKLOAD_CASES_H

struct plan {
	int count;		 // flows
	const char *program;	 // own path, for cases that exec
	const char *server_ns;	 // cases over namespaces: paths, and the server's address
	const char *client_ns;
	const char *server_ip;
};

struct workload_case {
	const char *name;
	void (*run)(const struct plan *plan);
	const char *shows;
};

// Each file's cases; the list ends with a null name.
extern const struct workload_case tcp_cases[], server_cases[], client_cases[], unaccepted_cases[], udp_cases[],
	shared_udp_cases[], icmp_cases[], passing_cases[], old_cases[], namespace_cases[], uring_cases[];

// The process after exec() of the case exec_open.
int after_exec(const char *case_name, int truth, int socket);

// Flows that one client process makes before the next one is started.
enum { GROUP = 50 };
static inline int group_of(int left)
{
	return left < GROUP ? left : GROUP;
}

#endif
