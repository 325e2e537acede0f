// What of the host the BPF programs need: privileges, and where the cgroup v2 hierarchy is.
#pragma once

#include <string>

#include "base/descriptor.h"

namespace weir {

inline const std::string kKernelBtf = "/sys/kernel/btf/vmlinux";

// Root of the cgroup v2 hierarchy, on hybrid hosts and in containers too; invalid with the reason why.
struct CgroupRoot {
  Descriptor folder;
  std::string reason;
};
CgroupRoot openCgroupRoot();
// Names of the capabilities without which nothing loads and this process does not have; empty = all there.
std::string missingCapabilities();
// When the kernel refuses although the capabilities are there.
std::string missingPrivilege();

}  // namespace weir
