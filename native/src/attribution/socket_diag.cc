#include "attribution/socket_diag.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <optional>
#include <unordered_map>
#include <vector>

#include "attribution/cgroups.h"
#include "attribution/socket_holders.h"
#include "attribution/socket_listing.h"
#include "base/error.h"
#include "capture/namespaces.h"
#include "capture/netns.h"

namespace weir {
namespace {

// What could not be read, in one line; the first of each kind is enough to act upon.
class Troubles {
 public:
  void add(const std::string& text) {
    if (text.empty() || text_.find(text) != std::string::npos) return;
    if (!text_.empty()) text_ += "; ";
    text_ += text;
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

void copyName(const std::string& from, char (&to)[16]) { std::memcpy(to, from.data(), std::min(from.size(), sizeof to - 1)); }

// Who processes are, each read once in a pass.
class Identities {
 public:
  Identities(const ProcessReader& reader, const std::string& procRoot, const std::string& cgroupMount)
      : reader_(reader), procRoot_(procRoot), cgroupMount_(cgroupMount) {}
  // Null when the process is gone.
  const weir_process* of(uint32_t tgid) {
    const auto [entry, isNew] = known_.try_emplace(tgid);
    if (isNew) entry->second = read(tgid);
    return entry->second ? &*entry->second : nullptr;
  }

 private:
  std::optional<weir_process> read(uint32_t tgid) const;
  uint64_t cgroupId(uint32_t tgid) const;

  const ProcessReader& reader_;
  const std::string& procRoot_;
  const std::string& cgroupMount_;
  std::unordered_map<uint32_t, std::optional<weir_process>> known_;
};

std::optional<weir_process> Identities::read(uint32_t tgid) const {
  const std::optional<ProcessFacts> facts = reader_.read(tgid);
  if (!facts) return std::nullopt;
  weir_process process{};
  process.start_ns = facts->key.startTicks * kNsPerTick;
  process.cgroup_id = cgroupId(tgid);
  process.parent_start_ns = facts->parent.startTicks * kNsPerTick;
  process.tgid = tgid;
  process.tid = tgid;
  process.uid = facts->uid;
  process.gid = facts->gid;
  process.euid = facts->effectiveUid;
  process.egid = facts->effectiveGid;
  process.parent_tgid = facts->parent.tgid;
  process.pid_namespace = facts->pidNamespace;
  copyName(facts->name, process.name);
  std::string parent;
  if (process.parent_start_ns != 0) {
    std::getline(std::ifstream(procRoot_ + "/" + std::to_string(process.parent_tgid) + "/comm"), parent);
  }
  copyName(parent, process.parent_name);
  return process;
}

// The v2 line of /proc/PID/cgroup; the path that ProcessReader gives may be of a v1 hierarchy.
uint64_t Identities::cgroupId(uint32_t tgid) const {
  if (cgroupMount_.empty()) return 0;
  std::ifstream file(procRoot_ + "/" + std::to_string(tgid) + "/cgroup");
  for (std::string line; std::getline(file, line);) {
    if (line.compare(0, 3, "0::") != 0) continue;
    struct stat status;
    return ::stat((cgroupMount_ + line.substr(3)).c_str(), &status) == 0 ? status.st_ino : 0;
  }
  return 0;
}

weir_snapshot_event eventOf(const ListedSocket& listed) {
  weir_snapshot_event event{};
  event.event.time_ns = listed.timeNs;
  event.event.kind = WEIR_SNAPSHOT;
  event.event.size = sizeof event;
  event.socket = listed.socket;
  event.health = listed.health;
  // Whoever holds it now: what the socket itself tells.
  event.process.uid = listed.uid;
  event.process.cgroup_id = listed.cgroupId;
  return event;
}

std::vector<uint32_t> inodesOf(const std::vector<ListedSocket>& sockets) {
  std::vector<uint32_t> inodes;
  inodes.reserve(sockets.size());
  for (const ListedSocket& listed : sockets) {
    if (listed.inode != 0) inodes.push_back(listed.inode);
  }
  std::sort(inodes.begin(), inodes.end());
  return inodes;
}

}  // namespace

struct SocketDiag::Impl {
  Impl(std::string root, size_t limit)
      : procRoot(std::move(root)), most(limit), reader(procRoot), cgroupMount(Cgroups().mount()) {}
  void listAll(DiagResult& result, Troubles& troubles);

  const std::string procRoot;
  const size_t most;
  const ProcessReader reader;
  const std::string cgroupMount;
  std::vector<ListedSocket> sockets;  // room that is used again
};

void SocketDiag::Impl::listAll(DiagResult& result, Troubles& troubles) {
  const std::vector<NetworkNamespace> namespaces = networkNamespaces(procRoot);
  sockets.clear();
  for (const NetworkNamespace& one : namespaces) {
    std::optional<SocketListing> listing;
    try {
      const NetnsScope scope(one.path());
      listing.emplace(one.inode, most);
    } catch (const Error& error) {
      troubles.add("other network namespaces cannot be entered (CAP_SYS_ADMIN is needed)");
      continue;
    }
    const std::string refused = listing->list(sockets);
    result.complete = result.complete && refused.empty();
    troubles.add(refused);
    result.namespaces++;
  }
}

SocketDiag::SocketDiag(std::string procRoot, size_t most) : impl_(std::make_unique<Impl>(std::move(procRoot), most)) {}
SocketDiag::~SocketDiag() = default;

DiagResult SocketDiag::dump(EventHandler& handler) {
  DiagResult result;
  Troubles troubles;
  impl_->listAll(result, troubles);
  const SocketHolders holders = findHolders(inodesOf(impl_->sockets), impl_->reader.list(), impl_->procRoot);
  if (holders.unreadable != 0) {
    troubles.add("some processes may not be looked into (CAP_SYS_PTRACE in their user namespace is needed)");
  }
  Identities identities(impl_->reader, impl_->procRoot, impl_->cgroupMount);
  for (const ListedSocket& listed : impl_->sockets) {
    weir_snapshot_event event = eventOf(listed);
    bool isOwned = false;
    auto holding = std::lower_bound(holders.list.begin(), holders.list.end(), Holding{listed.inode, 0});
    for (; holding != holders.list.end() && holding->inode == listed.inode; ++holding) {
      const weir_process* process = identities.of(holding->tgid);
      if (process == nullptr) continue;
      isOwned = true;
      event.process = *process;
      handler.onEvent(event.event, EventOrigin::diag);
    }
    if (!isOwned) handler.onEvent(event.event, EventOrigin::diag);
    result.sockets++;
    result.owned += isOwned;
  }
  result.trouble = troubles.take();
  return result;
}

}  // namespace weir
