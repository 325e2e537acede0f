// Whose interface stands behind a host's veth: the namespace of its other end, and a process in it that names the container.
// Looked up off the packet path; the answers are plain data.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "attribution/process_reader.h"

namespace weir {

// An interface as Observation Points name it: path of its namespace, index.
using InterfaceKey = std::pair<std::string, uint32_t>;

struct InterfaceOwner {
  uint32_t netns = 0;   // inode of the other end's namespace
  uint64_t netnsCookie = 0;
  ProcessKey process;   // one that lives in it
};

using InterfaceOwners = std::map<InterfaceKey, InterfaceOwner>;

// Those of the interfaces whose other end is in a namespace that some process lives in.
InterfaceOwners findInterfaceOwners(const std::vector<InterfaceKey>& interfaces, const std::string& procRoot);

}  // namespace weir
