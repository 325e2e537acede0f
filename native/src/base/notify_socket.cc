#include "base/notify_socket.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "base/descriptor.h"

namespace weir {

const char* notifyServiceManager(std::string_view socket, std::string_view message) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.empty() || (socket[0] != '/' && socket[0] != '@')) return strerrorname_np(EAFNOSUPPORT);
  // A path ends with a zero; an abstract name begins with one, and its length is part of it.
  const bool abstract = socket[0] == '@';
  if (socket.size() + (abstract ? 0 : 1) > sizeof address.sun_path) return strerrorname_np(ENAMETOOLONG);
  std::memcpy(address.sun_path, socket.data(), socket.size());
  if (abstract) address.sun_path[0] = '\0';
  const auto length =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket.size() + (abstract ? 0 : 1));
  const Descriptor sender(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!sender) return strerrorname_np(errno);
  const ssize_t sent = ::sendto(sender.get(), message.data(), message.size(), MSG_NOSIGNAL,
                                reinterpret_cast<const sockaddr*>(&address), length);
  return sent < 0 ? strerrorname_np(errno) : "";
}

}  // namespace weir
