#include "attribution/process_table.h"

#include <algorithm>
#include <cstring>

#include "attribution/socket_table.h"

namespace weir {

namespace {

std::string nameOf(const char (&name)[16]) { return {name, ::strnlen(name, sizeof name)}; }

void setName(char (&to)[16], const std::string& from) {
  std::memset(to, 0, sizeof to);
  std::memcpy(to, from.data(), std::min(from.size(), sizeof to - 1));
}

}  // namespace

ProcessKey ProcessEntry::parent() const {
  if (carried.parent_tgid != 0) return {carried.parent_tgid, carried.parent_start_ns / kNsPerTick};
  return hasFacts ? facts.parent : ProcessKey{};
}

std::string ProcessEntry::name() const { return nameOf(carried.name); }

ProcessTable::Place& ProcessTable::place(const ProcessKey& key) {
  const auto found = entries_.find(key);
  if (found != entries_.end()) {
    used_.splice(used_.end(), used_, found->second.at);
    return found->second;
  }
  if (entries_.size() >= options_.capacity && !used_.empty()) {
    entries_.erase(used_.front());
    used_.pop_front();
    evicted_++;
  }
  Place& place = entries_[key];
  place.entry.key = key;
  place.at = used_.insert(used_.end(), key);
  return place;
}

// Events wait in the ring: /proc may have told a later name before.
ProcessEntry& ProcessTable::carry(const weir_process& process, uint64_t atNs) {
  ProcessEntry& entry = place(processKeyOf(process)).entry;
  const std::string known = entry.name();
  const bool later = atNs >= entry.namedNs;
  entry.carried = process;
  if (later) entry.namedNs = atNs;
  else setName(entry.carried.name, known);
  return entry;
}

void ProcessTable::apply(const weir_process_event& event, bool all) {
  const ProcessKey key = processKeyOf(event.process);
  ProcessEntry* entry = find(key);
  if (entry == nullptr && !all) return;
  if (entry == nullptr) entry = &place(key).entry;
  if (event.event.kind == WEIR_EXIT) {
    if (entry->exitedNs == 0 && entry->missedNs == 0) exited_.push_back(key);
    entry->exitedNs = event.event.time_ns;
    if (entry->carried.tgid != 0) return;  // what it did counts, not how it ended
  }
  carry(event.process, event.event.time_ns);
  if (event.event.kind != WEIR_EXEC) return;
  entry->imageNs = event.event.time_ns;
  if (entry->reading != ProcessEntry::queued) entry->reading = ProcessEntry::unread;
}

bool ProcessTable::complete(const ProcessKey& key, const std::optional<ProcessFacts>& facts, ProcessNames names,
                            uint64_t readNs) {
  ProcessEntry* entry = find(key);
  if (entry == nullptr) return false;
  if (readNs < entry->imageNs) {
    entry->reading = ProcessEntry::unread;
    return true;
  }
  entry->names = std::move(names);
  const bool same = facts && facts->key == key;
  if (!same) {
    entry->reading = ProcessEntry::missed;
    if (entry->exitedNs == 0 && entry->missedNs == 0) exited_.push_back(key);
    entry->missedNs = readNs;
    return true;
  }
  entry->reading = ProcessEntry::read;
  entry->hasFacts = true;
  entry->facts = *facts;
  if (!facts->name.empty() && readNs >= entry->namedNs) {
    setName(entry->carried.name, facts->name);
    entry->namedNs = readNs;
  }
  return true;
}

void ProcessTable::add(const ProcessFacts& facts) {
  ProcessEntry& entry = place(facts.key).entry;
  weir_process& carried = entry.carried;
  if (carried.tgid == 0) {
    carried.tgid = facts.key.tgid;
    carried.start_ns = facts.key.startTicks * kNsPerTick;
    carried.uid = facts.uid;
    carried.gid = facts.gid;
    carried.euid = facts.effectiveUid;
    carried.egid = facts.effectiveGid;
    carried.parent_tgid = facts.parent.tgid;
    carried.parent_start_ns = facts.parent.startTicks * kNsPerTick;
    carried.pid_namespace = facts.pidNamespace;
  }
  setName(carried.name, facts.name);
  entry.hasFacts = true;
  entry.facts = facts;
}

const ProcessEntry* ProcessTable::find(const ProcessKey& key) const {
  const auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : &found->second.entry;
}

ProcessEntry* ProcessTable::find(const ProcessKey& key) {
  const auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : &found->second.entry;
}

std::string ProcessTable::ancestors(const ProcessEntry& entry, unsigned count) const {
  std::string line;
  const ProcessEntry* at = find(entry.parent());
  for (unsigned i = 0; at != nullptr && i < count; i++) {
    const ProcessEntry* above = find(at->parent());
    if (above == nullptr || above == at) break;
    if (!line.empty()) line += ' ';
    line += above->name();
    line += ':';
    line += std::to_string(above->key.tgid);
    at = above;
  }
  return line;
}

void ProcessTable::forget(uint64_t nowNs) {
  while (!exited_.empty()) {
    const auto found = entries_.find(exited_.front());
    if (found != entries_.end()) {
      const ProcessEntry& entry = found->second.entry;
      if (std::max(entry.exitedNs, entry.missedNs) + options_.keepNs >= nowNs) return;
      used_.erase(found->second.at);
      entries_.erase(found);
    }
    exited_.pop_front();
  }
}

}  // namespace weir
