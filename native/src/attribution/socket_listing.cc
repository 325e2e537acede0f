#include "attribution/socket_listing.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "attribution/tcp_health.h"
#include "base/clock.h"
#include "base/netlink.h"

namespace weir {
namespace {

// states of net/tcp_states.h from ESTABLISHED to NEW_SYN_RECV; those beyond are bound, but in no use yet.
constexpr uint32_t kStates = 0x1ffe;
constexpr uint8_t kListen = 10;
constexpr int kNetnsCookie = 71;  // SO_NETNS_COOKIE, not in every header

constexpr uint8_t kProtocols[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE, IPPROTO_RAW};
constexpr uint8_t kFamilies[] = {AF_INET, AF_INET6};

struct ProcFile {
  const char* path;
  uint16_t family;
  uint8_t type;
  uint8_t protocol;  // 0 = the local port says
};
constexpr ProcFile kFiles[] = {
    {"/proc/thread-self/net/raw", AF_INET, SOCK_RAW, 0},
    {"/proc/thread-self/net/raw6", AF_INET6, SOCK_RAW, 0},
    {"/proc/thread-self/net/icmp", AF_INET, SOCK_DGRAM, IPPROTO_ICMP},
    {"/proc/thread-self/net/icmp6", AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6},
};

std::string readWhole(int fd) {
  std::string text;
  char buffer[16384];
  for (ssize_t size; (size = ::read(fd, buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<size_t>(size));
  return text;
}

// "0100007F:1F90": words of the address as they lie in memory, the port as a number.
bool readAddress(const char* text, size_t words, uint8_t* address, uint16_t& port) {
  for (size_t i = 0; i < words; i++) {
    unsigned word;
    if (std::sscanf(text + i * 8, "%8x", &word) != 1) return false;
    std::memcpy(address + i * 4, &word, 4);
  }
  return std::sscanf(text + words * 8, ":%hx", &port) == 1;
}

}  // namespace

// The kernel loads the module by itself where it has modprobe; it says ENOENT where that failed.
std::string listingRefusal(uint8_t protocol, int reason) {
  std::string text = "protocol " + std::to_string(protocol) + ": " + std::strerror(reason);
  if (reason == ENOENT && protocol == IPPROTO_TCP) text += " (the kernel module is not loaded: modprobe tcp_diag)";
  if (reason == ENOENT && protocol == IPPROTO_UDP) text += " (the kernel module is not loaded: modprobe udp_diag)";
  return text;
}

SocketListing::SocketListing(uint32_t netns, size_t most)
    : netns_(netns), most_(most), netnsCookie_(netns), diag_(openNetlink(NETLINK_SOCK_DIAG)) {
  if (!diag_) reason_ = errno;
  socklen_t size = sizeof netnsCookie_;
  if (diag_) ::getsockopt(diag_.get(), SOL_SOCKET, kNetnsCookie, &netnsCookie_, &size);
  for (size_t i = 0; i < files_.size(); i++) files_[i] = Descriptor(::open(kFiles[i].path, O_RDONLY | O_CLOEXEC));
}

ListedSocket SocketListing::blank() const {
  ListedSocket listed;
  listed.timeNs = monotonicNs();
  listed.socket.netns = netns_;
  listed.socket.netns_cookie = netnsCookie_;
  return listed;
}

std::string SocketListing::list(std::vector<ListedSocket>& sockets) {
  if (!diag_) return std::string("sock_diag: ") + std::strerror(reason_);
  std::string trouble;
  bool hasRaw = true;
  isCut_ = false;
  listening_.clear();
  for (const uint8_t protocol : kProtocols) {
    for (const uint8_t family : kFamilies) {
      const std::string refused = listProtocol(protocol, family, sockets);
      if (protocol == IPPROTO_RAW) {
        hasRaw = hasRaw && refused.empty();
      } else if (protocol != IPPROTO_UDPLITE && trouble.empty()) {
        trouble = refused;
      }
    }
  }
  for (size_t i = 0; i < files_.size(); i++) {
    const ProcFile& file = kFiles[i];
    if (file.type == SOCK_RAW && hasRaw) continue;
    weir_socket like = blank().socket;
    like.family = file.family;
    like.type = file.type;
    like.protocol = file.protocol;
    if (files_[i]) listFile(files_[i].get(), like, sockets);
  }
  if (isCut_) trouble += (trouble.empty() ? "" : "; ") + ("there are more than " + std::to_string(most_) + " sockets (see --socket-table)");
  return trouble;
}

void SocketListing::append(const ListedSocket& listed, std::vector<ListedSocket>& sockets) {
  isCut_ = isCut_ || sockets.size() >= most_;
  if (sockets.size() < most_) sockets.push_back(listed);
}

std::string SocketListing::listProtocol(uint8_t protocol, uint8_t family, std::vector<ListedSocket>& sockets) {
  NetlinkRequest<inet_diag_req_v2> request(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP);
  request.body.sdiag_family = family;
  request.body.sdiag_protocol = protocol;
  if (protocol == IPPROTO_TCP) request.body.idiag_ext = 1 << (INET_DIAG_INFO - 1);
  request.body.idiag_states = kStates;
  const ListedSocket base = blank();
  const int reason = requestNetlink(diag_.get(), request.header, [&](const nlmsghdr& header) {
    if (header.nlmsg_type == SOCK_DIAG_BY_FAMILY) apply(&header, protocol, base, sockets);
  });
  return reason == 0 ? std::string() : listingRefusal(protocol, reason);
}

void SocketListing::apply(const void* message, uint8_t protocol, ListedSocket listed, std::vector<ListedSocket>& sockets) {
  const auto& header = *static_cast<const nlmsghdr*>(message);
  const auto* body = bodyOf<inet_diag_msg>(header);
  if (body == nullptr) return;
  weir_socket& socket = listed.socket;
  std::memcpy(&socket.cookie, body->id.idiag_cookie, sizeof socket.cookie);
  socket.family = body->idiag_family;
  socket.local_port = ntohs(body->id.idiag_sport);
  socket.remote_port = ntohs(body->id.idiag_dport);
  socket.protocol = protocol == IPPROTO_RAW ? socket.local_port : protocol;  // of a raw socket, the port is its protocol
  socket.type = protocol == IPPROTO_TCP ? SOCK_STREAM : protocol == IPPROTO_RAW ? SOCK_RAW : SOCK_DGRAM;
  socket.state = body->idiag_state;
  const size_t octets = socket.family == AF_INET6 ? 16 : 4;
  std::memcpy(socket.local, body->id.idiag_src, octets);
  std::memcpy(socket.remote, body->id.idiag_dst, octets);
  listed.uid = body->idiag_uid;
  listed.inode = body->idiag_inode;
  if (protocol == IPPROTO_TCP && socket.state == kListen) listening_.insert(socket.local_port);  // the kernel gives them first
  forEachAttributeBehind(*body, header, [&](const NetlinkAttribute& attribute) {
    if (attribute.type == INET_DIAG_CGROUP_ID) attribute.read(listed.cgroupId);
    if (attribute.type != INET_DIAG_INFO || protocol != IPPROTO_TCP) return;
    const bool listening = listening_.count(socket.local_port) != 0;
    listed.health = healthOf(attribute.data, attribute.size, socket.state, listening);
  });
  append(listed, sockets);
}

// "  sl: local remote state tx:rx tr:when retransmits uid timeout inode ref pointer drops", a heading before.
void SocketListing::listFile(int fd, const weir_socket& like, std::vector<ListedSocket>& sockets) {
  const std::string text = readWhole(fd);
  const size_t words = like.family == AF_INET6 ? 4 : 1;
  for (size_t at = text.find('\n'); at != std::string::npos && at + 1 < text.size(); at = text.find('\n', at + 1)) {
    ListedSocket listed = blank();
    listed.socket = like;
    char local[40], remote[40];
    unsigned state;
    const int read = std::sscanf(text.c_str() + at, " %*d: %39s %39s %x %*x:%*x %*x:%*x %*x %u %*d %u", local, remote, &state,
                                 &listed.uid, &listed.inode);
    if (read != 5 || !readAddress(local, words, listed.socket.local, listed.socket.local_port) ||
        !readAddress(remote, words, listed.socket.remote, listed.socket.remote_port)) {
      continue;
    }
    listed.socket.state = static_cast<uint8_t>(state);
    if (like.protocol == 0) listed.socket.protocol = listed.socket.local_port;
    append(listed, sockets);
  }
}

}  // namespace weir
