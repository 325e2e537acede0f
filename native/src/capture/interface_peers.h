// Where the other ends of veth pairs are: the host's side of a container's interface names the container.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "capture/interfaces.h"

namespace weir {

// Inode of the network namespace that each interface's other end lives in, by the interface's index. Only interfaces whose
// other end is in another namespace, and one that a process or /run/netns holds. netns: path of the namespace whose
// interfaces are asked about, empty = the own one. Throws Error WEIR_NETNS or WEIR_INTERFACE.
std::map<uint32_t, uint32_t> peerNamespaces(const std::string& netns = {}, const std::string& procRoot = "/proc");
// The same for a list that is there already.
std::map<uint32_t, uint32_t> peerNamespaces(const std::vector<InterfaceInfo>& interfaces, const std::string& netns,
                                            const std::string& procRoot = "/proc");

}  // namespace weir
