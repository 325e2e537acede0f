// A network namespace from inside: its cookie, its inode, its addresses.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "attribution/socket_tuple.h"

namespace weir {

struct NamespaceView {
  uint64_t cookie = 0;  // 0 = the kernel has none (before 5.14)
  uint32_t inode = 0;
  std::vector<Address> addresses;
};

// path: as for NetnsScope, empty = the own one. Throws Error WEIR_NETNS.
NamespaceView viewNamespace(const std::string& path);

// All of them. complete: none was left out for lack of privilege.
struct NamespaceViews {
  std::vector<NamespaceView> list;
  bool complete = true;
};
NamespaceViews viewNamespaces(const std::string& procRoot);

}  // namespace weir
