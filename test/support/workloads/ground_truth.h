// What a workload knows of itself, one JSON line for each end of each flow: the judge of attribution compares weir's
// records with these lines. Lines are written with one write() to a file opened for appending, by every process.
#ifndef WEIR_GROUND_TRUTH_H
#define WEIR_GROUND_TRUTH_H

#include "sockets.h"

enum end_flags {
	CERTAIN = 0,
	AMBIGUOUS = 1, // nobody can know the owner: weir must say tentative
	NOBODY = 2,    // no process has this end: weir must name none
};

// The case whose lines follow, and where they go; `fd` outlives fork and exec.
void truth_begin(const char *case_name, int fd);
int truth_fd(void);

// The process has changed (fork, name, uid, cgroup, network namespace): it is looked at again for the next line.
void truth_identity_changed(void);
// Sockets belong to this network namespace (inode), wherever the process is; 0 = the process's own.
void truth_socket_netns(unsigned long inode);

// The calling process has this end of the flow. The first form takes both names from a connected socket.
void tell(const char *role, int socket);
void tell_ends(const char *role, int protocol, const struct address *local, const struct address *remote,
	       enum end_flags flags);
// So many flows of the calling process, one after the other: each is told, asks and is closed.
void connect_and_ask(const struct address *to, int protocol, int flows);
// A case that cannot run here, with the reason.
void tell_skipped(const char *reason);

#endif
