// The names of a socket, as flow records have them: addresses in 16 octets, IPv4 as ::ffff:a.b.c.d.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "attribution/socket_events.h"
#include "base/hash.h"
#include "fields/flow_record.h"

namespace weir {

inline constexpr uint16_t kMptcp = 262;  // IPPROTO_MPTCP
inline constexpr Address kAny4{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0};
inline constexpr Address kAny6{};

struct SocketTuple {
  Address local = kAny6, remote = kAny6;
  uint16_t localPort = 0, remotePort = 0;
  uint8_t protocol = 0;  // MPTCP is TCP
  bool raw = false;      // SOCK_RAW: its local port is the protocol; a ping socket's is its echo id
  bool operator==(const SocketTuple& other) const {  // ports differ most
    return localPort == other.localPort && remotePort == other.remotePort && protocol == other.protocol && raw == other.raw &&
           local == other.local && remote == other.remote;
  }
};

inline uint64_t hashOf(const SocketTuple& tuple, const HashSeed& seed) {
  uint8_t key[48] = {};
  std::memcpy(key, tuple.local.data(), 16);
  std::memcpy(key + 16, tuple.remote.data(), 16);
  std::memcpy(key + 32, &tuple.localPort, 2);
  std::memcpy(key + 34, &tuple.remotePort, 2);
  key[36] = tuple.protocol;
  return hashFixed<sizeof key>(key, seed);
}

inline bool isIp4(const Address& address) { return std::equal(kAny4.begin(), kAny4.begin() + 12, address.begin()); }
inline bool isAny(const Address& address) { return address == kAny4 || address == kAny6; }
inline bool isLoopback(const Address& address) {
  if (isIp4(address)) return address[12] == 127;
  return address[15] == 1 && std::all_of(address.begin(), address.begin() + 15, [](uint8_t octet) { return octet == 0; });
}

// Protocols whose flows have ports.
inline bool hasPorts(uint8_t protocol) {
  return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP || protocol == IPPROTO_DCCP ||
         protocol == IPPROTO_UDPLITE;
}

// Both ends are known, so a flow can be told by it alone.
inline bool isConnected(const SocketTuple& tuple) {
  return hasPorts(tuple.protocol) && !tuple.raw && tuple.localPort != 0 && tuple.remotePort != 0;
}

// What unconnected sockets and listeners are found by; flows of raw and ping sockets have no port.
inline uint16_t portKey(const SocketTuple& tuple) {
  return hasPorts(tuple.protocol) && !tuple.raw ? tuple.localPort : uint16_t{0};
}

inline Address addressOf(uint16_t family, const uint8_t* octets) {
  Address address = kAny6;
  if (family == AF_INET) {
    address = kAny4;
    std::memcpy(address.data() + 12, octets, 4);
  } else {
    std::memcpy(address.data(), octets, 16);
  }
  return address;
}

inline SocketTuple tupleOf(const weir_socket& socket) {
  SocketTuple tuple;
  tuple.local = addressOf(socket.family, socket.local);
  tuple.remote = addressOf(socket.family, socket.remote);
  tuple.localPort = socket.local_port;
  tuple.remotePort = socket.remote_port;
  tuple.protocol = socket.protocol == kMptcp ? uint8_t{IPPROTO_TCP} : static_cast<uint8_t>(socket.protocol);
  tuple.raw = socket.type == SOCK_RAW;
  // A v6 socket that is connected to a mapped peer but not bound to an address yet.
  if (isIp4(tuple.remote) && tuple.local == kAny6 && tuple.remotePort != 0) tuple.local = kAny4;
  return tuple;
}

}  // namespace weir
