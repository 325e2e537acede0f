// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Processes that change their program, end or are born, and cgroups that are made.
#include "describe.h"
#include "events.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static __always_inline void tell_process(struct task_struct *task, __u16 kind) {
	struct weir_process_event *event = begin_event(kind, sizeof *event);
	if (!event)
		return;
	describe_process(&event->process, task);
	end_event(event);
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(process_exec, struct task_struct *task) {
	tell_process(task, WEIR_EXEC);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(process_exit, struct task_struct *task) {
	if (task->pid == task->tgid)
		tell_process(task, WEIR_EXIT);
	return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(process_fork, struct task_struct *parent, struct task_struct *child) {
	if (child->pid == child->tgid)
		tell_process(child, WEIR_FORK);
	return 0;
}

// The path may be gone before anybody could look it up by the id.
SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(cgroup_made, struct cgroup *cgroup, const char *path) {
	struct weir_cgroup_event *event = begin_event(WEIR_CGROUP, sizeof *event);
	if (!event)
		return 0;
	event->cgroup_id = cgroup->kn->id;
	event->hierarchy = cgroup->root->hierarchy_id;
	event->reserved = 0;
	__builtin_memset(event->path, 0, sizeof event->path);
	bpf_probe_read_kernel_str(event->path, sizeof event->path, path);
	end_event(event);
	return 0;
}
