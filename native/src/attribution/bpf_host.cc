#include "attribution/bpf_host.h"

#include <fcntl.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "capture/capabilities.h"

namespace weir {
namespace {

// "... / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw": the fifth word when the type behind " - " is cgroup2.
std::string cgroupMount() {
  std::ifstream mounts("/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    if (line.find(" - cgroup2 ") == std::string::npos) continue;
    std::istringstream words(line);
    std::string word;
    for (int i = 0; i < 5; ++i) words >> word;
    return word;
  }
  return {};
}

}  // namespace

Descriptor openCgroupRoot() {
  const std::string mount = cgroupMount();
  return mount.empty() ? Descriptor() : Descriptor(::open(mount.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
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
  return "in a user namespace or a restricted container the capabilities of the host are needed (Operation not permitted)";
}

}  // namespace weir
