/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
 * What the BPF programs write and C++ reads: one layout, natural alignment, host byte order; addresses and the
 * like as on the wire. Both sides include this file; sizes are asserted on both sides (see the end). */
#ifndef WEIR_SOCKET_EVENT_H
#define WEIR_SOCKET_EVENT_H

#ifdef __cplusplus
#include <cstdint>
#define WEIR_ASSERT static_assert
extern "C" {
typedef uint8_t weir_u8;
typedef uint16_t weir_u16;
typedef uint32_t weir_u32;
typedef uint64_t weir_u64;
#else
#define WEIR_ASSERT _Static_assert
typedef unsigned char weir_u8;
typedef unsigned short weir_u16;
typedef unsigned int weir_u32;
typedef unsigned long long weir_u64;
#endif

enum weir_event_kind {
	WEIR_CONNECT = 1,     /* TCP SYN_SENT, in the caller's context: weir_owner_event */
	WEIR_LISTEN = 2,      /* TCP LISTEN, in the caller's context: weir_owner_event */
	WEIR_ESTABLISHED = 3, /* TCP active open is complete: weir_socket_event */
	WEIR_OWNER = 4,       /* a process used the socket that did not before: weir_owner_event */
	WEIR_CLOSE = 5,       /* TCP left the table; old_state SYN_SENT: refused or given up; LISTEN: takes no more
	                         connections: weir_close_event */
	WEIR_RELEASE = 6,     /* last descriptor closed (not TCP, or TCP nobody was named for): weir_owner_event, or, with sums
	                         of lengths (size says so), weir_snapshot_event; tgid 0: closed by a kernel thread for nobody */
	WEIR_SNAPSHOT = 7,    /* a socket that exists, once per process that holds it: weir_snapshot_event */
	WEIR_RETRANSMIT = 8,  /* a TCP segment goes out again (asked for only): weir_socket_event */
	WEIR_EXEC = 9,        /* weir_process_event; names are those after exec */
	WEIR_EXIT = 10,       /* thread group leader's exit: weir_process_event */
	WEIR_FORK = 11,       /* a new thread group, the child's identity (asked for only): weir_process_event */
	WEIR_CGROUP = 12,     /* a cgroup was made: weir_cgroup_event */
	WEIR_KINDS = 13
};

struct weir_event {
	weir_u64 time_ns; /* CLOCK_MONOTONIC */
	weir_u16 kind;
	weir_u16 size; /* of the whole event */
	weir_u32 reserved;
};

struct weir_socket {
	weir_u64 cookie;       /* MPTCP: an accepted socket may have its listener's */
	weir_u64 netns_cookie; /* of the socket, not of the task */
	weir_u32 netns;        /* inode */
	weir_u16 family;       /* AF_INET or AF_INET6 */
	weir_u16 protocol;     /* as the socket has it: 262 = MPTCP */
	weir_u16 local_port;
	weir_u16 remote_port;  /* 0 = not connected */
	weir_u8 state;         /* enum of net/tcp_states.h */
	weir_u8 old_state;     /* state events */
	weir_u8 type;          /* SOCK_STREAM, SOCK_DGRAM, SOCK_RAW */
	weir_u8 flags;         /* enum weir_socket_flags */
	weir_u8 local[16];     /* AF_INET: the first 4 octets; AF_INET6 may hold ::ffff:a.b.c.d */
	weir_u8 remote[16];
};

enum weir_socket_flags {
	WEIR_SHARES_PORT = 1 /* SO_REUSEADDR or SO_REUSEPORT: others may have the port at the same time */
};

struct weir_process {
	weir_u64 start_ns;  /* thread group leader's start, CLOCK_BOOTTIME */
	weir_u64 cgroup_id; /* cgroup v2 id = inode of its directory; 1 = root */
	weir_u64 parent_start_ns;
	weir_u32 tgid;
	weir_u32 tid;
	weir_u32 uid;
	weir_u32 gid;
	weir_u32 euid;
	weir_u32 egid;
	weir_u32 parent_tgid;
	weir_u32 pid_namespace; /* inode */
	char name[16];          /* of the thread group leader */
	char parent_name[16];
};

/* tcp_sock; times in microseconds */
struct weir_tcp_health {
	weir_u64 bytes_acked;    /* with SYN and FIN */
	weir_u64 bytes_received; /* with FIN */
	weir_u64 bytes_sent;
	weir_u64 bytes_retransmitted;
	weir_u32 srtt_us;
	weir_u32 rttvar_us;
	weir_u32 min_rtt_us; /* 0xffffffff = none yet */
	weir_u32 retransmits;
	weir_u32 lost;
	weir_u32 reordering; /* reord_seen */
	weir_u32 out_of_order;
	weir_u32 cwnd;
	weir_u32 ssthresh;
	weir_u32 mss;
	weir_u32 segs_in;
	weir_u32 segs_out;
	weir_u32 busy_us; /* chrono_stat[0..2], jiffies turned into microseconds, saturating */
	weir_u32 rwnd_limited_us;
	weir_u32 sndbuf_limited_us;
	weir_u32 flags; /* enum weir_sum_flags */
	weir_u64 established_ns; /* CLOCK_MONOTONIC: came to ESTABLISHED, and left it; 0 = not known, not yet */
	weir_u64 left_ns;
};

/* Each says that one octet is to be taken off a sum, which is no payload. */
enum weir_sum_flags {
	WEIR_SUM_SYN = 1,          /* bytes_acked counts our SYN: this side connected */
	WEIR_SUM_FIN_SENT = 2,     /* bytes_acked counts our FIN */
	WEIR_SUM_FIN_RECEIVED = 4  /* bytes_received counts the other side's FIN */
};

struct weir_socket_event {
	struct weir_event event;
	struct weir_socket socket;
};

struct weir_owner_event {
	struct weir_event event;
	struct weir_socket socket;
	struct weir_process process;
};

struct weir_close_event {
	struct weir_event event;
	struct weir_socket socket;
	struct weir_tcp_health health;
};

struct weir_snapshot_event {
	struct weir_event event;
	struct weir_socket socket;
	struct weir_process process;
	struct weir_tcp_health health; /* zero unless TCP; UDP with sums of lengths: bytes_sent, bytes_received, segs_out, segs_in */
};

struct weir_process_event {
	struct weir_event event;
	struct weir_process process;
};

#define WEIR_CGROUP_PATH 240
struct weir_cgroup_event {
	struct weir_event event;
	weir_u64 cgroup_id;
	weir_u32 hierarchy; /* 0 = v2 */
	weir_u32 reserved;
	char path[WEIR_CGROUP_PATH]; /* from the hierarchy's root, ends in NUL; cut when longer */
};

WEIR_ASSERT(sizeof(struct weir_event) == 16, "weir_event");
WEIR_ASSERT(sizeof(struct weir_socket) == 64, "weir_socket");
WEIR_ASSERT(sizeof(struct weir_process) == 88, "weir_process");
WEIR_ASSERT(sizeof(struct weir_tcp_health) == 112, "weir_tcp_health");
WEIR_ASSERT(sizeof(struct weir_owner_event) == 168, "weir_owner_event");
WEIR_ASSERT(sizeof(struct weir_close_event) == 192, "weir_close_event");
WEIR_ASSERT(sizeof(struct weir_snapshot_event) == 280, "weir_snapshot_event");
WEIR_ASSERT(sizeof(struct weir_cgroup_event) == 272, "weir_cgroup_event");

#ifdef __cplusplus
}
#endif
#endif
