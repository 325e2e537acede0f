// Numeric addresses for connect() and bind().
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>

#include "base/error.h"

namespace weir {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

// family: 4 or 6. Throws Error WEIR_SOCKET.
inline SocketAddress numericAddress(const std::string& text, uint16_t port, int family) {
  SocketAddress result;
  if (family == 6) {
    auto* address = reinterpret_cast<sockaddr_in6*>(&result.storage);
    address->sin6_family = AF_INET6;
    address->sin6_port = htons(port);
    result.length = sizeof *address;
    if (inet_pton(AF_INET6, text.c_str(), &address->sin6_addr) == 1) return result;
  } else {
    auto* address = reinterpret_cast<sockaddr_in*>(&result.storage);
    address->sin_family = AF_INET;
    address->sin_port = htons(port);
    result.length = sizeof *address;
    if (inet_pton(AF_INET, text.c_str(), &address->sin_addr) == 1) return result;
  }
  throw Error("WEIR_SOCKET", "'" + text + "' is no IPv" + std::to_string(family) + " address");
}

}  // namespace weir
