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
constexpr size_t kMostPasswd = 1u << 20;   // of a container's passwd file
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

// etc/passwd below root, without following a link out of it. What the container has put there need not be a file at all.
Descriptor openPasswd(int root) {
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const auto fd = static_cast<int>(::syscall(SYS_openat2, root, "etc/passwd", &how, sizeof how));
  if (fd >= 0 || (errno != ENOSYS && errno != EPERM)) return Descriptor(fd);
  const Descriptor etc(::openat(root, "etc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));  // before 5.6
  return Descriptor(etc ? ::openat(etc.get(), "passwd", O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW) : -1);
}

std::string readPasswd(int fd) {
  std::string text;
  struct stat about {};
  if (::fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) return text;
  text.resize(kMostPasswd);
  size_t size = 0;
  ssize_t got = 0;
  while (size < text.size() && (got = ::read(fd, text.data() + size, text.size() - size)) > 0) {
    size += static_cast<size_t>(got);
  }
  text.resize(size);
  return text;
}

using Names = std::unordered_map<uint32_t, std::string>;

// Lines "name:password:uid:..."; the first of several names of a uid counts.
Names parsePasswd(std::string_view text) {
  Names names;
  while (!text.empty()) {
    const std::string_view line = cut(text, '\n');
    const size_t name = line.find(':');
    const size_t password = name == std::string_view::npos ? name : line.find(':', name + 1);
    if (password == std::string_view::npos || name == 0 || line[0] == '#') continue;
    uint32_t uid = 0;
    const char* const start = line.data() + password + 1;
    const auto [stop, reason] = std::from_chars(start, line.data() + line.size(), uid);
    if (reason == std::errc() && stop != start) names.emplace(uid, line.substr(0, name));
  }
  return names;
}

}  // namespace

struct Accounts::Impl {
  Memory<uint32_t, std::string> users, groups;
  Memory<std::string, Names> containers;
};

Accounts::Accounts() : impl_(std::make_unique<Impl>()) {}
Accounts::~Accounts() = default;

const std::string& Accounts::user(uint32_t uid) {
  return remembered(impl_->users, uid, [uid] { return nameOf<passwd>(uid, ::getpwuid_r, &passwd::pw_name); });
}

const std::string& Accounts::group(uint32_t gid) {
  return remembered(impl_->groups, gid, [gid] { return nameOf<struct group>(gid, ::getgrgid_r, &group::gr_name); });
}

const std::string& Accounts::insideUser(const std::string& containerKey, uint32_t tgid, uint32_t uid) {
  auto found = impl_->containers.find(containerKey);
  if (found == impl_->containers.end()) {
    const std::string path = "/proc/" + std::to_string(tgid) + "/root";
    const Descriptor root(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!root) return kNobody;  // this process is gone: another one of the container may tell
    const Descriptor file = openPasswd(root.get());
    if (impl_->containers.size() >= kMostContainers) impl_->containers.clear();
    Names names = file ? parsePasswd(readPasswd(file.get())) : Names();
    found = impl_->containers.emplace(containerKey, Remembered<Names>{std::move(names)}).first;
  }
  const auto name = found->second.value.find(uid);
  return name == found->second.value.end() ? kNobody : name->second;
}

void Accounts::forgetOlderThan(uint64_t nowNs) {
  forget(impl_->users, nowNs);
  forget(impl_->groups, nowNs);
  forget(impl_->containers, nowNs);
}

}  // namespace weir
