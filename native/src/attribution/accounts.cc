#include "attribution/accounts.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/openat2.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <iterator>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "attribution/proc_text.h"
#include "base/descriptor.h"

namespace weir {
namespace {

constexpr uint64_t kKeepNs = 60'000'000'000;
constexpr size_t kMostNames = 65536, kMostContainers = 4096;
constexpr size_t kMostBuffer = 1u << 20;   // for one account of NSS
constexpr size_t kMostFile = 1u << 20;     // of a container's passwd or group file
const std::string kNobody;

// What was found, and since when it is known; 0 = since the last time anybody told the time.
template <typename Value>
struct Remembered {
  Value value;
  uint64_t sinceNs = 0;
};

template <typename Key, typename Value>
using Memory = std::unordered_map<Key, Remembered<Value>>;

template <typename Key, typename Value>
void forget(Memory<Key, Value>& memory, uint64_t nowNs) {
  for (auto at = memory.begin(); at != memory.end();) {
    uint64_t& since = at->second.sinceNs;
    if (since == 0) since = std::max<uint64_t>(nowNs, 1);
    at = nowNs > since && nowNs - since >= kKeepNs ? memory.erase(at) : std::next(at);
  }
}

// getpwuid_r or getgrgid_r with a buffer that grows until the account fits.
template <typename Account, typename Ask>
std::string nameOf(uint32_t id, Ask ask, char* Account::* name) {
  Account account{};
  Account* found = nullptr;
  for (std::vector<char> buffer(1024); buffer.size() <= kMostBuffer; buffer.resize(buffer.size() * 4)) {
    const int reason = ask(id, &account, buffer.data(), buffer.size(), &found);
    if (reason == EINTR || reason == ERANGE) continue;
    return found == nullptr || found->*name == nullptr ? std::string() : std::string(found->*name);
  }
  return {};
}

template <typename Read>
const std::string& remembered(Memory<uint32_t, std::string>& memory, uint32_t id, Read read) {
  if (const auto found = memory.find(id); found != memory.end()) return found->second.value;
  if (memory.size() >= kMostNames) memory.clear();
  return memory.emplace(id, Remembered<std::string>{read()}).first->second.value;
}

// A file of etc below root, without following a link out of it. What the container has put there need not be a file at all.
Descriptor openInEtc(int root, const std::string& name) {
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const auto fd = static_cast<int>(::syscall(SYS_openat2, root, ("etc/" + name).c_str(), &how, sizeof how));
  if (fd >= 0 || (errno != ENOSYS && errno != EPERM)) return Descriptor(fd);
  const Descriptor etc(::openat(root, "etc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));  // before 5.6
  return Descriptor(etc ? ::openat(etc.get(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW) : -1);
}

std::string readFile(int fd) {
  std::string text;
  struct stat about {};
  if (::fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) return text;
  text.resize(kMostFile);
  size_t size = 0;
  ssize_t got = 0;
  while (size < text.size() && (got = ::read(fd, text.data() + size, text.size() - size)) > 0) {
    size += static_cast<size_t>(got);
  }
  text.resize(size);
  return text;
}

using Names = std::unordered_map<uint32_t, std::string>;

// Lines "name:password:id:..."; the first of several names of an id counts.
Names parseNames(std::string_view text) {
  Names names;
  while (!text.empty()) {
    const std::string_view line = cut(text, '\n');
    const size_t name = line.find(':');
    const size_t password = name == std::string_view::npos ? name : line.find(':', name + 1);
    if (password == std::string_view::npos || name == 0 || line[0] == '#') continue;
    uint32_t id = 0;
    const char* const start = line.data() + password + 1;
    const auto [stop, reason] = std::from_chars(start, line.data() + line.size(), id);
    if (reason == std::errc() && stop != start) names.emplace(id, line.substr(0, name));
  }
  return names;
}

Names namesIn(int root, const std::string& file) {
  const Descriptor opened = openInEtc(root, file);
  return opened ? parseNames(readFile(opened.get())) : Names();
}

struct ContainerNames {
  Names users, groups;
};

const std::string kHost = "host";  // no container has that key

// True when that process has another passwd file than this one. A root that may not be seen counts as ours.
bool livesElsewhere(uint32_t tgid) {
  struct stat theirs {}, ours {};
  const std::string root = "/proc/" + std::to_string(tgid) + "/root";
  const Descriptor folder(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const Descriptor file = folder ? openInEtc(folder.get(), "passwd") : Descriptor();
  if (!file || ::fstat(file.get(), &theirs) != 0 || ::stat("/etc/passwd", &ours) != 0) return false;
  return theirs.st_dev != ours.st_dev || theirs.st_ino != ours.st_ino;
}

const std::string& nameIn(const Names& names, uint32_t id) {
  const auto name = names.find(id);
  return name == names.end() ? kNobody : name->second;
}

}  // namespace

struct Accounts::Impl {
  Memory<uint32_t, std::string> users, groups;
  Memory<std::string, ContainerNames> containers;
  uint32_t hostProcess = 0;
  bool elsewhere = false;  // the host's names are in the root of hostProcess

  // Null: this process is gone; another one of the container may tell.
  const ContainerNames* container(const std::string& key, uint32_t tgid) {
    if (const auto found = containers.find(key); found != containers.end()) return &found->second.value;
    const std::string path = "/proc/" + std::to_string(tgid) + "/root";
    const Descriptor root(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!root) return nullptr;
    if (containers.size() >= kMostContainers) containers.clear();
    ContainerNames names{namesIn(root.get(), "passwd"), namesIn(root.get(), "group")};
    return &containers.emplace(key, Remembered<ContainerNames>{std::move(names)}).first->second.value;
  }
};

Accounts::Accounts(uint32_t hostProcess) : impl_(std::make_unique<Impl>()) {
  impl_->hostProcess = hostProcess;
  impl_->elsewhere = livesElsewhere(hostProcess);
}
Accounts::~Accounts() = default;

const std::string& Accounts::user(uint32_t uid) {
  if (impl_->elsewhere) return insideUser(kHost, impl_->hostProcess, uid);
  return remembered(impl_->users, uid, [uid] { return nameOf<passwd>(uid, ::getpwuid_r, &passwd::pw_name); });
}

const std::string& Accounts::group(uint32_t gid) {
  if (impl_->elsewhere) return insideGroup(kHost, impl_->hostProcess, gid);
  return remembered(impl_->groups, gid, [gid] { return nameOf<struct group>(gid, ::getgrgid_r, &group::gr_name); });
}

const std::string& Accounts::insideUser(const std::string& containerKey, uint32_t tgid, uint32_t uid) {
  const ContainerNames* names = impl_->container(containerKey, tgid);
  return names == nullptr ? kNobody : nameIn(names->users, uid);
}

const std::string& Accounts::insideGroup(const std::string& containerKey, uint32_t tgid, uint32_t gid) {
  const ContainerNames* names = impl_->container(containerKey, tgid);
  return names == nullptr ? kNobody : nameIn(names->groups, gid);
}

void Accounts::forgetOlderThan(uint64_t nowNs) {
  forget(impl_->users, nowNs);
  forget(impl_->groups, nowNs);
  forget(impl_->containers, nowNs);
}

}  // namespace weir
