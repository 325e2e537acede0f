// The connections of SocketFlows: found by a socket's cookie, by the tuple as the other end has it, and by when they are
// due. Two sockets that are each other's ends become one connection. Not thread-safe.
#pragma once

#include <set>
#include <unordered_map>
#include <unordered_set>

#include "attribution/connection.h"
#include "attribution/local_addresses.h"

namespace weir {

struct ConnectionPlace {
  Connection* connection = nullptr;
  unsigned side = 0;
  ConnectionSide& socket() const { return connection->side[side]; }
  explicit operator bool() const { return connection != nullptr; }
};

struct TupleHash {
  size_t operator()(const SocketTuple& tuple) const;
  HashSeed seed = randomSeed();
};

class ConnectionTable {
 public:
  ConnectionPlace find(uint64_t cookie);
  // A new connection with this socket as its side 0.
  ConnectionPlace add(const weir_socket& socket, const SocketTuple& tuple, uint64_t nowNs);
  // The socket's tuple is known now, or better; joins it with the connection of its other end. Gives its place after that.
  ConnectionPlace place(ConnectionPlace at, const SocketTuple& tuple);
  // The socket connects anew: it is found no more.
  void release(uint64_t cookie) { byCookie_.erase(cookie); }
  void remove(Connection& connection);
  void setDue(Connection& connection, uint64_t ns);
  // The one that is due first.
  Connection* first();
  size_t size() const { return connections_.size(); }
  // Whether the other end of a connection may be a socket of this host too.
  bool isLocal(const Address& address) const { return isLoopback(address) || locals_.contains(address); }

 private:
  Connection* mateOf(const Connection& connection);
  void join(Connection& kept, Connection& joined);
  void enterTuple(Connection& connection, const SocketTuple& tuple);
  void eraseTuple(const Connection& connection);

  std::unordered_map<uint64_t, Connection> connections_;  // by flowId
  std::unordered_map<uint64_t, std::pair<uint64_t, uint8_t>> byCookie_;  // flowId, side
  std::unordered_multimap<SocketTuple, uint64_t, TupleHash> byTuple_;  // complete ones, as side 0 has them
  std::set<std::pair<uint64_t, uint64_t>> due_;  // time, flowId
  std::unordered_set<Address, AddressHash> locals_;
  uint64_t lastId_ = 0;
};

}  // namespace weir
