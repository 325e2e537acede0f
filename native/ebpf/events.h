/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
 * The way to user space: one ring buffer that wakes nobody (a wake-up costs more than the event; the reader comes by
 * a timer), and counts of what was written, dropped and held back. Weak: every object of native/ebpf has the same. */
#ifndef WEIR_EVENTS_H
#define WEIR_EVENTS_H

#include "kernel.h"
#include "socket_event.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 22); /* BpfOptions.ringOctets */
} ring __weak SEC(".maps");

enum counter { COUNTER_EVENTS, COUNTER_DROPPED, COUNTER_RATE_LIMITED, COUNTERS };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
} counters __weak SEC(".maps");

/* Has the layouts written into the object's type information, where the test of both sides' offsets reads them. */
union weir_layouts {
	struct weir_socket_event socket;
	struct weir_owner_event owner;
	struct weir_close_event close;
	struct weir_snapshot_event snapshot;
	struct weir_process_event process;
	struct weir_cgroup_event cgroup;
};
union weir_layouts *const volatile layouts __weak = 0;

static __always_inline void count(__u32 counter) {
	__u64 *value = bpf_map_lookup_elem(&counters, &counter);
	if (value)
		++*value;
}

static __always_inline void head(struct weir_event *event, __u16 kind, __u16 size) {
	event->time_ns = bpf_ktime_get_ns();
	event->kind = kind;
	event->size = size;
	event->reserved = 0;
}

/* Room for an event, its head written; the rest holds old octets: fill every member. */
static __always_inline void *begin_event(__u16 kind, __u16 size) {
	struct weir_event *event = bpf_ringbuf_reserve(&ring, size, 0);
	if (!event) {
		count(COUNTER_DROPPED);
		return 0;
	}
	head(event, kind, size);
	return event;
}

static __always_inline void end_event(void *event) {
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
	count(COUNTER_EVENTS);
}

#endif
