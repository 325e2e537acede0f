#include "attribution/connection_table.h"

namespace weir {
namespace {

constexpr uint64_t kIdBase = uint64_t{1} << 62;  // workers count below it
constexpr size_t kMostLocals = 65536;

SocketTuple mirrored(const SocketTuple& tuple) {
  SocketTuple other = tuple;
  std::swap(other.local, other.remote);
  std::swap(other.localPort, other.remotePort);
  return other;
}

// Whether two sockets with mirrored tuples can be the ends of one connection: not both began it, and one that begins
// anew is not the other end of an older one.
bool canBeMates(const Connection& a, const Connection& b) {
  if (!a.alone() || !b.alone() || (a.records != 0 && b.records != 0)) return false;
  const ConnectionSide& one = a.side[0];
  const ConnectionSide& other = b.side[0];
  if (one.connector && other.connector) return false;
  if (one.connector && other.closedNs != 0 && other.closedNs < a.firstNs) return false;
  return !(other.connector && one.closedNs != 0 && one.closedNs < b.firstNs);
}

}  // namespace

size_t TupleHash::operator()(const SocketTuple& tuple) const {
  return hashOf(tuple, seed);
}

ConnectionPlace ConnectionTable::find(uint64_t cookie) {
  const auto found = byCookie_.find(cookie);
  if (found == byCookie_.end()) return {};
  return {&connections_.find(found->second.first)->second, found->second.second};
}

ConnectionPlace ConnectionTable::add(const weir_socket& socket, const SocketTuple& tuple, uint64_t nowNs) {
  const uint64_t id = kIdBase | ++lastId_;
  Connection& made = connections_[id];
  made.flowId = id;
  made.firstNs = made.recordStartNs = made.seenNs = nowNs;
  made.side[0].cookie = socket.cookie;
  made.side[0].netnsCookie = socket.netns_cookie;
  byCookie_[socket.cookie] = {id, 0};  // a socket that connects again leaves its former connection
  enterTuple(made, tuple);
  return place({&made, 0}, tuple);
}

ConnectionPlace ConnectionTable::place(ConnectionPlace at, const SocketTuple& tuple) {
  Connection& connection = *at.connection;
  if (at.side == 0 && !(connection.tuple == tuple)) {
    eraseTuple(connection);
    enterTuple(connection, tuple);
  }
  if (!connection.alone() || !isConnected(tuple)) return at;
  if (locals_.size() < kMostLocals) locals_.insert(tuple.local);
  Connection* mate = mateOf(connection);
  if (mate == nullptr) return at;
  const bool mateIsOlder = mate->records != 0 || (connection.records == 0 && mate->firstNs <= connection.firstNs);
  if (mateIsOlder) {
    join(*mate, connection);
    return {mate, 1};
  }
  join(connection, *mate);
  return at;
}

Connection* ConnectionTable::mateOf(const Connection& connection) {
  Connection* same = nullptr;
  Connection* elsewhere = nullptr;
  size_t others = 0;
  const auto [from, to] = byTuple_.equal_range(mirrored(connection.tuple));
  for (auto at = from; at != to; ++at) {
    Connection& other = connections_.find(at->second)->second;
    if (&other == &connection || !canBeMates(connection, other)) continue;
    const auto better = [&other](const Connection* than) {
      return than == nullptr || std::pair(other.anyOpen(), other.firstNs) > std::pair(than->anyOpen(), than->firstNs);
    };
    if (other.side[0].netnsCookie == connection.side[0].netnsCookie) {
      if (better(same)) same = &other;
    } else if (!isLoopback(connection.tuple.remote)) {
      others++;
      if (better(elsewhere)) elsewhere = &other;
    }
  }
  // Two namespaces with the same addresses: no telling which of them it is.
  return same != nullptr || others != 1 ? same : elsewhere;
}

// The socket of `joined` becomes side 1 of `kept`.
void ConnectionTable::join(Connection& kept, Connection& joined) {
  kept.side[1] = joined.side[0];
  kept.firstNs = std::min(kept.firstNs, joined.firstNs);
  if (kept.records == 0) kept.recordStartNs = std::min(kept.recordStartNs, joined.recordStartNs);
  kept.seenNs = std::max(kept.seenNs, joined.seenNs);
  for (unsigned i = 0; i < 2; ++i) {
    kept.before.payload[i] = std::max(kept.before.payload[i], joined.before.payload[1 - i]);
    kept.before.packets[i] = std::max(kept.before.packets[i], joined.before.packets[1 - i]);
  }
  kept.byPackets |= joined.byPackets;
  kept.older |= joined.older;
  const uint64_t cookie = kept.side[1].cookie;
  remove(joined);
  byCookie_[cookie] = {kept.flowId, 1};
}

void ConnectionTable::enterTuple(Connection& connection, const SocketTuple& tuple) {
  connection.tuple = tuple;
  if (isConnected(tuple)) byTuple_.emplace(tuple, connection.flowId);
}

void ConnectionTable::eraseTuple(const Connection& connection) {
  if (!isConnected(connection.tuple)) return;
  const auto [from, to] = byTuple_.equal_range(connection.tuple);
  for (auto at = from; at != to; ++at) {
    if (at->second != connection.flowId) continue;
    byTuple_.erase(at);
    return;
  }
}

void ConnectionTable::remove(Connection& connection) {
  due_.erase({connection.dueNs, connection.flowId});
  eraseTuple(connection);
  for (const ConnectionSide& side : connection.side) {
    const auto found = byCookie_.find(side.cookie);
    if (found != byCookie_.end() && found->second.first == connection.flowId) byCookie_.erase(found);
  }
  connections_.erase(connection.flowId);
}

void ConnectionTable::setDue(Connection& connection, uint64_t ns) {
  due_.erase({connection.dueNs, connection.flowId});
  connection.dueNs = ns;
  due_.emplace(ns, connection.flowId);
}

Connection* ConnectionTable::first() {
  return due_.empty() ? nullptr : &connections_.find(due_.begin()->second)->second;
}

}  // namespace weir
