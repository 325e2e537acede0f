#include "attribution/namespace_view.h"

#include <ifaddrs.h>
#include <sys/stat.h>

#include <memory>

#include "base/descriptor.h"
#include "base/error.h"
#include "capture/namespaces.h"
#include "capture/netns.h"

namespace weir {

namespace {

#ifndef SO_NETNS_COOKIE
constexpr int SO_NETNS_COOKIE = 71;
#endif

uint64_t cookieHere() {
  const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  if (!socket || ::getsockopt(socket.get(), SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size) != 0) return 0;
  return cookie;
}

std::vector<Address> addressesHere() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(list, &::freeifaddrs);
  std::vector<Address> addresses;
  for (const ifaddrs* at = list; at != nullptr; at = at->ifa_next) {
    if (at->ifa_addr == nullptr) continue;
    const void* address = at->ifa_addr;
    if (at->ifa_addr->sa_family == AF_INET) {
      const auto& ip4 = static_cast<const sockaddr_in*>(address)->sin_addr;
      addresses.push_back(addressOf(AF_INET, reinterpret_cast<const uint8_t*>(&ip4)));
    } else if (at->ifa_addr->sa_family == AF_INET6) {
      addresses.push_back(addressOf(AF_INET6, static_cast<const sockaddr_in6*>(address)->sin6_addr.s6_addr));
    }
  }
  return addresses;
}

}  // namespace

NamespaceView viewNamespace(const std::string& path) {
  const NetnsScope scope(path);
  NamespaceView view;
  view.cookie = cookieHere();
  view.addresses = addressesHere();
  struct stat status{};
  if (::stat("/proc/thread-self/ns/net", &status) == 0) view.inode = static_cast<uint32_t>(status.st_ino);
  return view;
}

NamespaceViews viewNamespaces(const std::string& procRoot) {
  NamespaceViews views;
  struct stat status{};
  views.complete = ::stat((procRoot + "/1/ns/net").c_str(), &status) == 0;  // those of other users' processes are seen
  for (const NetworkNamespace& one : networkNamespaces(procRoot)) {
    try {
      views.list.push_back(viewNamespace(one.path()));
    } catch (const Error&) {
      views.complete = false;
    }
  }
  return views;
}

}  // namespace weir
