#include "capture/namespaces.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>
#include <unordered_set>

namespace weir {
namespace {

constexpr const char* kOwn = "/proc/thread-self/ns/net";
constexpr const char* kNamed = "/run/netns";

class Collector {
 public:
  // Adds the namespace behind a path unless it is known. False when it may not be looked at.
  bool add(const std::string& path, bool own = false) {
    struct stat status;
    if (::stat(path.c_str(), &status) != 0) return errno != EACCES && errno != EPERM;
    // /run/netns/NAME is a plain file until (and after) a namespace is mounted on it.
    if (own) device_ = status.st_dev;
    if (status.st_dev != device_ || !seen_.insert(status.st_ino).second) return true;
    NetworkNamespace found;
    found.inode = static_cast<uint32_t>(status.st_ino);
    found.fd = Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    found.own = own;
    if (found.fd) found_.list.push_back(std::move(found));
    return true;
  }
  void countUnreadable() { found_.unreadable++; }
  NetworkNamespaces take() { return std::move(found_); }

 private:
  NetworkNamespaces found_;
  std::unordered_set<ino_t> seen_;
  dev_t device_ = 0;
};

template <typename Use>
void forEachName(const std::string& folder, Use use) {
  const std::unique_ptr<DIR, int (*)(DIR*)> list(::opendir(folder.c_str()), ::closedir);
  if (!list) return;
  while (const dirent* entry = ::readdir(list.get())) {
    if (entry->d_name[0] != '.') use(entry->d_name);
  }
}

}  // namespace

std::string NetworkNamespace::path() const {
  return own ? std::string() : "/proc/thread-self/fd/" + std::to_string(fd.get());
}

NetworkNamespaces networkNamespaces(const std::string& procRoot) {
  Collector collector;
  collector.add(kOwn, true);
  forEachName(kNamed, [&](const char* name) { collector.add(std::string(kNamed) + "/" + name); });
  forEachName(procRoot, [&](const char* name) {
    if (name[0] < '0' || name[0] > '9') return;
    if (!collector.add(procRoot + "/" + name + "/ns/net")) collector.countUnreadable();
  });
  return collector.take();
}

}  // namespace weir
