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

struct NetworkNamespaces {
  std::vector<NetworkNamespace> list;  // the calling thread's own first, each once
  size_t unreadable = 0;               // processes whose namespace may not be looked at (CAP_SYS_PTRACE)
};

// The own one, those of /run/netns and of all processes. Namespaces that only a descriptor or a mount elsewhere holds stay
// unknown. Never throws: what cannot be opened is not there.
NetworkNamespaces networkNamespaces(const std::string& procRoot = "/proc");

}  // namespace weir
