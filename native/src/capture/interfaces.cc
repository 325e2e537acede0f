#include "capture/interfaces.h"

#include <fnmatch.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/netlink.h"
#include "capture/netns.h"

namespace weir {
namespace {

constexpr uint16_t kArphrdRawIp = 519, kArphrdIp6Gre = 823;  // not in every net/if_arp.h

[[noreturn]] void fail(const char* what, int reason) {
  throw Error("WEIR_INTERFACE", std::string(what) + ": " + std::strerror(reason));
}

Descriptor openRoute(uint32_t groups) {
  Descriptor fd = openNetlink(NETLINK_ROUTE, groups);
  if (!fd) fail("cannot open an rtnetlink socket", errno);
  return fd;
}

// IFLA_LINKINFO: the devices that have another end, which IFLA_LINK names then (elsewhere it names the device below).
bool isPair(const NetlinkAttribute& linkInfo) {
  bool pair = false;
  forEachAttribute(linkInfo.data, linkInfo.size, [&](const NetlinkAttribute& attribute) {
    if (attribute.type != IFLA_INFO_KIND) return;
    const auto* kind = reinterpret_cast<const char*>(attribute.data);
    const std::string_view text(kind, ::strnlen(kind, attribute.size));
    pair = text == "veth" || text == "netkit";
  });
  return pair;
}

// An RTM_NEWLINK or RTM_DELLINK message; index 0 when it is none of AF_UNSPEC.
InterfaceInfo readLink(const nlmsghdr& header) {
  InterfaceInfo info;
  const auto* link = bodyOf<ifinfomsg>(header);
  if (link == nullptr || link->ifi_family != AF_UNSPEC) return info;  // bridge ports announce themselves with AF_BRIDGE too
  info.index = static_cast<uint32_t>(link->ifi_index);
  info.up = (link->ifi_flags & IFF_UP) != 0;
  info.loopback = (link->ifi_flags & IFF_LOOPBACK) != 0;
  info.arphrd = link->ifi_type;
  bool pair = false;
  forEachAttributeBehind(*link, header, [&](const NetlinkAttribute& attribute) {
    const auto* text = reinterpret_cast<const char*>(attribute.data);
    switch (attribute.type) {
      case IFLA_IFNAME: info.name.assign(text, ::strnlen(text, attribute.size)); break;
      case IFLA_ADDRESS:
        if (attribute.size == info.mac.size()) attribute.read(info.mac);
        break;
      case IFLA_MTU: attribute.read(info.mtu); break;
      case IFLA_LINK: attribute.read(info.peerIndex); break;
      case IFLA_LINK_NETNSID: attribute.read(info.peerNamespaceId); break;
      case IFLA_LINKINFO: pair = isPair(attribute); break;
      default: break;
    }
  });
  if (!pair) {
    info.peerIndex = 0;
    info.peerNamespaceId = -1;
  }
  return info;
}

std::vector<InterfaceInfo> dump(int fd) {
  struct {
    nlmsghdr header;
    ifinfomsg link;
  } request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_GETLINK;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.link.ifi_family = AF_UNSPEC;
  std::vector<InterfaceInfo> found;
  const int reason = requestNetlink(fd, request.header, [&](const nlmsghdr& header) {
    if (header.nlmsg_type != RTM_NEWLINK) return;
    if (InterfaceInfo info = readLink(header); info.index != 0) found.push_back(std::move(info));
  });
  if (reason != 0) fail("cannot list the interfaces", reason);
  return found;
}

}  // namespace

std::vector<InterfaceInfo> listInterfaces(const std::string& netns) {
  Descriptor fd;
  {
    const NetnsScope scope(netns);
    fd = openRoute(0);
  }
  return dump(fd.get());
}

bool matchesInterface(const std::string& name, std::string_view pattern) {
  while (!pattern.empty()) {
    const size_t comma = pattern.find(',');
    const std::string one(pattern.substr(0, comma));
    pattern = comma == std::string_view::npos ? std::string_view() : pattern.substr(comma + 1);
    if (one == "any" || ::fnmatch(one.c_str(), name.c_str(), 0) == 0) return true;
  }
  return false;
}

LinkType linkTypeOf(uint16_t arphrd, const std::string& interface) {
  switch (arphrd) {
    case ARPHRD_ETHER:
    case ARPHRD_LOOPBACK: return LinkType::ethernet;
    // Devices without a link header of their own show the IP header; PPP's protocol field is taken off by then.
    case ARPHRD_NONE:
    case kArphrdRawIp:
    case ARPHRD_PPP:
    case ARPHRD_TUNNEL:
    case ARPHRD_TUNNEL6:
    case ARPHRD_SIT:
    case ARPHRD_IPGRE:
    case kArphrdIp6Gre: return LinkType::raw;
    default:
      throw Error("WEIR_LINKTYPE", "interface " + interface + " has ARPHRD link type " + std::to_string(arphrd) +
                                       "; weir captures live from Ethernet, loopback, PPP and raw IP interfaces");
  }
}

InterfaceMonitor::InterfaceMonitor(const std::string& netns) {
  {
    const NetnsScope scope(netns);
    changes_ = openRoute(RTMGRP_LINK);
    lists_ = openRoute(0);
  }
  for (InterfaceInfo& info : dump(lists_.get())) known_[info.index] = std::move(info);
}

std::vector<InterfaceEvent> InterfaceMonitor::poll(int waitMs) {
  std::vector<InterfaceEvent> events;
  pollfd wait{changes_.get(), POLLIN, 0};
  if (::poll(&wait, 1, waitMs) <= 0) return events;
  alignas(nlmsghdr) uint8_t buffer[kNetlinkBuffer];
  bool overflown = false;
  for (;;) {
    const ssize_t size = ::recv(changes_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == ENOBUFS) {
      overflown = true;
      continue;
    }
    if (size <= 0 && !overflown) return events;
    if (size <= 0) {
      resynchronize(events);
      overflown = false;
      continue;
    }
    if (overflown) continue;  // older than the gap: what followed on it may be lost
    forEachMessage(buffer, static_cast<size_t>(size), [&](const nlmsghdr& header) {
      apply(&header, events);
    });
  }
}

void InterfaceMonitor::apply(const void* message, std::vector<InterfaceEvent>& events) {
  const auto& header = *static_cast<const nlmsghdr*>(message);
  if (header.nlmsg_type != RTM_NEWLINK && header.nlmsg_type != RTM_DELLINK) return;
  const InterfaceInfo info = readLink(header);
  if (info.index == 0) return;
  if (header.nlmsg_type == RTM_DELLINK) {
    remove(info.index, events);
  } else {
    update(info, events);
  }
}

void InterfaceMonitor::resynchronize(std::vector<InterfaceEvent>& events) {
  std::map<uint32_t, InterfaceInfo> now;
  for (InterfaceInfo& info : dump(lists_.get())) now[info.index] = std::move(info);
  const std::map<uint32_t, InterfaceInfo> before = known_;
  for (const auto& [index, info] : before) {
    if (now.find(index) == now.end()) remove(index, events);
  }
  for (const auto& [index, info] : now) update(info, events);
}

void InterfaceMonitor::update(const InterfaceInfo& now, std::vector<InterfaceEvent>& events) {
  const auto found = known_.find(now.index);
  if (found != known_.end() && found->second.name != now.name) remove(now.index, events);
  const bool isNew = known_.find(now.index) == known_.end();
  const bool wasUp = !isNew && known_[now.index].up;
  known_[now.index] = now;
  if (isNew) events.push_back({InterfaceEvent::appeared, now});
  if (now.up && !wasUp) events.push_back({InterfaceEvent::up, now});
  if (!now.up && wasUp) events.push_back({InterfaceEvent::down, now});
}

void InterfaceMonitor::remove(uint32_t index, std::vector<InterfaceEvent>& events) {
  const auto found = known_.find(index);
  if (found == known_.end()) return;
  InterfaceInfo gone = found->second;
  known_.erase(found);
  if (gone.up) {
    gone.up = false;
    events.push_back({InterfaceEvent::down, gone});
  }
  events.push_back({InterfaceEvent::vanished, gone});
}

}  // namespace weir
