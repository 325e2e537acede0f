// What is known of the process, user, container and pod at one end of a flow. It stands in a batch's heap, once for all
// records of the batch that share it (FlowEndpoint.profile); trivially copyable, 8-octet aligned, no padding inside.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "fields/flow_record.h"

namespace weir {

struct EndpointProfile {
  uint64_t startNs;     // process start, ns since the Unix epoch; 0 = unknown
  uint64_t parentStartNs;
  uint64_t cgroupId;    // cgroup v2
  uint64_t netnsCookie;
  uint32_t processId;   // in the probe's pid namespace
  uint32_t insideProcessId;  // in its own pid namespace; 0 = the same or unknown
  uint32_t parentId;
  // UINT32_MAX = unknown, since 0 is root.
  uint32_t uid = UINT32_MAX, gid = UINT32_MAX, effectiveUid = UINT32_MAX, effectiveGid = UINT32_MAX;
  uint32_t parentUid = UINT32_MAX;
  uint32_t loginUid = UINT32_MAX;   // UINT32_MAX = not set
  uint32_t sessionId = UINT32_MAX;  // audit session, UINT32_MAX = not set
  uint32_t insideUid = UINT32_MAX;  // uid in its own user namespace; UINT32_MAX = the same or unknown
  uint32_t insideGid = UINT32_MAX;  // gid, likewise
  uint32_t netns;       // inode
  uint32_t reserved;
  // Text, UTF-8; length 0 = unknown.
  TextRef name;         // of the thread group leader, 15 octets at most
  TextRef executable;   // path
  TextRef commandLine;  // arguments joined by spaces, redacted as configured
  TextRef workingDirectory;
  TextRef parentName;
  TextRef parentExecutable;
  TextRef ancestors;    // "name:pid name:pid ...", nearest first, behind the parent
  TextRef user, group, effectiveUser, parentUser, loginUser;
  TextRef insideUser;   // name in the container's own passwd, where different
  TextRef insideGroup;  // name in its group file, where different
  TextRef cgroupPath;
  TextRef unit;         // systemd unit
  TextRef slice;
  TextRef containerId;  // 64 hex, or what the runtime has
  TextRef containerName;
  TextRef containerImage;
  TextRef containerRuntime;  // docker, podman, containerd, cri-o, lxc, nspawn, runc
  TextRef containerLabels;   // JSON object
  TextRef podName, podNamespace, podUid, nodeName;
  TextRef podLabels;    // JSON object
  TextRef workload;     // name of the workload (deployment, app label)
};
static_assert(std::is_trivially_copyable_v<EndpointProfile>);
static_assert(sizeof(EndpointProfile) == 4 * 8 + 14 * 4 + 28 * 8);

// The profile of a side, copied since the heap gives no alignment; false when nobody is known there.
inline bool profileOf(const FlowRecord& record, unsigned side, const uint8_t* heap, EndpointProfile& out) {
  const uint32_t at = record.endpoint.profile[side];
  if (at == 0 || heap == nullptr) return false;
  std::memcpy(&out, heap + at - 1, sizeof out);
  return true;
}

// One member of the profile that a FlowEndpoint refers to by `at` (profile or opener of a side); `unknown` where it
// refers to none.
template <class T>
T profileMember(uint32_t at, const uint8_t* heap, T EndpointProfile::* member, T unknown = {}) {
  if (at == 0 || heap == nullptr) return unknown;
  static constexpr EndpointProfile layout{};
  const auto offset = reinterpret_cast<const char*>(&(layout.*member)) - reinterpret_cast<const char*>(&layout);
  T value;
  std::memcpy(&value, heap + at - 1 + offset, sizeof value);
  return value;
}

// The same of who is at a side.
template <class T>
T profileMember(const FlowRecord& record, unsigned side, const uint8_t* heap, T EndpointProfile::* member) {
  return profileMember(record.endpoint.profile[side], heap, member);
}

}  // namespace weir
