#include "attribution/bpf_host.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "attribution/cgroups.h"
#include "capture/capabilities.h"

namespace weir {
namespace {

std::string textOf(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

CgroupRoot openCgroupRoot() {
  const CgroupMount mount = cgroupMountOf(textOf("/proc/self/mountinfo"));
  if (mount.path.empty()) return {Descriptor(), "no cgroup v2 hierarchy is mounted"};
  CgroupRoot root{openHierarchyRoot(mount), {}};
  if (!root.folder) {
    root.reason = "only a branch of the cgroup v2 hierarchy is at " + mount.path +
                  " (a container mounts all of /sys/fs/cgroup of its host, or has CAP_DAC_READ_SEARCH)";
  }
  return root;
}

std::string missingCapabilities() {
  const std::vector<std::string> has = effectiveCapabilities();
  const auto can = [&has](const char* name) { return std::find(has.begin(), has.end(), name) != has.end(); };
  if (can("CAP_SYS_ADMIN")) return {};
  std::string missing;
  if (!can("CAP_BPF")) missing = "CAP_BPF";
  if (!can("CAP_PERFMON")) missing += missing.empty() ? "CAP_PERFMON" : " and no CAP_PERFMON";
  return missing;
}

std::string missingPrivilege() {
  if (textOf("/proc/self/status").find("\nSeccomp:\t2") != std::string::npos) {
    return "a seccomp profile is in force that may forbid bpf(2), as the default ones of Podman and CRI-O, of Docker before 23 "
           "and of containerd before 1.6.9 do unless CAP_SYS_ADMIN is there: run the container with seccomp=unconfined "
           "(Operation not permitted)";
  }
  return "in a user namespace or a restricted container the capabilities of the host are needed (Operation not permitted)";
}

}  // namespace weir
