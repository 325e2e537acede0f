// The inet sockets of one network namespace by sock_diag(7), and by /proc/net where that has no handler for a protocol.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

#include "attribution/socket_events.h"
#include "base/descriptor.h"

namespace weir {

struct ListedSocket {
  weir_socket socket{};
  weir_tcp_health health{};
  uint64_t timeNs = 0;    // CLOCK_MONOTONIC before the list was asked for
  uint64_t cgroupId = 0;  // v2, of the process that made the socket; 0 = the kernel does not say
  uint32_t inode = 0;     // 0 = no process can hold it (TIME_WAIT, connections not accepted yet)
  uint32_t uid = 0;
};

// Why the sockets of a protocol could not be listed, with the remedy where there is one.
std::string listingRefusal(uint8_t protocol, int reason);

// Made in the namespace, for a short stay there; list() works from anywhere.
class SocketListing {
 public:
  // netns: inode of the calling thread's network namespace.
  // most: sockets that a list may hold.
  SocketListing(uint32_t netns, size_t most);
  // Appends what is there. Returns what could not be read in a few words, empty = nothing.
  std::string list(std::vector<ListedSocket>& sockets);

 private:
  std::string listProtocol(uint8_t protocol, uint8_t family, std::vector<ListedSocket>& sockets);
  void listFile(int fd, const weir_socket& like, std::vector<ListedSocket>& sockets);
  void apply(const void* message, uint8_t protocol, ListedSocket base, std::vector<ListedSocket>& sockets);
  ListedSocket blank() const;

  void append(const ListedSocket& listed, std::vector<ListedSocket>& sockets);

  uint32_t netns_;
  size_t most_;
  bool isCut_ = false;  // there were more than most_
  uint64_t netnsCookie_ = 0;  // where the kernel has none (before 5.14) the inode, which no cookie is as large as
  int reason_ = 0;            // why there is no sock_diag
  Descriptor diag_;
  std::array<Descriptor, 4> files_;  // raw, raw6, icmp, icmp6
  std::unordered_set<uint16_t> listening_;  // TCP ports
};

}  // namespace weir
