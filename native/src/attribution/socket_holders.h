// Which processes hold which sockets, by the links in /proc/PID/fd.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weir {

struct Holding {
  uint32_t inode;
  uint32_t tgid;
  auto operator<=>(const Holding&) const = default;
};

struct SocketHolders {
  std::vector<Holding> list;  // by inode, then process; each once
  size_t unreadable = 0;      // processes whose descriptors may not be looked at (CAP_SYS_PTRACE)
};

// One walk over the descriptors of these processes; inodes: sorted, the sockets looked for.
SocketHolders findHolders(const std::vector<uint32_t>& inodes, const std::vector<uint32_t>& processes,
                          const std::string& procRoot = "/proc");

}  // namespace weir
