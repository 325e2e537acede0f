#include "capture/interface_peers.h"

#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/netlink.h"
#include "capture/namespaces.h"
#include "capture/netns.h"

namespace weir {
namespace {

// The id that the namespace of `socket` has for another one; -1 = none, so no interface leads there.
int32_t idOf(int socket, const NetworkNamespace& other) {
  struct {
    nlmsghdr header;
    rtgenmsg general;
    uint8_t padding[3];
    rtattr attribute;
    int32_t fd;
  } request{};
  static_assert(sizeof request == NLMSG_LENGTH(NLMSG_ALIGN(sizeof(rtgenmsg))) + RTA_LENGTH(sizeof(int32_t)));
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_GETNSID;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  request.general.rtgen_family = AF_UNSPEC;
  request.attribute.rta_type = NETNSA_FD;
  request.attribute.rta_len = RTA_LENGTH(sizeof request.fd);
  request.fd = other.fd.get();
  int32_t id = NETNSA_NSID_NOT_ASSIGNED;
  requestNetlink(socket, request.header, [&](const nlmsghdr& header) {
    const auto* general = bodyOf<rtgenmsg>(header);
    if (header.nlmsg_type != RTM_NEWNSID || general == nullptr) return;
    forEachAttributeBehind(*general, header, [&](const NetlinkAttribute& attribute) {
      if (attribute.type == NETNSA_NSID) attribute.read(id);
    });
  });
  return id;
}

Descriptor openRoute(const std::string& netns) {
  const NetnsScope scope(netns);
  Descriptor fd = openNetlink(NETLINK_ROUTE);
  if (!fd) throw Error("WEIR_INTERFACE", std::string("cannot open an rtnetlink socket: ") + std::strerror(errno));
  return fd;
}

}  // namespace

std::map<uint32_t, uint32_t> peerNamespaces(const std::vector<InterfaceInfo>& interfaces, const std::string& netns,
                                            const std::string& procRoot) {
  std::map<uint32_t, uint32_t> found;
  const auto leavesHere = [](const InterfaceInfo& info) { return info.peerIndex != 0 && info.peerNamespaceId >= 0; };
  if (std::none_of(interfaces.begin(), interfaces.end(), leavesHere)) return found;
  const Descriptor socket = openRoute(netns);
  std::map<int32_t, uint32_t> inodes;
  for (const NetworkNamespace& other : networkNamespaces(procRoot).list) {
    if (const int32_t id = idOf(socket.get(), other); id >= 0) inodes[id] = other.inode;
  }
  for (const InterfaceInfo& info : interfaces) {
    const auto inode = inodes.find(info.peerNamespaceId);
    if (leavesHere(info) && inode != inodes.end()) found[info.index] = inode->second;
  }
  return found;
}

std::map<uint32_t, uint32_t> peerNamespaces(const std::string& netns, const std::string& procRoot) {
  return peerNamespaces(listInterfaces(netns), netns, procRoot);
}

}  // namespace weir
