#include "attribution/interface_owners.h"

#include <sys/stat.h>

#include "base/error.h"
#include "capture/interface_peers.h"

namespace weir {

namespace {

uint32_t netnsOf(const std::string& procRoot, uint32_t tgid) {
  struct stat status{};
  const std::string path = procRoot + "/" + std::to_string(tgid) + "/ns/net";
  return ::stat(path.c_str(), &status) == 0 ? static_cast<uint32_t>(status.st_ino) : 0;
}

}  // namespace

InterfaceOwners findInterfaceOwners(const std::vector<InterfaceKey>& interfaces, const std::string& procRoot) {
  std::map<std::string, std::map<uint32_t, uint32_t>> peers;  // by namespace
  InterfaceOwners owners;
  for (const InterfaceKey& key : interfaces) {
    try {
      if (peers.count(key.first) == 0) peers[key.first] = peerNamespaces(key.first, procRoot);
    } catch (const Error&) {
      peers[key.first] = {};  // gone, or not allowed
    }
    const auto found = peers[key.first].find(key.second);
    if (found != peers[key.first].end()) owners[key].netns = found->second;
  }
  if (owners.empty()) return owners;
  const ProcessReader reader(procRoot);
  for (const uint32_t tgid : reader.list()) {
    const uint32_t netns = netnsOf(procRoot, tgid);
    for (auto& [key, owner] : owners) {
      if (owner.netns == netns && netns != 0 && owner.process.tgid == 0) owner.process = reader.keyOf(tgid);
    }
  }
  std::erase_if(owners, [](const auto& entry) { return entry.second.process.startTicks == 0; });
  return owners;
}

}  // namespace weir
