#include "attribution/socket_holders.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <memory>
#include <string_view>

namespace weir {
namespace {

// Inode of "socket:[4711]", 0 for another link.
uint32_t inodeOf(std::string_view link) {
  constexpr std::string_view kStart = "socket:[";
  if (link.substr(0, kStart.size()) != kStart) return 0;
  uint32_t inode = 0;
  std::from_chars(link.data() + kStart.size(), link.data() + link.size(), inode);
  return inode;
}

}  // namespace

SocketHolders findHolders(const std::vector<uint32_t>& inodes, const std::vector<uint32_t>& processes,
                          const std::string& procRoot) {
  SocketHolders found;
  for (const uint32_t tgid : processes) {
    const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir((procRoot + "/" + std::to_string(tgid) + "/fd").c_str()),
                                                     ::closedir);
    if (!folder) {
      if (errno == EACCES || errno == EPERM) found.unreadable++;
      continue;
    }
    const int fd = ::dirfd(folder.get());
    while (const dirent* entry = ::readdir(folder.get())) {
      char link[32];
      const ssize_t size = ::readlinkat(fd, entry->d_name, link, sizeof link);
      const uint32_t inode = size > 0 ? inodeOf({link, static_cast<size_t>(size)}) : 0;
      if (inode != 0 && std::binary_search(inodes.begin(), inodes.end(), inode)) found.list.push_back({inode, tgid});
    }
  }
  std::sort(found.list.begin(), found.list.end());
  found.list.erase(std::unique(found.list.begin(), found.list.end()), found.list.end());
  return found;
}

}  // namespace weir
