// A connected UDP socket with path MTU discovery that sends a batch of messages with one sendmmsg.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace weir {

struct UdpOptions {
  std::string address;  // numeric
  uint16_t port = 4739;
  int family = 4;       // 4 or 6
  uint32_t maxPayload = 0;  // 0: what the path takes
  uint32_t sendBuffer = 0;  // SO_SNDBUF octets, 0: the system's
  std::string bind;     // local numeric address, empty = any
  bool fragment = false;  // the IP layer may fragment
};

class UdpSender {
 public:
  explicit UdpSender(const UdpOptions& options);  // throws Error WEIR_SOCKET
  ~UdpSender();
  UdpSender(const UdpSender&) = delete;
  UdpSender& operator=(const UdpSender&) = delete;

  // Sends messages [from, units) of bytes, message i ending at ends[i]. Returns the first one not handed to the kernel.
  // Less than units: the socket would block (lastError empty) or lastError names the errno of that message.
  uint32_t send(std::span<const uint8_t> bytes, std::span<const uint32_t> ends, uint32_t from, uint32_t units);
  uint32_t payloadSize() const { return payloadSize_; }
  const char* lastError() const { return lastError_; }
  std::string localAddress() const;
  void close();

 private:
  void learnPath();

  int socket_ = -1;
  UdpOptions options_;
  uint32_t payloadSize_ = 0;
  const char* lastError_ = "";
};

}  // namespace weir
