#include "base/netlink.h"

#include <sys/socket.h>

#include <cerrno>
#include <optional>

namespace weir {
namespace {

// What ends an answer: NLMSG_DONE and NLMSG_ERROR both carry 0 or a negative errno.
std::optional<int> endOf(const nlmsghdr& header) {
  if (header.nlmsg_type != NLMSG_DONE && header.nlmsg_type != NLMSG_ERROR) return std::nullopt;
  const int* code = bodyOf<int>(header);
  return code == nullptr ? 0 : -*code;
}

}  // namespace

Descriptor openNetlink(int family, uint32_t groups) {
  Descriptor fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, family));
  if (!fd) return fd;
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = groups;
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return fd;
  const int reason = errno;
  fd = Descriptor();
  errno = reason;
  return fd;
}

int requestNetlink(int fd, const nlmsghdr& request, const std::function<void(const nlmsghdr&)>& use) {
  if (::send(fd, &request, request.nlmsg_len, 0) < 0) return errno;
  alignas(nlmsghdr) uint8_t buffer[kNetlinkBuffer];
  std::optional<int> end;
  while (!end) {
    const ssize_t size = ::recv(fd, buffer, sizeof buffer, 0);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return errno;
    if (size == 0) return EPIPE;
    forEachMessage(buffer, static_cast<size_t>(size), [&](const nlmsghdr& header) {
      if (end || header.nlmsg_seq != request.nlmsg_seq) return;
      end = endOf(header);
      if (!end) use(header);
    });
  }
  return *end;
}

}  // namespace weir
