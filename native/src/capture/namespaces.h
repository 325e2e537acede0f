// Every network namespace of this host that has a name or a process.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/descriptor.h"

namespace weir {

struct NetworkNamespace {
  uint32_t inode = 0;
  Descriptor fd;
  // For NetnsScope, as long as this object lives; empty = the calling thread's own.
  std::string path() const;
  bool own = false;
};

// The calling thread's own first, then those of /run/netns and of all processes, each once. Namespaces that only a descriptor or
// a mount elsewhere holds stay unknown. Never throws: what may not be opened is not there.
std::vector<NetworkNamespace> networkNamespaces(const std::string& procRoot = "/proc");

}  // namespace weir
