#include "binding/sctp_sender.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "binding/binding.h"
#include "binding/socket_address.h"

namespace weir {

namespace {

constexpr int kSendBuffer = 1 << 20;  // SCTP takes a message only when it fits the buffer whole

}  // namespace

SctpSender::SctpSender(const SctpOptions& options) : options_(options) {
  const int family = options.family == 6 ? AF_INET6 : AF_INET;
  socket_ = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, options.protocol);
  if (socket_ < 0) {
    const bool missing = errno == EPROTONOSUPPORT || errno == ESOCKTNOSUPPORT;
    throw Error(missing ? "WEIR_SCTP" : "WEIR_SOCKET",
                missing ? std::string("this kernel has no SCTP: socket: ") + std::strerror(errno)
                        : std::string("socket: ") + std::strerror(errno));
  }
  setsockopt(socket_, SOL_SOCKET, SO_SNDBUF, &kSendBuffer, sizeof kSendBuffer);
}

SctpSender::~SctpSender() { close(); }

void SctpSender::fail(int error) {
  lastError_ = strerrorname_np(error);
  state_ = State::kClosed;
}

void SctpSender::connect(const std::string& address, uint16_t port) {
  const SocketAddress peer = numericAddress(address, port, options_.family);
  state_ = State::kConnecting;
  if (!options_.bind.empty()) {
    const SocketAddress local = numericAddress(options_.bind, 0, options_.family);
    if (bind(socket_, local.get(), local.length) != 0) {
      fail(errno);
      return;
    }
  }
  if (::connect(socket_, peer.get(), peer.length) == 0) {
    state_ = State::kConnected;
  } else if (errno != EINPROGRESS) {
    fail(errno);
  }
}

SctpSender::State SctpSender::poll() {
  if (state_ == State::kConnecting) pollConnecting();
  if (state_ == State::kConnected) pollConnected();
  return state_;
}

void SctpSender::pollConnecting() {
  pollfd wanted{socket_, POLLOUT, 0};
  if (::poll(&wanted, 1, 0) <= 0) return;
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0) {
    fail(error);
  } else {
    state_ = State::kConnected;
  }
}

// A collector sends nothing: whatever can be read is thrown away, and its end is the end of the session.
void SctpSender::pollConnected() {
  std::array<uint8_t, 4096> nothing;
  for (int i = 0; i < 16; i++) {
    const ssize_t got = recv(socket_, nothing.data(), nothing.size(), MSG_DONTWAIT);
    if (got > 0) continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
    if (got == 0) {
      state_ = State::kClosed;
    } else {
      fail(errno);
    }
    return;
  }
}

bool SctpSender::send(std::span<const uint8_t> message) {
  lastError_ = "";
  if (state_ != State::kConnected) {
    lastError_ = "ENOTCONN";
    return false;
  }
  while (sent_ < message.size()) {
    const ssize_t taken = ::send(socket_, message.data() + sent_, message.size() - sent_, MSG_NOSIGNAL);
    if (taken >= 0) {
      sent_ += static_cast<size_t>(taken);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) {
      return false;
    } else if (errno != EINTR) {
      fail(errno);
      return false;
    }
  }
  sent_ = 0;
  return true;
}

void SctpSender::shutdown() {
  if (socket_ >= 0) ::shutdown(socket_, SHUT_WR);
}

void SctpSender::close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
  state_ = State::kClosed;
}

namespace binding {

class SctpSenderObject final : public Napi::ObjectWrap<SctpSenderObject> {
 public:
  explicit SctpSenderObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<SctpSenderObject>(info) {
    guarded(info.Env(), [&] {
      const auto from = info[0].As<Napi::Object>();
      SctpOptions options;
      options.family = static_cast<int>(u32Of(from, "family"));
      options.protocol = static_cast<int>(u32Of(from, "protocol"));
      options.bind = textOf(from, "bind");
      sender_ = std::make_unique<SctpSender>(options);
    });
  }

  static Napi::Function define(Napi::Env env) {
    return DefineClass(
        env, "SctpSender",
        {InstanceAccessor<&SctpSenderObject::lastError>("lastError"),
         InstanceMethod<&SctpSenderObject::connect>("connect"), InstanceMethod<&SctpSenderObject::poll>("poll"),
         InstanceMethod<&SctpSenderObject::send>("send"), InstanceMethod<&SctpSenderObject::shutdown>("shutdown"),
         InstanceMethod<&SctpSenderObject::close>("close")});
  }

 private:
  Napi::Value lastError(const Napi::CallbackInfo& info) { return Napi::String::New(info.Env(), sender_->lastError()); }
  // connect(address, port)
  void connect(const Napi::CallbackInfo& info) {
    guarded(info.Env(), [&] {
      sender_->connect(info[0].As<Napi::String>().Utf8Value(),
                       static_cast<uint16_t>(info[1].As<Napi::Number>().Uint32Value()));
    });
  }
  Napi::Value poll(const Napi::CallbackInfo& info) {
    static constexpr std::array kNames = {"idle", "connecting", "connected", "closed"};
    return Napi::String::New(info.Env(), kNames[static_cast<size_t>(sender_->poll())]);
  }
  // send(message)
  Napi::Value send(const Napi::CallbackInfo& info) {
    const Bytes bytes = bytesOf(info[0]);
    return Napi::Boolean::New(info.Env(), sender_->send({bytes.data, bytes.size}));
  }
  void shutdown(const Napi::CallbackInfo&) { sender_->shutdown(); }
  void close(const Napi::CallbackInfo&) { sender_->close(); }

  std::unique_ptr<SctpSender> sender_;
};

Napi::Function defineSctpSender(Napi::Env env) { return SctpSenderObject::define(env); }

}  // namespace binding

}  // namespace weir
