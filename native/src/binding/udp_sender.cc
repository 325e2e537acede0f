#include "binding/udp_sender.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "binding/binding.h"
#include "binding/socket_address.h"

namespace weir {

namespace {

constexpr size_t kMessagesPerCall = 64;
constexpr uint32_t kLargestPayload = 65507;      // UDP over IPv4; also the IPFIX message limit's neighbourhood
constexpr uint32_t kUnknownPathPayload = 484;    // RFC 7011 section 10.3.3: 512-octet packets when the path is unknown

[[noreturn]] void fail(const UdpOptions& options, const char* what) {
  throw Error("WEIR_SOCKET", "udp://" + options.address + ":" + std::to_string(options.port) + ": " + what + ": " +
                                 std::strerror(errno));
}

}  // namespace

UdpSender::UdpSender(const UdpOptions& options) : options_(options) {
  const SocketAddress peer = numericAddress(options.address, options.port, options.family);
  const bool v6 = options.family == 6;
  socket_ = socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket_ < 0) fail(options, "socket");
  try {
    // Messages are never fragmented (RFC 7011 section 10.3.3); lines of other formats may be.
    const int discover = options.fragment ? (v6 ? IPV6_PMTUDISC_WANT : IP_PMTUDISC_WANT)
                                          : (v6 ? IPV6_PMTUDISC_DO : IP_PMTUDISC_DO);
    setsockopt(socket_, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER, &discover, sizeof discover);
    if (options.sendBuffer != 0) {
      const int size = static_cast<int>(options.sendBuffer);
      setsockopt(socket_, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    }
    if (!options.bind.empty()) {
      const SocketAddress local = numericAddress(options.bind, 0, options.family);
      if (bind(socket_, local.get(), local.length) != 0) fail(options, "bind");
    }
    if (connect(socket_, peer.get(), peer.length) != 0) fail(options, "connect");
  } catch (...) {
    close();
    throw;
  }
  learnPath();
}

UdpSender::~UdpSender() { close(); }

void UdpSender::close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

void UdpSender::learnPath() {
  const bool v6 = options_.family == 6;
  int mtu = 0;
  socklen_t length = sizeof mtu;
  const bool known = getsockopt(socket_, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_MTU : IP_MTU, &mtu, &length) == 0;
  const int headers = (v6 ? 40 : 20) + 8;
  const uint32_t path = known && mtu > headers ? static_cast<uint32_t>(mtu - headers) : kUnknownPathPayload;
  payloadSize_ = options_.fragment ? kLargestPayload : std::min(path, kLargestPayload);
  if (options_.maxPayload != 0) payloadSize_ = std::min(payloadSize_, options_.maxPayload);
}

uint32_t UdpSender::send(std::span<const uint8_t> bytes, std::span<const uint32_t> ends, uint32_t from, uint32_t units) {
  lastError_ = "";
  std::array<mmsghdr, kMessagesPerCall> headers;
  std::array<iovec, kMessagesPerCall> parts;
  while (from < units) {
    const size_t count = std::min<size_t>(units - from, kMessagesPerCall);
    for (size_t i = 0; i < count; i++) {
      const uint32_t start = from + i == 0 ? 0 : ends[from + i - 1];
      parts[i] = {const_cast<uint8_t*>(bytes.data()) + start, ends[from + i] - start};
      headers[i] = {};
      headers[i].msg_hdr.msg_iov = &parts[i];
      headers[i].msg_hdr.msg_iovlen = 1;
    }
    const int sent = sendmmsg(socket_, headers.data(), static_cast<unsigned>(count), 0);
    if (sent > 0) {
      from += static_cast<uint32_t>(sent);
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) return from;
    if (errno == EMSGSIZE) learnPath();
    lastError_ = strerrorname_np(errno);
    return from;
  }
  return from;
}

std::string UdpSender::localAddress() const {
  SocketAddress local;
  local.length = sizeof local.storage;
  if (getsockname(socket_, reinterpret_cast<sockaddr*>(&local.storage), &local.length) != 0) return "";
  char text[INET6_ADDRSTRLEN] = "";
  const bool v6 = local.storage.ss_family == AF_INET6;
  const void* address = v6 ? static_cast<const void*>(&reinterpret_cast<sockaddr_in6*>(&local.storage)->sin6_addr)
                           : &reinterpret_cast<sockaddr_in*>(&local.storage)->sin_addr;
  inet_ntop(local.storage.ss_family, address, text, sizeof text);
  return text;
}

namespace binding {

class UdpSenderObject final : public Napi::ObjectWrap<UdpSenderObject> {
 public:
  explicit UdpSenderObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<UdpSenderObject>(info) {
    guarded(info.Env(), [&] {
      const auto from = info[0].As<Napi::Object>();
      UdpOptions options;
      options.address = textOf(from, "address");
      options.port = static_cast<uint16_t>(u32Of(from, "port"));
      options.family = static_cast<int>(u32Of(from, "family"));
      options.maxPayload = u32Of(from, "maxPayload");
      options.sendBuffer = u32Of(from, "sendBuffer");
      options.bind = textOf(from, "bind");
      options.fragment = from.Get("fragment").ToBoolean();
      sender_ = std::make_unique<UdpSender>(options);
    });
  }

  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "UdpSender",
                       {InstanceAccessor<&UdpSenderObject::payloadSize>("payloadSize"),
                        InstanceAccessor<&UdpSenderObject::lastError>("lastError"),
                        InstanceAccessor<&UdpSenderObject::localAddress>("localAddress"),
                        InstanceMethod<&UdpSenderObject::send>("send"), InstanceMethod<&UdpSenderObject::close>("close")});
  }

 private:
  Napi::Value payloadSize(const Napi::CallbackInfo& info) { return number(info.Env(), sender_->payloadSize()); }
  Napi::Value lastError(const Napi::CallbackInfo& info) { return Napi::String::New(info.Env(), sender_->lastError()); }
  Napi::Value localAddress(const Napi::CallbackInfo& info) {
    return Napi::String::New(info.Env(), sender_->localAddress());
  }
  // send(bytes, ends, from, units)
  Napi::Value send(const Napi::CallbackInfo& info) {
    const Bytes bytes = bytesOf(info[0]);
    auto ends = info[1].As<Napi::Uint32Array>();
    return number(info.Env(), sender_->send({bytes.data, bytes.size}, {ends.Data(), ends.ElementLength()},
                                            info[2].As<Napi::Number>().Uint32Value(),
                                            info[3].As<Napi::Number>().Uint32Value()));
  }
  void close(const Napi::CallbackInfo&) { sender_->close(); }

  std::unique_ptr<UdpSender> sender_;
};

Napi::Function defineUdpSender(Napi::Env env) { return UdpSenderObject::define(env); }

}  // namespace binding

}  // namespace weir
