#include "attribution/conntrack.h"

#include <arpa/inet.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_compat.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <mutex>
#include <thread>

#include "attribution/translation_table.h"
#include "base/clock.h"
#include "base/counter.h"
#include "base/error.h"
#include "base/heartbeat.h"
#include "base/netlink.h"
#include "capture/netns.h"

namespace weir {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;
// With net.netfilter.nf_conntrack_events = 2 (the default since 5.19) connections older than our socket never tell their end.
constexpr uint64_t kDumpPeriod = 60 * kSecond;
constexpr uint64_t kDumpPeriodNoEvents = 2 * kSecond;
constexpr uint64_t kDumpPause = kSecond;   // at least, after an overrun
constexpr uint64_t kDumpShare = 50;        // a dump takes at most one part in so many of the time
constexpr int kTickMs = 1000;              // ended ones are looked through so often
constexpr int kDatagrams = 256;            // read at most before the stop is looked at
// The translation never changes after the first packet, so updates are not asked for.
constexpr uint32_t kGroups = NF_NETLINK_CONNTRACK_NEW | NF_NETLINK_CONNTRACK_DESTROY;
constexpr uint16_t kNew = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW;
constexpr uint16_t kGet = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET;
constexpr uint16_t kDelete = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE;

[[noreturn]] void fail(const char* what, int reason) {
  std::string why = std::strerror(reason);
  if (reason == EPERM || reason == EACCES) why += " (CAP_NET_ADMIN is needed)";
  if (reason == EPROTONOSUPPORT || reason == EINVAL || reason == EOPNOTSUPP) why += " (the kernel has no nf_conntrack_netlink)";
  throw Error("WEIR_CONNTRACK", std::string("cannot follow address translation: ") + what + ": " + why);
}

void readAddress4(const NetlinkAttribute& attribute, Address& address) {
  address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (attribute.size == 4) std::memcpy(&address[12], attribute.data, 4);
}

uint16_t readPort(const NetlinkAttribute& attribute) {
  uint16_t port = 0;
  attribute.read(port);
  return ntohs(port);
}

bool hasPorts(uint8_t protocol) {
  return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE || protocol == IPPROTO_SCTP ||
         protocol == IPPROTO_DCCP;
}

NatTuple readTuple(const NetlinkAttribute& nested) {
  NatTuple tuple;
  forEachAttribute(nested.data, nested.size, [&](const NetlinkAttribute& part) {
    if (part.type == CTA_TUPLE_IP) {
      forEachAttribute(part.data, part.size, [&](const NetlinkAttribute& attribute) {
        switch (attribute.type) {
          case CTA_IP_V4_SRC: readAddress4(attribute, tuple.source); break;
          case CTA_IP_V4_DST: readAddress4(attribute, tuple.destination); break;
          case CTA_IP_V6_SRC: attribute.read(tuple.source); break;
          case CTA_IP_V6_DST: attribute.read(tuple.destination); break;
          default: break;
        }
      });
    }
    if (part.type == CTA_TUPLE_PROTO) {
      forEachAttribute(part.data, part.size, [&](const NetlinkAttribute& attribute) {
        switch (attribute.type) {
          case CTA_PROTO_NUM: attribute.read(tuple.protocol); break;
          case CTA_PROTO_SRC_PORT: tuple.sourcePort = readPort(attribute); break;
          case CTA_PROTO_DST_PORT: tuple.destinationPort = readPort(attribute); break;
          default: break;
        }
      });
    }
  });
  if (!hasPorts(tuple.protocol)) tuple.sourcePort = tuple.destinationPort = 0;  // keys of GRE
  return tuple;
}

Translation readConnection(const nlmsghdr& header) {
  Translation connection;
  const auto* body = bodyOf<nfgenmsg>(header);
  if (body == nullptr) return connection;
  forEachAttributeBehind(*body, header, [&](const NetlinkAttribute& attribute) {
    switch (attribute.type) {
      case CTA_TUPLE_ORIG: connection.original = readTuple(attribute); break;
      case CTA_TUPLE_REPLY: connection.reply = readTuple(attribute); break;
      case CTA_ID: attribute.read(connection.id); break;
      default: break;
    }
  });
  if (!hasPorts(connection.original.protocol)) connection.id = 0;  // one for all pings between two hosts
  return connection;
}

// net.netfilter.nf_conntrack_events of the calling thread's namespace; where it cannot be read, the kernel's default.
bool eventsAreOn() {
  int value = 1;
  std::ifstream("/proc/sys/net/netfilter/nf_conntrack_events") >> value;
  return value != 0;
}

}  // namespace

struct Conntrack::Impl {
  Impl(const std::string& netns, size_t capacity, uint64_t keepNs, int receiveBuffer);
  ~Impl();
  void run();
  void readEvents();
  void apply(const nlmsghdr& header, uint64_t nowNs);
  int dump();

  Descriptor events, dumps, stop;
  std::string trouble;
  uint64_t lastDumpNs = 0, nextDumpNs = 0;
  uint32_t sequence = 0;
  Counter overruns;
  mutable std::mutex mutex;  // guards the table
  TranslationTable table;
  Heartbeat heartbeat;
  std::thread thread;
};

Conntrack::Impl::Impl(const std::string& netns, size_t capacity, uint64_t keepNs, int receiveBuffer)
    : stop(::eventfd(0, EFD_CLOEXEC)), table(capacity, keepNs) {
  {
    const NetnsScope scope(netns);
    events = openNetlink(NETLINK_NETFILTER, kGroups);
    if (!events) fail("netfilter's netlink socket", errno);
    dumps = openNetlink(NETLINK_NETFILTER);
    if (!dumps) fail("netfilter's netlink socket", errno);
    if (!eventsAreOn()) {
      trouble = "the kernel tells no conntrack events (sysctl net.netfilter.nf_conntrack_events is 0): short connections are missed";
    }
  }
  if (!stop) fail("eventfd", errno);
  if (::setsockopt(events.get(), SOL_SOCKET, SO_RCVBUFFORCE, &receiveBuffer, sizeof receiveBuffer) != 0) {
    ::setsockopt(events.get(), SOL_SOCKET, SO_RCVBUF, &receiveBuffer, sizeof receiveBuffer);
  }
  if (const int reason = dump(); reason != 0) fail("the kernel refuses to list connections", reason);
  thread = std::thread([this] { run(); });
}

Conntrack::Impl::~Impl() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(stop.get(), &one, sizeof one);
  thread.join();
}

void Conntrack::Impl::run() {
  pthread_setname_np(pthread_self(), "weir conntrack");
  pollfd wait[2] = {{events.get(), POLLIN, 0}, {stop.get(), POLLIN, 0}};
  while (wait[1].revents == 0) {
    const uint64_t now = monotonicNs();
    heartbeat.beat(now);
    const uint64_t leftMs = nextDumpNs > now ? (nextDumpNs - now) / 1'000'000 + 1 : 0;
    ::poll(wait, 2, static_cast<int>(std::min<uint64_t>(leftMs, kTickMs)));
    if (wait[1].revents != 0) return;
    if (wait[0].revents != 0) readEvents();
    if (monotonicNs() >= nextDumpNs) dump();
    const std::lock_guard lock(mutex);
    table.forget(monotonicNs());
  }
}

void Conntrack::Impl::readEvents() {
  alignas(nlmsghdr) uint8_t buffer[kNetlinkBuffer];
  for (int i = 0; i < kDatagrams; i++) {
    const ssize_t size = ::recv(events.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (size < 0 && errno == ENOBUFS) {
      ++overruns;
      nextDumpNs = std::min(nextDumpNs, lastDumpNs + kDumpPause);
      continue;
    }
    if (size <= 0) return;
    const uint64_t now = monotonicNs();
    const std::lock_guard lock(mutex);
    forEachMessage(buffer, static_cast<size_t>(size), [&](const nlmsghdr& header) { apply(header, now); });
  }
}

void Conntrack::Impl::apply(const nlmsghdr& header, uint64_t nowNs) {
  if (header.nlmsg_type != kNew && header.nlmsg_type != kDelete) return;
  const Translation connection = readConnection(header);
  if (!isTranslated(connection)) return;
  if (header.nlmsg_type == kDelete) {
    table.end(connection, nowNs);
  } else {
    table.learn(connection, nowNs);
  }
}

int Conntrack::Impl::dump() {
  NetlinkRequest<nfgenmsg> request(kGet, NLM_F_DUMP, ++sequence);
  request.body.nfgen_family = AF_UNSPEC;
  const uint64_t start = monotonicNs();
  const uint64_t before = lastDumpNs;  // what is new to us began since then
  {
    const std::lock_guard lock(mutex);
    table.beginDump();
  }
  const int reason = requestNetlink(dumps.get(), request.header, [&](const nlmsghdr& header) {
    if (header.nlmsg_type != kNew) return;
    const Translation connection = readConnection(header);
    if (!isTranslated(connection)) return;
    const std::lock_guard lock(mutex);
    table.learn(connection, before);
  });
  const uint64_t end = monotonicNs();
  if (reason == 0) {
    const std::lock_guard lock(mutex);
    table.endDump(end);
  }
  lastDumpNs = start;
  const uint64_t period = trouble.empty() ? kDumpPeriod : kDumpPeriodNoEvents;
  nextDumpNs = end + std::max(period, (end - start) * kDumpShare);
  return reason;
}

Conntrack::Conntrack(const std::string& netns, size_t capacity, uint64_t keepNs, int receiveBuffer)
    : impl_(std::make_unique<Impl>(netns, capacity, keepNs, receiveBuffer)) {}
Conntrack::~Conntrack() = default;

std::optional<NatView> Conntrack::find(const NatTuple& tuple, uint64_t atNs) const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->table.find(tuple, atNs == 0 ? UINT64_MAX : atNs);
}

ConntrackCounters Conntrack::counters() const {
  const std::lock_guard lock(impl_->mutex);
  return {impl_->table.size(), impl_->table.evicted(), impl_->overruns.get()};
}

bool Conntrack::stalled(uint64_t nowNs, uint64_t longestNs) const {
  return impl_->heartbeat.stalled(nowNs, longestNs);
}

const std::string& Conntrack::trouble() const { return impl_->trouble; }

}  // namespace weir
