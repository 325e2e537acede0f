#include "ground_truth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct identity {
	unsigned long long start_ms; // since 1970, from clock ticks
	unsigned long cgroup;	     // v2 id, 0 = cannot be known
	unsigned long netns;
	char name[64]; // of the thread group leader
	int pid;       // 0 = not read yet
};

static const char *current_case = "";
static int out = STDOUT_FILENO;
static unsigned long netns_override;
static struct identity self;
static char cgroup_mount[256];

void truth_begin(const char *case_name, int fd)
{
	current_case = case_name;
	out = fd;
}

int truth_fd(void)
{
	return out;
}

void truth_identity_changed(void)
{
	self.pid = 0;
}

void truth_socket_netns(unsigned long inode)
{
	netns_override = inode;
}

static void read_file(const char *path, char *text, size_t size)
{
	FILE *file = fopen(path, "re");
	size_t length = file ? fread(text, 1, size - 1, file) : 0;

	text[length] = 0;
	if (file)
		fclose(file);
}

static unsigned long inode_of(const char *path)
{
	struct stat found;

	return stat(path, &found) == 0 ? found.st_ino : 0;
}

static void find_cgroup_mount(void)
{
	FILE *mounts = fopen("/proc/self/mounts", "re");
	char line[1024], place[256], type[64];

	while (mounts && fgets(line, sizeof(line), mounts))
		if (sscanf(line, "%*s %255s %63s", place, type) == 2 && strcmp(type, "cgroup2") == 0) {
			strcpy(cgroup_mount, place);
			break;
		}
	if (mounts)
		fclose(mounts);
}

static unsigned long cgroup_id(void)
{
	char text[4096], path[4096 + sizeof(cgroup_mount)];
	char *line, *rest = text;

	if (!cgroup_mount[0])
		find_cgroup_mount();
	if (!cgroup_mount[0])
		return 0;
	read_file("/proc/self/cgroup", text, sizeof(text));
	while ((line = strsep(&rest, "\n")))
		if (strncmp(line, "0::", 3) == 0) {
			snprintf(path, sizeof(path), "%s%s", cgroup_mount, line + 3);
			return inode_of(path);
		}
	return 0;
}

static unsigned long long milliseconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (unsigned long long)now.tv_sec * 1000 + (unsigned long long)now.tv_nsec / 1000000;
}

// Start of the process as /proc/self/stat has it: field 22, clock ticks since boot.
static unsigned long long start_ms(void)
{
	char text[1024];
	char *after_name;
	unsigned long long ticks = 0;

	read_file("/proc/self/stat", text, sizeof(text));
	after_name = strrchr(text, ')');
	if (after_name)
		sscanf(after_name + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
		       &ticks);
	return milliseconds(CLOCK_REALTIME) - milliseconds(CLOCK_BOOTTIME) +
	       ticks * 1000 / (unsigned long long)sysconf(_SC_CLK_TCK);
}

static void look_at_self(void)
{
	self.start_ms = start_ms();
	self.cgroup = cgroup_id();
	self.netns = inode_of("/proc/self/ns/net");
	read_file("/proc/self/comm", self.name, sizeof(self.name));
	self.name[strcspn(self.name, "\n")] = 0;
	self.pid = getpid();
}

static void write_line(const char *line, int length)
{
	if (length < 0 || write(out, line, (size_t)length) != length) {
		perror("ground truth");
		_exit(1);
	}
}

void tell_ends(const char *role, int protocol, const struct address *local, const struct address *remote,
	       enum end_flags flags)
{
	char line[1024], here[64], there[64];

	if (self.pid != getpid())
		look_at_self();
	write_line(line,
		   snprintf(line, sizeof(line),
			    "{\"case\":\"%s\",\"role\":\"%s\",\"protocol\":%d,\"local\":\"%s\",\"lport\":%d,"
			    "\"remote\":\"%s\",\"rport\":%d,\"pid\":%d,\"startMs\":%llu,\"comm\":\"%s\",\"uid\":%u,"
			    "\"gid\":%u,\"cgroup\":%lu,\"netns\":%lu,\"timeMs\":%llu%s%s}\n",
			    current_case, role, protocol, text_of(local, here, sizeof(here)), port_of(local),
			    text_of(remote, there, sizeof(there)), port_of(remote), self.pid, self.start_ms, self.name,
			    getuid(), getgid(), self.cgroup, netns_override ? netns_override : self.netns,
			    milliseconds(CLOCK_REALTIME), flags & AMBIGUOUS ? ",\"ambiguous\":true" : "",
			    flags & NOBODY ? ",\"nobody\":true" : ""));
}

void tell(const char *role, int socket)
{
	struct address local = own_name(socket), remote = peer_name(socket);

	tell_ends(role, protocol_of(socket), &local, &remote, CERTAIN);
}

void tell_skipped(const char *reason)
{
	char line[512];

	write_line(line,
		   snprintf(line, sizeof(line), "{\"case\":\"%s\",\"skipped\":\"%s\"}\n", current_case, reason));
}

void connect_and_ask(const struct address *to, int protocol, int flows)
{
	for (int i = 0; i < flows; i++) {
		int connection = tcp_connected(to, protocol);

		tell("client", connection);
		ask(connection);
		close(connection);
	}
}
