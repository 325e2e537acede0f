#include "processes.h"

#include "ground_truth.h"
#include "sockets.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

void call_myself(const char *name)
{
	prctl(PR_SET_NAME, name);
	truth_identity_changed();
}

pid_t fork_as(const char *name)
{
	pid_t child = fork();

	if (child < 0)
		fail("fork");
	if (child == 0)
		call_myself(name);
	return child;
}

// Needs root; without it the process stays who it is, and says so in its ground truth.
void drop_privileges(void)
{
	if (getuid() != 0)
		return;
	if (setgroups(0, NULL) || setgid(NOBODY_GID) || setuid(NOBODY_UID))
		fail("setuid");
	truth_identity_changed();
}

void finish(pid_t child)
{
	int status = 0;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			fail("waitpid");
	if (status != 0) {
		fprintf(stderr, "workload: process %d ended with status %d\n", child, status);
		_exit(1);
	}
}

void end(pid_t child)
{
	kill(child, SIGTERM);
	waitpid(child, NULL, 0);
}
