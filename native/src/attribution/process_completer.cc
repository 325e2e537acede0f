#include "attribution/process_completer.h"

#include "base/clock.h"

namespace weir {

ProcessCompleter::ProcessCompleter(const std::string& procRoot, unsigned above)
    : reader_(procRoot), above_(above) {}

CompletedProcess ProcessCompleter::complete(const ProcessKey& key, const weir_process& carried) {
  const uint64_t readNs = monotonicNs();
  CompletedProcess completed{key, readNs, reader_.read(key.tgid), {}, {}};
  if (completed.facts && !(completed.facts->key == key)) completed.facts.reset();  // its id is another one's now
  completed.names.cgroupPath = pathOf(carried, completed.facts);
  completed.names.place = placeOf(completed.names.cgroupPath);
  name(completed, carried);
  return completed;
}

// The one that tells a container wins: runtimes on v1 hierarchies leave v2's root in place.
std::string ProcessCompleter::pathOf(const weir_process& carried, const std::optional<ProcessFacts>& facts) {
  std::string path;
  if (carried.cgroup_id > 1) {
    const std::lock_guard lock(mutex_);
    path = cgroups_.path(carried.cgroup_id);
  }
  if (!facts) return path;
  return path.empty() || placeOf(path).containerId.empty() ? facts->cgroupPath : path;
}

void ProcessCompleter::name(CompletedProcess& completed, const weir_process& carried) {
  ProcessNames& names = completed.names;
  const bool event = carried.tgid != 0;
  const bool known = event || completed.facts;
  if (!known) return;
  names.user = accounts_.user(event ? carried.uid : completed.facts->uid);
  names.group = accounts_.group(event ? carried.gid : completed.facts->gid);
  names.effectiveUser = accounts_.user(event ? carried.euid : completed.facts->effectiveUid);
  readAbove(completed, event ? ProcessKey{carried.parent_tgid, carried.parent_start_ns / kNsPerTick}
                             : completed.facts->parent);
  if (!completed.above.empty()) {
    names.parentUid = completed.above.front().uid;
    names.parentUser = accounts_.user(names.parentUid);
  }
  if (!completed.facts) return;
  const ProcessFacts& facts = *completed.facts;
  if (facts.loginUid != UINT32_MAX) names.loginUser = accounts_.user(facts.loginUid);
  if (names.place.containerId.empty()) return;
  const std::string container = names.place.containerId + "/" + std::to_string(facts.userNamespace);
  const uint32_t uid = facts.insideUid != UINT32_MAX ? facts.insideUid : facts.uid;
  const uint32_t gid = facts.insideGid != UINT32_MAX ? facts.insideGid : facts.gid;
  names.insideUser = accounts_.insideUser(container, facts.key.tgid, uid);
  names.insideGroup = accounts_.insideGroup(container, facts.key.tgid, gid);
  if (names.insideUser == names.user) names.insideUser.clear();
  if (names.insideGroup == names.group) names.insideGroup.clear();
}

void ProcessCompleter::readAbove(CompletedProcess& completed, ProcessKey parent) const {
  for (unsigned i = 0; i < above_ && parent.tgid != 0; i++) {
    std::optional<ProcessFacts> facts = reader_.read(parent.tgid);
    const bool same = facts && (parent.startTicks == 0 || facts->key == parent);
    if (!same) return;
    parent = facts->parent;
    completed.above.push_back(std::move(*facts));
  }
}

void ProcessCompleter::learn(uint64_t cgroupId, std::string_view path) {
  const std::lock_guard lock(mutex_);
  cgroups_.learn(cgroupId, path);
}

void ProcessCompleter::scanCgroups() {
  const std::lock_guard lock(mutex_);
  cgroups_.scan();
}

std::string ProcessCompleter::cgroupMount() const {
  const std::lock_guard lock(mutex_);
  return cgroups_.mount();
}

}  // namespace weir
