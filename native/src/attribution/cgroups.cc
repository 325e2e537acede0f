#include "attribution/cgroups.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <list>
#include <unordered_map>
#include <utility>

#include "attribution/proc_text.h"

namespace weir {
namespace {

constexpr int kMostLevels = 64;
constexpr int kFileIdKernfs = 0xfe;  // FILEID_KERNFS of linux/exportfs.h: the handle is the 64-bit id
constexpr uint64_t kRootId = 1;     // kernfs numbers a hierarchy from its root on
constexpr auto kNone = std::string_view::npos;

// mountinfo writes space, tab, line feed and backslash as three octal digits.
std::string unescaped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && text.size() - i >= 4) {
      out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

// "/.." stands for a level above the own cgroup namespace's root: such a mount shows more than "/" does.
std::string belowNamespace(std::string root) {
  while (root.starts_with("/..")) root.erase(0, 3);
  return root == "/" ? std::string() : root;
}

// Higher is nearer to the hierarchy's root.
int heightOf(std::string_view root) {
  int height = 0;
  while (!root.empty()) {
    const std::string_view name = cut(root, '/');
    if (!name.empty()) height += name == ".." ? 1 : -1;
  }
  return height;
}

int openFolder(int at, const char* name) { return ::openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); }

Descriptor openPath(const std::string& path) {
  return Descriptor(path.empty() ? -1 : ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

// at: anywhere in the hierarchy. Errno tells why the result is invalid.
Descriptor openById(int at, uint64_t id) {
  alignas(file_handle) std::array<char, sizeof(file_handle) + sizeof id> memory{};
  auto* handle = reinterpret_cast<file_handle*>(memory.data());
  handle->handle_bytes = sizeof id;
  handle->handle_type = kFileIdKernfs;
  std::memcpy(memory.data() + sizeof(file_handle), &id, sizeof id);
  return Descriptor(::open_by_handle_at(at, handle, O_RDONLY | O_CLOEXEC | O_DIRECTORY));
}

std::string readFile(const char* path) {
  std::string text;
  const Descriptor fd(::open(path, O_RDONLY | O_CLOEXEC));
  std::array<char, 16384> buffer;
  ssize_t size = 0;
  while (fd && (size = ::read(fd.get(), buffer.data(), buffer.size())) > 0) {
    text.append(buffer.data(), static_cast<size_t>(size));
  }
  return text;
}

}  // namespace

CgroupMount cgroupMountOf(std::string_view mountinfo, std::string_view wanted) {
  CgroupMount best;
  int bestHeight = INT_MIN;
  while (!mountinfo.empty()) {
    std::string_view line = cut(mountinfo, '\n');
    const size_t dash = line.find(" - ");
    if (dash == kNone || !line.substr(dash + 3).starts_with("cgroup2 ")) continue;
    for (int field = 0; field < 3; ++field) cut(line, ' ');  // mount id, parent id, device
    const std::string root = unescaped(cut(line, ' '));
    std::string path = unescaped(cut(line, ' '));
    if (path.empty() || path[0] != '/' || (!wanted.empty() && path != wanted)) continue;
    if (heightOf(root) <= bestHeight) continue;
    bestHeight = heightOf(root);
    best = {std::move(path), belowNamespace(root)};
  }
  return best;
}

Descriptor openHierarchyRoot(const CgroupMount& mount) {
  Descriptor folder = openPath(mount.path);
  struct stat about {};
  if (!folder || ::fstat(folder.get(), &about) != 0) return Descriptor();
  return about.st_ino == kRootId ? std::move(folder) : openById(folder.get(), kRootId);
}

struct Cgroups::Impl {
  struct Known {
    std::string path;
    std::list<uint64_t>::iterator use;
  };

  CgroupMount mount;
  size_t capacity;
  Descriptor root;     // of the hierarchy, else what is mounted of it
  bool whole = false;  // the hierarchy's own
  std::unordered_map<uint64_t, Known> known;
  std::list<uint64_t> uses;  // oldest first

  void keep(uint64_t id, std::string_view path) {
    if (const auto found = known.find(id); found != known.end()) {
      found->second.path = path;
      touch(found->second);
      return;
    }
    if (known.size() >= capacity) {
      known.erase(uses.front());
      uses.pop_front();
    }
    known.emplace(id, Known{std::string(path), uses.insert(uses.end(), id)});
  }

  void touch(Known& entry) { uses.splice(uses.end(), uses, entry.use); }

  // A path of the file system as one of the hierarchy.
  std::string below(std::string_view path) const {
    path = withoutDeleted(path);
    const size_t end = mount.path.size();
    const bool inside = path.starts_with(mount.path) && (path.size() == end || path[end] == '/');
    if (!inside) return std::string(path);  // above the mounted part: told from the hierarchy's root
    std::string out = mount.root + std::string(path.substr(end));
    return out.empty() ? "/" : out;
  }

  // The kernel's answer; empty when the cgroup is gone. allowed: false when this process may not ask.
  std::string ask(uint64_t id, bool& allowed) const {
    const Descriptor fd = openById(root.get(), id);
    allowed = fd || (errno != EPERM && errno != EOPNOTSUPP);
    if (!fd) return {};
    std::array<char, PATH_MAX> target;
    const std::string link = "/proc/self/fd/" + std::to_string(fd.get());
    const ssize_t size = ::readlink(link.c_str(), target.data(), target.size());
    return size <= 0 ? std::string() : below({target.data(), static_cast<size_t>(size)});
  }

  // The folder's descriptor is closed here.
  void scan(int folder, std::string& path, int level) {
    DIR* list = folder < 0 ? nullptr : ::fdopendir(folder);
    if (list == nullptr) {
      if (folder >= 0) ::close(folder);
      return;
    }
    const size_t length = path.size();
    while (const dirent* entry = ::readdir(list)) {
      if (entry->d_type != DT_DIR || entry->d_name[0] == '.') continue;
      path.append("/").append(entry->d_name);
      keep(entry->d_ino, path);
      if (level < kMostLevels) scan(openFolder(folder, entry->d_name), path, level + 1);
      path.resize(length);
    }
    ::closedir(list);
  }
};

Cgroups::Cgroups(std::string mount, size_t capacity) : impl_(std::make_unique<Impl>()) {
  impl_->mount = cgroupMountOf(readFile("/proc/self/mountinfo"), mount);
  if (!mount.empty()) impl_->mount.path = std::move(mount);
  impl_->capacity = std::max<size_t>(capacity, 1);
  impl_->root = openHierarchyRoot(impl_->mount);
  impl_->whole = static_cast<bool>(impl_->root);
  if (!impl_->whole) impl_->root = openPath(impl_->mount.path);
}

Cgroups::~Cgroups() = default;

void Cgroups::scan() {
  struct stat about {};
  if (!impl_->root || ::fstat(impl_->root.get(), &about) != 0) return;
  std::string path = impl_->whole ? std::string() : impl_->mount.root;
  impl_->keep(about.st_ino, path.empty() ? "/" : path);
  impl_->scan(openFolder(impl_->root.get(), "."), path, 0);
}

void Cgroups::learn(uint64_t id, std::string_view path) {
  if (id != 0 && !path.empty()) impl_->keep(id, path);
}

const std::string& Cgroups::path(uint64_t id) {
  static const std::string kUnknown;
  if (id == 0) return kUnknown;
  auto found = impl_->known.find(id);
  if (found == impl_->known.end()) {
    bool allowed = false;
    std::string path = impl_->root ? impl_->ask(id, allowed) : std::string();
    if (impl_->root && !allowed) scan();
    // Ids do not come again: what is gone stays gone.
    if (allowed || impl_->known.find(id) == impl_->known.end()) impl_->keep(id, path);
    found = impl_->known.find(id);
  }
  impl_->touch(found->second);
  return found->second.path;
}

const std::string& Cgroups::mount() const { return impl_->mount.path; }

}  // namespace weir
