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

bool isRefused() { return errno == EACCES || errno == EPERM; }

// Adds the sockets that a process holds. False when its descriptors may not be looked at.
bool addHoldings(uint32_t tgid, const std::string& folderPath, const std::vector<uint32_t>& inodes,
                 std::vector<Holding>& list) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(folderPath.c_str()), ::closedir);
  if (!folder) return !isRefused();
  const int fd = ::dirfd(folder.get());
  bool isReadable = true;
  while (const dirent* entry = ::readdir(folder.get())) {
    char link[32];
    const ssize_t size = ::readlinkat(fd, entry->d_name, link, sizeof link);
    isReadable = isReadable && (size >= 0 || !isRefused());
    const uint32_t inode = size > 0 ? inodeOf({link, static_cast<size_t>(size)}) : 0;
    if (inode != 0 && std::binary_search(inodes.begin(), inodes.end(), inode)) list.push_back({inode, tgid});
  }
  return isReadable;
}

}  // namespace

SocketHolders findHolders(const std::vector<uint32_t>& inodes, const std::vector<uint32_t>& processes,
                          const std::string& procRoot) {
  SocketHolders found;
  for (const uint32_t tgid : processes) {
    const std::string process = procRoot + "/" + std::to_string(tgid);
    if (addHoldings(tgid, process + "/fd", inodes, found.list)) continue;
    // Links of a process that ended under the walk are refused like those of another user's.
    if (::access(process.c_str(), F_OK) == 0) found.unreadable++;
  }
  std::sort(found.list.begin(), found.list.end());
  found.list.erase(std::unique(found.list.begin(), found.list.end()), found.list.end());
  return found;
}

}  // namespace weir
