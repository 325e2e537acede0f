// Netlink framing (netlink(7)): sockets, messages, attributes, requests with their answers. What a failure means is the caller's.
#pragma once

#include <linux/netlink.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>

#include "base/descriptor.h"

namespace weir {

// Bound to the multicast groups of this bit mask. Not valid, with errno set, when the kernel refuses.
Descriptor openNetlink(int family, uint32_t groups = 0);

// Room for what the kernel puts into one datagram.
inline constexpr size_t kNetlinkBuffer = 64 * 1024;

// Calls use(header) for every message of one datagram.
template <typename Use>
void forEachMessage(const uint8_t* data, size_t size, Use use) {
  while (size >= sizeof(nlmsghdr)) {
    const auto* header = reinterpret_cast<const nlmsghdr*>(data);
    if (header->nlmsg_len < sizeof(nlmsghdr) || header->nlmsg_len > size) return;
    use(*header);
    const size_t step = std::min<size_t>(NLMSG_ALIGN(header->nlmsg_len), size);
    data += step;
    size -= step;
  }
}

struct NetlinkAttribute {
  uint16_t type;  // without the flags NLA_F_NESTED and NLA_F_NET_BYTEORDER
  const uint8_t* data;
  size_t size;
  // False when the attribute is shorter than the value.
  template <typename Value>
  bool read(Value& value) const {
    if (size < sizeof value) return false;
    std::memcpy(&value, data, sizeof value);
    return true;
  }
};

// Calls use(attribute) for every attribute of a message's rest or of a nested attribute.
template <typename Use>
void forEachAttribute(const uint8_t* data, size_t size, Use use) {
  nlattr attribute;
  while (size >= sizeof attribute) {
    std::memcpy(&attribute, data, sizeof attribute);
    if (attribute.nla_len < sizeof attribute || attribute.nla_len > size) return;
    use(NetlinkAttribute{static_cast<uint16_t>(attribute.nla_type & NLA_TYPE_MASK), data + NLA_HDRLEN,
                         attribute.nla_len - static_cast<size_t>(NLA_HDRLEN)});
    const size_t step = std::min<size_t>(NLA_ALIGN(attribute.nla_len), size);
    data += step;
    size -= step;
  }
}

// The structure behind a message's header and the attributes behind that; null when the message is too short.
template <typename Body>
const Body* bodyOf(const nlmsghdr& header) {
  if (header.nlmsg_len < NLMSG_LENGTH(sizeof(Body))) return nullptr;
  return reinterpret_cast<const Body*>(reinterpret_cast<const uint8_t*>(&header) + NLMSG_HDRLEN);
}
template <typename Body, typename Use>
void forEachAttributeBehind(const Body& body, const nlmsghdr& header, Use use) {
  const size_t before = NLMSG_LENGTH(NLMSG_ALIGN(sizeof(Body)));
  if (header.nlmsg_len <= before) return;
  forEachAttribute(reinterpret_cast<const uint8_t*>(&body) + NLMSG_ALIGN(sizeof(Body)), header.nlmsg_len - before, use);
}

// Sends a request with NLM_F_DUMP or NLM_F_ACK and gives every answer with its sequence number to use, to the end.
// Returns 0 or an errno, the kernel's refusal among them.
int requestNetlink(int fd, const nlmsghdr& request, const std::function<void(const nlmsghdr&)>& use);

}  // namespace weir
