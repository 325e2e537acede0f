#include "attribution/socket_flows.h"

#include <netinet/tcp.h>

#include <algorithm>
#include <deque>

#include "attribution/connection_table.h"

namespace weir {
namespace {

constexpr uint64_t kSecondNs = 1'000'000'000;
constexpr uint64_t kMateNs = 5 * kSecondNs;    // the socket of the other end is waited for, after this one is closed
constexpr uint64_t kAnswerNs = 3 * kSecondNs;  // so late a snapshot comes after it was asked for
constexpr uint64_t kStaleNs = 2'500'000'000;   // an active timeout takes counters that are no older
constexpr uint64_t kVanishNs = 10 * kSecondNs; // tier T0: the end of a socket that no dump shows any more

bool isFlow(const weir_socket& socket) {
  const bool inet = socket.family == AF_INET || socket.family == AF_INET6;
  // MPTCP: its subflows are TCP sockets of their own.
  const bool metered = socket.protocol == IPPROTO_TCP || (socket.protocol == IPPROTO_UDP && socket.type == SOCK_DGRAM);
  return inet && metered && socket.cookie != 0 && socket.remote_port != 0;
}

bool isTcp(const weir_socket& socket) { return socket.protocol == IPPROTO_TCP; }

}  // namespace

struct SocketFlows::Impl {
  SocketFlowOptions options;
  ConnectionTable table;
  std::deque<SocketFlow> finished;
  uint64_t made = 0, dropped = 0;
  uint64_t askedNs = 0;
  bool started = false;  // sockets of a snapshot before the first tick are older than the probe

  uint64_t mateWaitNs() const { return std::max(options.waitNs, std::min(options.idleTimeoutNs, kMateNs)); }
  uint64_t vanishNs() const { return std::max(options.idleTimeoutNs, kVanishNs); }

  ConnectionPlace touch(const weir_socket& socket, uint64_t ns) {
    const SocketTuple tuple = tupleOf(socket);
    ConnectionPlace at = table.find(socket.cookie);
    if (!at) {
      makeRoom();
      at = table.add(socket, tuple, ns);
      Connection& connection = *at.connection;
      if (connection.activeNs == 0) connection.activeNs = ns + options.activeTimeoutNs + options.waitNs;
      schedule(connection);
    } else if (at.side == 0 && isConnected(tuple) && !(at.connection->tuple == tuple)) {
      at = table.place(at, tuple);
      schedule(*at.connection);
    }
    at.connection->seenNs = std::max(at.connection->seenNs, ns);
    return at;
  }

  void makeRoom() {
    if (table.size() < options.capacity) return;
    Connection& oldest = *table.first();
    if (oldest.phase != ConnectionPhase::told) {
      const bool ended = oldest.phase == ConnectionPhase::ended;
      tell(oldest, ended ? EndReason::endOfFlow : EndReason::lackOfResources, lastNs(oldest));
    }
    table.remove(oldest);
  }

  static uint64_t lastNs(const Connection& connection) {
    if (!connection.anyOpen()) return connection.closedNs();
    return std::max(connection.seenNs, connection.healthNs());
  }

  // The other end's socket may be on this host and not be known yet: then it is waited for, as both are one record.
  bool expectsMate(const Connection& connection) const {
    const bool established = connection.tuple.protocol == IPPROTO_TCP && connection.side[0].state != TCP_SYN_SENT;
    return connection.alone() && established && !connection.byPackets && table.isLocal(connection.tuple.remote);
  }

  // After a socket came or went.
  void schedule(Connection& connection) {
    const uint64_t closedNs = connection.closedNs();
    connection.phase = closedNs != 0 ? ConnectionPhase::ended : ConnectionPhase::open;
    if (closedNs == 0) return table.setDue(connection, openDue(connection));
    const bool waits = connection.anyOpen() || expectsMate(connection);
    table.setDue(connection, closedNs + (waits ? mateWaitNs() : options.waitNs));
  }

  uint64_t openDue(const Connection& connection) const {
    return connection.diag ? std::min(connection.activeNs, connection.seenNs + vanishNs()) : connection.activeNs;
  }

  void onConnect(const weir_socket& socket, uint64_t ns) {
    const ConnectionPlace former = table.find(socket.cookie);
    if (former && !former.socket().open()) table.release(socket.cookie);  // a socket that connects again
    const ConnectionPlace at = touch(socket, ns);
    at.socket().connector = true;
    at.socket().connectNs = ns;
    at.socket().state = socket.state;
  }

  void onEstablished(const weir_socket& socket, uint64_t ns) {
    const ConnectionPlace at = touch(socket, ns);
    at.socket().connector = true;
    at.socket().establishedNs = ns;
    at.socket().state = socket.state;
  }

  void onUse(const weir_socket& socket, uint64_t ns) {
    if (isTcp(socket) && socket.state == TCP_CLOSE) return;  // told of already
    const ConnectionPlace at = touch(socket, ns);
    if (at.socket().open()) at.socket().state = socket.state;
  }

  // ns: the event's time as records have it.
  static void count(ConnectionSide& side, const weir_tcp_health& health, const weir_event& event, uint64_t ns) {
    side.health = health;
    side.healthNs = ns;
    side.readNs = event.time_ns;
  }

  void close(const ConnectionPlace& at, uint64_t ns) {
    at.socket().closedNs = ns;
    schedule(*at.connection);
  }

  void onClose(const weir_close_event& event, uint64_t ns) {
    if (const ConnectionPlace known = table.find(event.socket.cookie); known && !known.socket().open()) return;
    const ConnectionPlace at = touch(event.socket, ns);
    count(at.socket(), event.health, event.event, ns);
    at.socket().state = event.socket.old_state;
    at.socket().connector |= event.socket.old_state == TCP_SYN_SENT;
    close(at, ns);
  }

  // TCP closes by itself; here it only becomes known.
  void onRelease(const weir_event& event, const weir_socket& socket, uint64_t ns) {
    if (isTcp(socket)) return onUse(socket, ns);
    const ConnectionPlace at = touch(socket, ns);
    if (event.size >= sizeof(weir_snapshot_event)) {
      count(at.socket(), reinterpret_cast<const weir_snapshot_event&>(event).health, event, ns);
    }
    close(at, ns);
  }

  void onSnapshot(const weir_snapshot_event& event, bool diag, uint64_t ns) {
    const weir_socket& socket = event.socket;
    if (isTcp(socket) && (socket.state == TCP_CLOSE || socket.state == TCP_LISTEN)) return;
    const ConnectionPlace at = touch(socket, ns);
    Connection& connection = *at.connection;
    if (!at.socket().open()) return;
    count(at.socket(), event.health, event.event, ns);
    at.socket().state = socket.state;
    if (diag && !connection.diag) {
      connection.diag = true;
      if (connection.phase == ConnectionPhase::open) table.setDue(connection, openDue(connection));
    }
    if (!started && at.socket().connectNs == 0) {
      connection.older = true;
      connection.before = sumsOf(connection);
    }
    if (connection.asked) table.setDue(connection, ns);
  }

  // Makes the record of what was counted since the last one; none when that is nothing, or packets tell of it.
  void tell(Connection& connection, EndReason reason, uint64_t endNs) {
    const ConnectionSums sums = sumsOf(connection);
    const ConnectionSums news = since(sums, connection.before);
    const bool uncounted = connection.tuple.protocol == IPPROTO_UDP && connection.records == 0 && !connection.anyOpen();
    if (!connection.byPackets && isConnected(connection.tuple) && (news.any() || uncounted)) {
      connection.source = static_cast<int8_t>(sourceOf(connection));
      push(connection, recordOf(connection, news, reason, endNs));
      connection.records++;
    }
    for (unsigned i = 0; i < 2; ++i) {
      connection.before.payload[i] = std::max(connection.before.payload[i], sums.payload[i]);
      connection.before.packets[i] = std::max(connection.before.packets[i], sums.packets[i]);
    }
    connection.recordStartNs = std::max(connection.recordStartNs, endNs);
  }

  void push(const Connection& connection, const FlowRecord& record) {
    if (finished.size() >= options.queue) {
      dropped++;
      return;
    }
    const unsigned source = sourceOf(connection);
    const unsigned own = connection.side[source].known() ? source : 1 - source;
    const ConnectionSide& socket = connection.side[own];
    const ConnectionSide& mate = connection.side[1 - own];
    finished.push_back({record, socket.cookie, socket.netnsCookie, mate.cookie, mate.netnsCookie,
                        static_cast<uint8_t>(own ^ source)});
    made++;
  }

  void end(Connection& connection, EndReason reason, uint64_t endNs, uint64_t nowNs) {
    tell(connection, reason, endNs);
    if (!connection.alone() && !connection.anyOpen()) return table.remove(connection);
    connection.phase = ConnectionPhase::told;
    table.setDue(connection, nowNs + (expectsMate(connection) ? 2 * mateWaitNs() : mateWaitNs()));
  }

  void onTold(Connection& connection, uint64_t nowNs) {
    if (!connection.anyOpen()) return table.remove(connection);
    connection.phase = ConnectionPhase::open;
    postpone(connection, nowNs);
  }

  void postpone(Connection& connection, uint64_t nowNs) {
    connection.asked = false;
    connection.activeNs = nowNs + options.activeTimeoutNs;
    table.setDue(connection, openDue(connection));
  }

  // Ended ones are kept no longer than for what comes late.
  void leaveToPackets(Connection& connection) {
    connection.byPackets = true;
    if (connection.phase != ConnectionPhase::ended || connection.anyOpen()) return;
    connection.phase = ConnectionPhase::told;
    table.setDue(connection, std::min(connection.dueNs, connection.closedNs() + kMateNs));
  }

  // Packets of an older connection may have begun just now: their record has its time too.
  bool leavesTime(Connection& connection, uint64_t nowNs) {
    if (options.waitNs == 0 || !connection.older || connection.waited) return false;
    if (!since(sumsOf(connection), connection.before).any()) return false;
    connection.waited = true;
    postpone(connection, nowNs);
    connection.activeNs += options.waitNs;
    table.setDue(connection, openDue(connection));
    return true;
  }

  // True when a snapshot has to tell the counters first.
  bool onOpen(Connection& connection, uint64_t nowNs, bool mayAsk) {
    if (connection.diag && nowNs >= connection.seenNs + vanishNs()) {
      const uint64_t seenNs = connection.seenNs;
      for (ConnectionSide& side : connection.side) {
        if (side.known()) side.closedNs = seenNs;
      }
      end(connection, EndReason::idle, seenNs, nowNs);
      return false;
    }
    const uint64_t healthNs = connection.healthNs();
    const bool fresh = healthNs > connection.recordStartNs && healthNs + kStaleNs >= connection.activeNs;
    if (nowNs < connection.activeNs && !connection.asked) {
      table.setDue(connection, openDue(connection));
    } else if (connection.byPackets || connection.asked || fresh) {
      if (fresh && !connection.byPackets && leavesTime(connection, nowNs)) return false;
      if (fresh && !connection.byPackets) tell(connection, EndReason::active, healthNs);
      postpone(connection, nowNs);
    } else if (mayAsk) {
      connection.asked = true;
      table.setDue(connection, nowNs + kAnswerNs);
      return true;
    } else {
      table.setDue(connection, askedNs + askEveryNs());
    }
    return false;
  }

  uint64_t askEveryNs() const { return std::clamp(options.activeTimeoutNs / 32, kSecondNs / 10, 2 * kSecondNs); }

  bool tick(uint64_t nowNs) {
    started = true;
    const bool mayAsk = nowNs >= askedNs + askEveryNs();
    bool asks = false;
    for (Connection* due = table.first(); due != nullptr && due->dueNs <= nowNs; due = table.first()) {
      switch (due->phase) {
        case ConnectionPhase::open: asks |= onOpen(*due, nowNs, mayAsk); break;
        case ConnectionPhase::ended: end(*due, EndReason::endOfFlow, due->closedNs(), nowNs); break;
        case ConnectionPhase::told: onTold(*due, nowNs); break;
      }
    }
    if (asks) askedNs = nowNs;
    return asks;
  }

  void flush() {
    for (Connection* left = table.first(); left != nullptr; left = table.first()) {
      if (left->phase != ConnectionPhase::told) {
        const bool ended = left->phase == ConnectionPhase::ended && !left->anyOpen();
        tell(*left, ended ? EndReason::endOfFlow : EndReason::forced, lastNs(*left));
      }
      table.remove(*left);
    }
  }
};

SocketFlows::SocketFlows(const SocketFlowOptions& options) : impl_(std::make_unique<Impl>()) { impl_->options = options; }
SocketFlows::~SocketFlows() = default;

void SocketFlows::onEvent(const weir_event& event, EventOrigin origin, uint64_t sleptNs) {
  if (event.kind > WEIR_SNAPSHOT) return;
  const auto& socket = reinterpret_cast<const weir_socket_event&>(event).socket;
  if (!isFlow(socket)) return;
  const uint64_t ns = event.time_ns + sleptNs;
  switch (event.kind) {
    case WEIR_CONNECT: return impl_->onConnect(socket, ns);
    case WEIR_ESTABLISHED: return impl_->onEstablished(socket, ns);
    case WEIR_OWNER: return impl_->onUse(socket, ns);
    case WEIR_CLOSE: return impl_->onClose(reinterpret_cast<const weir_close_event&>(event), ns);
    case WEIR_RELEASE: return impl_->onRelease(event, socket, ns);
    case WEIR_SNAPSHOT:
      return impl_->onSnapshot(reinterpret_cast<const weir_snapshot_event&>(event), origin == EventOrigin::diag, ns);
    default: return;
  }
}

void SocketFlows::toldByPackets(uint64_t cookie) {
  if (const ConnectionPlace at = impl_->table.find(cookie)) impl_->leaveToPackets(*at.connection);
}

bool SocketFlows::tick(uint64_t nowNs) { return impl_->tick(nowNs); }

// Of connections that are open from their next record on.
void SocketFlows::setTimeouts(uint64_t activeNs, uint64_t idleNs, uint64_t waitNs) {
  impl_->options.activeTimeoutNs = activeNs;
  impl_->options.idleTimeoutNs = idleNs;
  impl_->options.waitNs = waitNs;
}

void SocketFlows::flush() { impl_->flush(); }

bool SocketFlows::take(SocketFlow& out) {
  if (impl_->finished.empty()) return false;
  out = impl_->finished.front();
  impl_->finished.pop_front();
  return true;
}

uint64_t SocketFlows::made() const { return impl_->made; }
uint64_t SocketFlows::dropped() const { return impl_->dropped; }

}  // namespace weir
