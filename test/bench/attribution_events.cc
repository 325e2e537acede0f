// What a connection of a storm costs behind the ring buffer: its five events into the tables, and the record that is made of
// its sockets and joined (-i ebpf:). bench_attribution_events [connections] [runs]: nanoseconds a connection by part, best run.
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <vector>

#include "attribution/connection.h"
#include "attribution/flow_join.h"
#include "attribution/process_table.h"
#include "attribution/socket_flows.h"

namespace {

constexpr uint64_t kApartNs = 40'000;  // 25,000 connections a second
constexpr size_t kAtOnce = 500;        // connections between two reads of the ring

weir_process processOf(uint32_t tgid) {
  weir_process process{};
  process.start_ns = uint64_t{tgid} * 1'000'000'000;
  process.tgid = process.tid = tgid;
  process.cgroup_id = process.parent_tgid = 1;
  std::memcpy(process.name, "bench", 5);
  return process;
}

union AnyEvent {
  weir_event event;
  weir_socket_event socket;
  weir_owner_event owner;
  weir_close_event close;
};

// The events of connections over loopback, the client's and the server's socket in turn.
class Storm {
 public:
  const std::vector<AnyEvent>& next(size_t connections) {
    events_.clear();
    for (size_t i = 0; i < connections; i++, nowNs += kApartNs) connection();
    return events_;
  }
  uint64_t nowNs = 1'000'000'000'000;

 private:
  void connection() {
    const auto port = static_cast<uint16_t>(32768 + number_ % 28000);
    const auto server = static_cast<uint16_t>(8000 + number_ / 28000 % 16);
    number_++;
    const weir_socket client = socketOf(port, server), accepted = socketOf(server, port);
    weir_socket nameless = client;
    nameless.local_port = 0;
    std::memset(nameless.local, 0, 4);
    add(WEIR_CONNECT, nameless, 2, 7, nowNs).process = client_;
    add(WEIR_ESTABLISHED, client, 1, 2, nowNs + 10'000);
    add(WEIR_OWNER, accepted, 1, 1, nowNs + 20'000).process = server_;
    close(client, 1, nowNs + 30'000);
    close(accepted, 8, nowNs + 31'000);
  }
  weir_socket socketOf(uint16_t local, uint16_t remote) {
    constexpr uint8_t kLoopback[4] = {127, 0, 0, 1};
    weir_socket socket{};
    socket.cookie = ++cookie_;
    socket.netns_cookie = 1;
    socket.family = AF_INET;
    socket.protocol = IPPROTO_TCP;
    socket.local_port = local;
    socket.remote_port = remote;
    socket.type = SOCK_STREAM;
    std::memcpy(socket.local, kLoopback, 4);
    std::memcpy(socket.remote, kLoopback, 4);
    return socket;
  }
  weir_owner_event& add(uint16_t kind, const weir_socket& socket, uint8_t state, uint8_t before, uint64_t ns) {
    AnyEvent& any = events_.emplace_back();
    any.owner = {{ns, kind, sizeof(weir_owner_event), 0}, socket, {}};
    any.socket.socket.state = state;
    any.socket.socket.old_state = before;
    return any.owner;
  }
  void close(const weir_socket& socket, uint8_t before, uint64_t ns) {
    add(WEIR_CLOSE, socket, 7, before, ns);
    weir_close_event& event = events_.back().close;
    event.health = {};
    event.health.segs_in = event.health.segs_out = 3;
    event.health.bytes_acked = event.health.bytes_received = 100;
  }

  std::vector<AnyEvent> events_;
  weir_process client_ = processOf(1001), server_ = processOf(1002);
  uint64_t cookie_ = 0;
  uint32_t number_ = 0;
};

double cpuNs() {
  timespec time;
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

// Of processor time: other programs do not disturb it much.
class Stopwatch {
 public:
  template <class Work>
  void time(Work&& work) {
    const double start = cpuNs();
    work();
    ns_ += cpuNs() - start;
  }
  double per(size_t count) const { return ns_ / static_cast<double>(count); }

 private:
  double ns_ = 0;
};

struct Costs {
  double processes, sockets, flows, join, residentOctets;
};

double residentOctets() {
  double pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;
  return pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

Costs measure(size_t connections) {
  Storm storm;
  weir::ProcessTable processes({});
  weir::SocketTable sockets({});
  weir::LocalAddresses addresses;
  const weir::FlowJoin join(sockets, addresses, {}, [](const weir::ProcessKey&) { return weir::FlowSpan{0, UINT64_MAX}; });
  weir::SocketFlows flows({});
  Stopwatch carried, applied, made, joined;
  const double before = residentOctets();
  size_t taken = 0, named = 0;
  for (size_t done = 0; done < connections; done += kAtOnce) {
    const std::vector<AnyEvent>& events = storm.next(kAtOnce);
    carried.time([&] {
      for (const AnyEvent& any : events) {
        if (any.event.kind == WEIR_CONNECT || any.event.kind == WEIR_OWNER) processes.carry(any.owner.process);
      }
    });
    applied.time([&] {
      for (const AnyEvent& any : events) sockets.apply(any.event, weir::EventOrigin::bpf);
      sockets.forget(storm.nowNs);
    });
    made.time([&] {
      for (const AnyEvent& any : events) flows.onEvent(any.event, weir::EventOrigin::bpf, 0);
      flows.tick(storm.nowNs);
    });
    joined.time([&] {
      weir::SocketFlow flow;
      for (; flows.take(flow); taken++) {
        const weir::FlowKey& key = flow.record.hot.key;
        const weir::FlowEnds ends = join.join(key, flow.record.hot.directionMethod, {flow.netnsCookie, 0, false},
                                              {flow.record.hot.startNs, flow.record.hot.endNs});
        for (const weir::FlowEnd& end : ends.end) named += end.method != weir::MatchMethod::none;
      }
    });
  }
  if (taken != connections || named != 2 * connections) {
    std::fprintf(stderr, "%zu connections, %zu records, %zu ends named\n", connections, taken, named);
    std::exit(1);
  }
  return {carried.per(connections), applied.per(connections), made.per(connections), joined.per(connections),
          residentOctets() - before};
}

}  // namespace

int main(int argc, char** argv) {
  const size_t connections = (argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1'000'000) / kAtOnce * kAtOnce;
  const int runs = argc > 2 ? std::atoi(argv[2]) : 3;
  Costs best{1e9, 1e9, 1e9, 1e9, 0};
  for (int i = 0; i < runs; i++) {
    const Costs costs = measure(connections);
    best.processes = std::min(best.processes, costs.processes);
    best.sockets = std::min(best.sockets, costs.sockets);
    best.flows = std::min(best.flows, costs.flows);
    best.join = std::min(best.join, costs.join);
    best.residentOctets = std::max(best.residentOctets, costs.residentOctets);
  }
  std::printf("ns a connection: processes %.0f, sockets %.0f, flows %.0f, join %.0f; %.0f MB; a socket %zu octets, a connection %zu\n",
              best.processes, best.sockets, best.flows, best.join, best.residentOctets / 1e6, sizeof(weir::SocketBinding),
              sizeof(weir::Connection));
}
