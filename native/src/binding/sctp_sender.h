// A non-blocking one-to-one style SCTP socket (RFC 6458 section 4). The protocol is a parameter, so that the states can
// be tested where the kernel has no SCTP.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace weir {

struct SctpOptions {
  int family = 4;      // 4 or 6
  int protocol = 132;  // IPPROTO_SCTP
  std::string bind;    // local numeric address, empty = any
};

class SctpSender {
 public:
  enum class State { kIdle, kConnecting, kConnected, kClosed };

  explicit SctpSender(const SctpOptions& options);  // throws Error WEIR_SCTP where the kernel has no SCTP, else WEIR_SOCKET
  ~SctpSender();
  SctpSender(const SctpSender&) = delete;
  SctpSender& operator=(const SctpSender&) = delete;

  void connect(const std::string& address, uint16_t port);
  State poll();
  // One message = one send. False: would block, to be called again with the same message; or lastError() is set.
  bool send(std::span<const uint8_t> message);
  const char* lastError() const { return lastError_; }
  void shutdown();
  void close();

 private:
  void fail(int error);
  void pollConnecting();
  void pollConnected();

  SctpOptions options_;
  int socket_ = -1;
  State state_ = State::kIdle;
  size_t sent_ = 0;  // octets of the message under way; SCTP takes it whole, a TCP socket (tests) may not
  const char* lastError_ = "";
};

}  // namespace weir
