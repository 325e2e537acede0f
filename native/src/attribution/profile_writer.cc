#include "attribution/profile_writer.h"

#include <cstring>
#include <string_view>

namespace weir {

// Texts go behind the profile, which is written last, when it is known that all fit.
struct ProfileWriter::Texts {
  BatchBuffer& batch;
  size_t used;
  bool brief;  // without what may be long
  bool full = false;

  TextRef put(std::string_view text) {
    if (text.empty() || full) return {};
    if (text.size() > batch.heapSize - used) {
      full = true;
      return {};
    }
    std::memcpy(batch.heap + used, text.data(), text.size());
    const TextRef ref{static_cast<uint32_t>(used), static_cast<uint32_t>(text.size())};
    used += text.size();
    return ref;
  }
  TextRef putLong(std::string_view text) { return brief ? TextRef{} : put(text); }
};

namespace {

constexpr size_t kAlignment = 8;

EndpointProfile unknownProfile(uint64_t netnsCookie, uint32_t netns) {
  EndpointProfile profile{};
  profile.loginUid = profile.sessionId = profile.insideUid = profile.insideGid = profile.parentUid = UINT32_MAX;
  profile.uid = profile.gid = profile.effectiveUid = profile.effectiveGid = UINT32_MAX;
  profile.netnsCookie = netnsCookie;
  profile.netns = netns;
  return profile;
}

}  // namespace

void ProfileWriter::begin(int64_t bootToRealNs) {
  bootToRealNs_ = bootToRealNs;
  written_.clear();
}

template <class Fill>
uint32_t ProfileWriter::once(BatchBuffer& batch, const Key& key, Fill&& fill) {
  const auto known = written_.find(key);
  if (known != written_.end()) return known->second;
  const size_t at = (batch.heapUsed + kAlignment - 1) & ~(kAlignment - 1);
  uint32_t place = 0;
  if (at + sizeof(EndpointProfile) <= batch.heapSize) {
    for (const bool brief : {false, true}) {
      Texts texts{batch, at + sizeof(EndpointProfile), brief};
      const EndpointProfile profile = fill(texts);
      if (texts.full) continue;
      std::memcpy(batch.heap + at, &profile, sizeof profile);
      batch.heapUsed = texts.used;
      place = static_cast<uint32_t>(at) + 1;
      if (brief) shortened_++;
      break;
    }
  }
  if (place == 0) dropped_++;
  else written_[key] = place;
  return place;
}

uint32_t ProfileWriter::process(BatchBuffer& batch, const ProcessKey& key, uint64_t netnsCookie, uint32_t netns) {
  return once(batch, {key.tgid, key.startTicks, netnsCookie, true}, [&](Texts& texts) {
    EndpointProfile profile = unknownProfile(netnsCookie, netns);
    profile.processId = key.tgid;
    profile.startNs = key.startTicks * kNsPerTick + static_cast<uint64_t>(bootToRealNs_);
    if (const ProcessEntry* entry = processes_.find(key)) {
      fillProcess(profile, texts, *entry);
      if (entry->hasFacts) fillFacts(profile, texts, *entry);
      fillContainer(profile, texts, *entry);
    }
    return profile;
  });
}

uint32_t ProfileWriter::container(BatchBuffer& batch, const ProcessKey& key, uint64_t netnsCookie, uint32_t netns) {
  const ProcessEntry* entry = processes_.find(key);
  if (entry == nullptr || entry->names.place.containerId.empty()) return 0;
  return once(batch, {key.tgid, key.startTicks, netnsCookie, false}, [&](Texts& texts) {
    EndpointProfile profile = unknownProfile(netnsCookie, netns);
    fillContainer(profile, texts, *entry);
    return profile;
  });
}

void ProfileWriter::fillProcess(EndpointProfile& profile, Texts& texts, const ProcessEntry& entry) const {
  const weir_process& carried = entry.carried;
  const auto realTime = [this](uint64_t bootNs) { return bootNs + static_cast<uint64_t>(bootToRealNs_); };
  if (carried.start_ns != 0) profile.startNs = realTime(carried.start_ns);
  if (carried.parent_start_ns != 0) profile.parentStartNs = realTime(carried.parent_start_ns);
  profile.cgroupId = carried.cgroup_id;
  profile.parentId = entry.parent().tgid;
  profile.uid = carried.uid;
  profile.gid = carried.gid;
  profile.effectiveUid = carried.euid;
  profile.effectiveGid = carried.egid;
  profile.name = texts.put(entry.name());
  profile.parentName = texts.put({carried.parent_name, ::strnlen(carried.parent_name, sizeof carried.parent_name)});
  const ProcessNames& names = entry.names;
  profile.parentUid = names.parentUid;
  profile.user = texts.put(names.user);
  profile.group = texts.put(names.group);
  profile.effectiveUser = texts.put(names.effectiveUser);
  profile.parentUser = texts.put(names.parentUser);
  profile.loginUser = texts.put(names.loginUser);
  profile.insideUser = texts.put(names.insideUser);
  profile.insideGroup = texts.put(names.insideGroup);
  profile.cgroupPath = texts.put(names.cgroupPath);
  profile.unit = texts.put(names.place.unit);
  profile.slice = texts.put(names.place.slice);
  if (const ProcessEntry* parent = processes_.find(entry.parent())) {
    if (profile.parentName.length == 0) profile.parentName = texts.put(parent->name());
    profile.parentExecutable = texts.put(parent->facts.executable);
    if (parent->carried.tgid != 0 && profile.parentUid == UINT32_MAX) profile.parentUid = parent->carried.uid;
  }
  if (options_.ancestors != 0) profile.ancestors = texts.put(processes_.ancestors(entry, options_.ancestors));
}

void ProfileWriter::fillFacts(EndpointProfile& profile, Texts& texts, const ProcessEntry& entry) const {
  const ProcessFacts& facts = entry.facts;
  profile.insideProcessId = facts.insideProcessId;
  profile.loginUid = facts.loginUid;
  profile.sessionId = facts.sessionId;
  profile.insideUid = facts.insideUid;
  profile.insideGid = facts.insideGid;
  profile.executable = texts.put(facts.executable);
  profile.workingDirectory = texts.put(facts.workingDirectory);
  if (options_.commandLines) profile.commandLine = texts.putLong(commandLineOf(facts.arguments, options_.redact));
}

void ProfileWriter::fillContainer(EndpointProfile& profile, Texts& texts, const ProcessEntry& entry) const {
  const CgroupPlace& place = entry.names.place;
  if (place.containerId.empty()) return;
  static const ContainerFacts kNothing;
  const ContainerFacts* known = containers_.find(place.containerId);
  const ContainerFacts& facts = known != nullptr ? *known : kNothing;
  profile.containerId = texts.put(place.containerId);
  profile.containerRuntime = texts.put(facts.runtime.empty() ? place.runtime : facts.runtime);
  profile.containerName = texts.put(facts.name);
  profile.containerImage = texts.put(facts.image);
  profile.containerLabels = texts.putLong(facts.labels);
  profile.podName = texts.put(facts.podName);
  profile.podNamespace = texts.put(facts.podNamespace);
  profile.podUid = texts.put(facts.podUid.empty() ? place.podUid : facts.podUid);
  profile.podLabels = texts.putLong(facts.podLabels);
  profile.workload = texts.put(facts.workload);
  const bool pod = profile.podUid.length != 0 || profile.podName.length != 0;
  if (pod) profile.nodeName = texts.put(facts.nodeName.empty() ? options_.nodeName : facts.nodeName);
}

}  // namespace weir
