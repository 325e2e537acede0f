#include "capture/interfaces.h"

#include <fnmatch.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "capture/netns.h"

namespace weir {
namespace {

constexpr uint16_t kArphrdRawIp = 519, kArphrdIp6Gre = 823;  // not in every net/if_arp.h
constexpr size_t kReceiveBuffer = 64 * 1024;

[[noreturn]] void fail(const char* what, int reason) {
  throw Error("WEIR_INTERFACE", std::string(what) + ": " + std::strerror(reason));
}

Descriptor openNetlink(uint32_t groups) {
  Descriptor fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!fd) fail("cannot open an rtnetlink socket", errno);
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = groups;
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    fail("cannot bind an rtnetlink socket", errno);
  }
  return fd;
}

// Calls use(header) for every message of one datagram; use returns false to stop.
template <typename Use>
void forEachMessage(const uint8_t* data, size_t size, Use use) {
  while (size >= sizeof(nlmsghdr)) {
    const auto* header = reinterpret_cast<const nlmsghdr*>(data);
    if (header->nlmsg_len < sizeof(nlmsghdr) || header->nlmsg_len > size) return;
    if (!use(*header)) return;
    const size_t step = std::min<size_t>(NLMSG_ALIGN(header->nlmsg_len), size);
    data += step;
    size -= step;
  }
}

// An RTM_NEWLINK or RTM_DELLINK message; index 0 when it is none of AF_UNSPEC.
InterfaceInfo readLink(const nlmsghdr& header) {
  InterfaceInfo info;
  if (header.nlmsg_len < NLMSG_LENGTH(sizeof(ifinfomsg))) return info;
  const auto* link = reinterpret_cast<const ifinfomsg*>(reinterpret_cast<const uint8_t*>(&header) + NLMSG_HDRLEN);
  if (link->ifi_family != AF_UNSPEC) return info;  // bridge ports announce themselves with AF_BRIDGE too
  info.index = static_cast<uint32_t>(link->ifi_index);
  info.up = (link->ifi_flags & IFF_UP) != 0;
  info.loopback = (link->ifi_flags & IFF_LOOPBACK) != 0;
  info.arphrd = link->ifi_type;
  const uint8_t* at = reinterpret_cast<const uint8_t*>(link) + NLMSG_ALIGN(sizeof(ifinfomsg));
  size_t left = header.nlmsg_len - NLMSG_LENGTH(sizeof(ifinfomsg));
  while (left >= sizeof(rtattr)) {
    rtattr attribute;
    std::memcpy(&attribute, at, sizeof attribute);
    if (attribute.rta_len < sizeof attribute || attribute.rta_len > left) break;
    const uint8_t* value = at + RTA_LENGTH(0);
    const size_t size = attribute.rta_len - RTA_LENGTH(0);
    if (attribute.rta_type == IFLA_IFNAME) {
      const auto* text = reinterpret_cast<const char*>(value);
      info.name.assign(text, ::strnlen(text, size));
    }
    if (attribute.rta_type == IFLA_ADDRESS && size == 6) std::memcpy(info.mac.data(), value, 6);
    if (attribute.rta_type == IFLA_MTU && size == 4) std::memcpy(&info.mtu, value, 4);
    const size_t step = std::min<size_t>(RTA_ALIGN(attribute.rta_len), left);
    at += step;
    left -= step;
  }
  return info;
}

void requestDump(int fd) {
  struct {
    nlmsghdr header;
    ifinfomsg link;
  } request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_GETLINK;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.link.ifi_family = AF_UNSPEC;
  if (::send(fd, &request, sizeof request, 0) < 0) fail("cannot ask for the interfaces", errno);
}

std::vector<InterfaceInfo> dump(int fd) {
  requestDump(fd);
  std::vector<InterfaceInfo> found;
  alignas(nlmsghdr) uint8_t buffer[kReceiveBuffer];
  for (bool done = false; !done;) {
    const ssize_t size = ::recv(fd, buffer, sizeof buffer, 0);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) fail("cannot read the interfaces", errno);
    forEachMessage(buffer, static_cast<size_t>(size), [&](const nlmsghdr& header) {
      if (header.nlmsg_type == NLMSG_ERROR) fail("the kernel refuses to list the interfaces", EACCES);
      done = header.nlmsg_type == NLMSG_DONE;
      if (header.nlmsg_type == RTM_NEWLINK) {
        if (InterfaceInfo info = readLink(header); info.index != 0) found.push_back(std::move(info));
      }
      return !done;
    });
  }
  return found;
}

}  // namespace

std::vector<InterfaceInfo> listInterfaces(const std::string& netns) {
  Descriptor fd;
  {
    const NetnsScope scope(netns);
    fd = openNetlink(0);
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
    changes_ = openNetlink(RTMGRP_LINK);
    lists_ = openNetlink(0);
  }
  for (InterfaceInfo& info : dump(lists_.get())) known_[info.index] = std::move(info);
}

std::vector<InterfaceEvent> InterfaceMonitor::poll(int waitMs) {
  std::vector<InterfaceEvent> events;
  pollfd wait{changes_.get(), POLLIN, 0};
  if (::poll(&wait, 1, waitMs) <= 0) return events;
  alignas(nlmsghdr) uint8_t buffer[kReceiveBuffer];
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
      return true;
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
