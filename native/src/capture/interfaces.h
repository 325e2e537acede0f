// The network interfaces of a namespace by rtnetlink(7): a list, and a monitor that follows changes.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.h"
#include "capture/frame.h"

namespace weir {

struct InterfaceInfo {
  uint32_t index = 0;
  std::string name;
  std::array<uint8_t, 6> mac{};  // network order; zeros when the link layer has none of six octets
  bool up = false;               // IFF_UP: switched on, with or without carrier
  bool loopback = false;
  uint32_t mtu = 0;
  uint16_t arphrd = 0;           // ARPHRD_ value of net/if_arp.h
  uint32_t peerIndex = 0;        // veth: ifIndex of the other end, 0 = has none
  int32_t peerNamespaceId = -1;  // this namespace's id (RTM_GETNSID) of the one the other end is in, -1 = it is here
};

// netns: path of a namespace, empty = the own one. Throws Error WEIR_NETNS or WEIR_INTERFACE.
std::vector<InterfaceInfo> listInterfaces(const std::string& netns = {});

// pattern: `any`, a name, a glob (fnmatch) or a comma list of these. Callers leave out interfaces that are down.
bool matchesInterface(const std::string& name, std::string_view pattern);

// What a SOCK_RAW packet socket on such an interface sees. Throws Error WEIR_LINKTYPE for what weir cannot decode.
LinkType linkTypeOf(uint16_t arphrd, const std::string& interface);

struct InterfaceEvent {
  enum Kind : uint8_t { appeared, vanished, up, down } kind;
  InterfaceInfo interface;  // as it is now, or was last
};

// Follows the interfaces of one namespace. One thread.
class InterfaceMonitor {
 public:
  // netns as for listInterfaces(); the namespace is entered here only. Throws Error WEIR_NETNS or WEIR_INTERFACE.
  explicit InterfaceMonitor(const std::string& netns = {});
  // What is there now: after construction the first list, later as of the last poll().
  const std::map<uint32_t, InterfaceInfo>& interfaces() const { return known_; }
  // Changes since the last call, waiting at most waitMs for the first. An interface that appears switched on gives
  // `appeared` and `up`, one that vanishes while switched on `down` and `vanished`. A new name: vanished and appeared.
  std::vector<InterfaceEvent> poll(int waitMs = 0);
  // Readable when poll() has something to do.
  int fd() const { return changes_.get(); }

 private:
  void apply(const void* message, std::vector<InterfaceEvent>& events);
  void resynchronize(std::vector<InterfaceEvent>& events);
  void update(const InterfaceInfo& now, std::vector<InterfaceEvent>& events);
  void remove(uint32_t index, std::vector<InterfaceEvent>& events);

  Descriptor changes_;  // subscribed to RTMGRP_LINK
  Descriptor lists_;    // for dumps
  std::map<uint32_t, InterfaceInfo> known_;
};

}  // namespace weir
