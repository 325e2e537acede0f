#include "attribution/process_reader.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <climits>
#include <string_view>

#include "attribution/cgroups.h"
#include "attribution/proc_text.h"
#include "base/descriptor.h"

namespace weir {
namespace {

constexpr size_t kMostOfFile = 16384;  // of cmdline; commandLineOf shows 4,096 of them
constexpr auto kNone = std::string_view::npos;

// From the start of an open file of /proc, in one call: all come whole, of maps the first hundred lines. Empty when the
// process is gone.
std::string_view readWhole(int fd, char* buffer) {
  const ssize_t size = ::pread(fd, buffer, kMostOfFile, 0);
  return {buffer, static_cast<size_t>(std::max<ssize_t>(size, 0))};
}

// One process's folder. It stays that process's: when its id is used again, reading here fails.
class ProcessFolder {
 public:
  ProcessFolder(const std::string& root, uint32_t tgid)
      : folder_(::open((root + '/' + std::to_string(tgid)).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {}
  explicit operator bool() const { return static_cast<bool>(folder_); }

  Descriptor openFile(const char* name) const { return Descriptor(::openat(folder_.get(), name, O_RDONLY | O_CLOEXEC)); }
  std::string_view file(const char* name) {
    const Descriptor fd = openFile(name);
    return fd ? readWhole(fd.get(), buffer_) : std::string_view();
  }
  // Where a link leads, at most until the next call.
  std::string_view link(const char* name) {
    const ssize_t size = ::readlinkat(folder_.get(), name, buffer_, PATH_MAX);
    return {buffer_, static_cast<size_t>(std::max<ssize_t>(size, 0))};
  }
  // The number in "net:[4026531840]".
  uint32_t namespaceInode(const char* name) {
    const std::string_view text = link(name);
    const size_t at = text.find('[');
    return at == kNone ? 0 : numberAt<uint32_t>(text.substr(at + 1));
  }
  // A file with one number; UINT32_MAX = none.
  uint32_t number(const char* name) {
    const std::string_view text = file(name);
    return text.empty() ? UINT32_MAX : numberAt<uint32_t>(text);
  }
  char* buffer() { return buffer_; }

 private:
  Descriptor folder_;
  char buffer_[kMostOfFile];
};

// /proc/PID/stat; startTicks 0 = unreadable.
struct Stat {
  std::string_view name;
  uint32_t parent = 0;
  uint64_t startTicks = 0;
};

// The name stands in parentheses and may hold any of ") (" and line feeds.
Stat parseStat(std::string_view text) {
  const size_t open = text.find('('), close = text.rfind(')');
  if (open == kNone || close == kNone || close < open) return {};
  Stat stat{text.substr(open + 1, close - open - 1)};
  text.remove_prefix(std::min(close + 2, text.size()));
  for (int field = 3; field < 22; ++field) {
    const std::string_view value = cut(text, ' ');
    if (field == 4) stat.parent = numberAt<uint32_t>(value);
  }
  stat.startTicks = numberAt<uint64_t>(text);
  return stat;
}

// Fills ids from /proc/PID/status; returns the thread group it names.
uint32_t parseStatus(std::string_view text, ProcessFacts& facts) {
  uint32_t tgid = 0;
  while (!text.empty()) {
    std::string_view value = cut(text, '\n');
    const std::string_view name = cut(value, ':');
    if (name == "Tgid") {
      tgid = numberAt<uint32_t>(value);
    } else if (name == "Uid" || name == "Gid") {  // real, effective, saved, of files
      cut(value, '\t');
      (name == "Uid" ? facts.uid : facts.gid) = numberAt<uint32_t>(cut(value, '\t'));
      (name == "Uid" ? facts.effectiveUid : facts.effectiveGid) = numberAt<uint32_t>(cut(value, '\t'));
    } else if (name == "NSpid") {
      const size_t last = value.rfind('\t');
      if (last != kNone && last > 0) facts.insideProcessId = numberAt<uint32_t>(value.substr(last));
    }
  }
  return tgid;
}

std::vector<std::string> parseArguments(std::string_view text) {
  const size_t end = text.find_last_not_of('\0');  // rewritten titles are padded with zeros
  text = text.substr(0, end == kNone ? 0 : end + 1);
  std::vector<std::string> arguments;
  while (!text.empty()) arguments.emplace_back(cut(text, '\0'));
  return arguments;
}

// Through the lines "inside outside count"; UINT32_MAX = not mapped, or the same.
uint32_t insideOf(std::string_view map, uint32_t id) {
  while (!map.empty()) {
    std::string_view line = cut(map, '\n');
    uint64_t values[3] = {};
    for (uint64_t& value : values) {
      line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
      value = numberAt<uint64_t>(cut(line, ' '));
    }
    if (id < values[1] || id - values[1] >= values[2]) continue;
    const auto inside = static_cast<uint32_t>(values[0] + id - values[1]);
    return inside == id ? UINT32_MAX : inside;
  }
  return UINT32_MAX;
}

// How much a path tells of who the process belongs to.
int weightOf(std::string_view path) {
  if (path.empty() || path == "/") return 0;
  const CgroupPlace place = placeOf(path);
  return 1 + 2 * !place.slice.empty() + 4 * !place.unit.empty() + 8 * !place.podUid.empty() +
         16 * !place.containerId.empty();
}

// The v2 line where it is the only one or tells most, else another hierarchy's. Lines are "id:controllers:path".
std::string parseCgroups(std::string_view text) {
  std::string_view best, seen;
  int bestWeight = -1;
  bool bestUnified = false;
  while (!text.empty()) {
    std::string_view path = cut(text, '\n');
    const std::string_view id = cut(path, ':');
    cut(path, ':');
    if (id == "0" && best.empty() && text.empty()) return std::string(withoutDeleted(path));
    if (path == seen && id != "0") continue;  // v1 hierarchies mostly repeat each other
    seen = path;
    const int weight = weightOf(path);
    if (weight < bestWeight || (weight == bestWeight && (bestUnified || id != "0"))) continue;
    best = path;
    bestWeight = weight;
    bestUnified = id == "0";
  }
  return std::string(withoutDeleted(best));
}

void readText(ProcessFolder& folder, ProcessFacts& facts) {
  facts.executable = withoutDeleted(folder.link("exe"));
  facts.workingDirectory = withoutDeleted(folder.link("cwd"));
  facts.arguments = parseArguments(folder.file("cmdline"));
  facts.cgroupPath = parseCgroups(folder.file("cgroup"));
}

void readNamespaces(ProcessFolder& folder, uint32_t ownUserNamespace, ProcessFacts& facts) {
  facts.netns = folder.namespaceInode("ns/net");
  facts.pidNamespace = folder.namespaceInode("ns/pid");
  facts.userNamespace = folder.namespaceInode("ns/user");
  if (facts.userNamespace == 0 || facts.userNamespace != ownUserNamespace) {
    facts.insideUid = insideOf(folder.file("uid_map"), facts.uid);
    facts.insideGid = insideOf(folder.file("gid_map"), facts.gid);
  }
}

}  // namespace

ProcessReader::ProcessReader(std::string procRoot) : root_(std::move(procRoot)) {
  char target[64];
  const ssize_t size = ::readlink((root_ + "/self/ns/user").c_str(), target, sizeof target);
  const std::string_view text(target, static_cast<size_t>(std::max<ssize_t>(size, 0)));
  if (const size_t at = text.find('['); at != kNone) userNamespace_ = numberAt<uint32_t>(text.substr(at + 1));
}

std::optional<ProcessFacts> ProcessReader::read(uint32_t tgid) const {
  ProcessFolder folder(root_, tgid);
  const Descriptor statFile = folder ? folder.openFile("stat") : Descriptor();
  if (!statFile) return std::nullopt;
  const Stat first = parseStat(readWhole(statFile.get(), folder.buffer()));
  if (first.startTicks == 0 && first.name.empty()) return std::nullopt;
  ProcessFacts facts;
  facts.key = {tgid, first.startTicks};
  facts.name = first.name;
  if (parseStatus(folder.file("status"), facts) != tgid) return std::nullopt;  // gone, or a thread's id
  readText(folder, facts);
  facts.loginUid = folder.number("loginuid");
  if (facts.loginUid != UINT32_MAX) facts.sessionId = folder.number("sessionid");  // the kernel sets both or none
  readNamespaces(folder, userNamespace_, facts);
  if (first.parent != 0) facts.parent = keyOf(first.parent);

  const Stat last = parseStat(readWhole(statFile.get(), folder.buffer()));
  if (last.name.empty() || last.startTicks != first.startTicks) return std::nullopt;
  // A parent that ended in between, or whose id another process has now.
  if (last.parent != first.parent || facts.parent.startTicks > facts.key.startTicks) facts.parent = {last.parent, 0};
  facts.parent.tgid = last.parent;
  return facts;
}

ProcessKey ProcessReader::keyOf(uint32_t tgid) const {
  char buffer[kMostOfFile];
  const Descriptor fd(::open((root_ + '/' + std::to_string(tgid) + "/stat").c_str(), O_RDONLY | O_CLOEXEC));
  return {tgid, fd ? parseStat(readWhole(fd.get(), buffer)).startTicks : 0};
}

std::vector<uint32_t> ProcessReader::list() const {
  std::vector<uint32_t> found;
  DIR* folder = ::opendir(root_.c_str());
  if (folder == nullptr) return found;
  while (const dirent* entry = ::readdir(folder)) {
    const std::string_view name = entry->d_name;
    if (name.find_first_not_of("0123456789") == kNone) found.push_back(numberAt<uint32_t>(name));
  }
  ::closedir(folder);
  return found;
}

}  // namespace weir
