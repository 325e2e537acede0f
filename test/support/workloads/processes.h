// Processes of a case: named, perhaps with another user, always waited for.
#ifndef WEIR_WORKLOAD_PROCESSES_H
#define WEIR_WORKLOAD_PROCESSES_H

#include <sys/types.h>

enum { NOBODY_UID = 65534, NOBODY_GID = 65533 };

// fork(): 0 in the child, which is called `name` from then on.
pid_t fork_as(const char *name);
void call_myself(const char *name);
void drop_privileges(void);
// Waits; a child that failed fails the case.
void finish(pid_t child);
// Ends a server that runs until it is told to.
void end(pid_t child);

#endif
