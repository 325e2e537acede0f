#include "attribution/connection.h"

#include <netinet/tcp.h>

#include "attribution/flow_kernel.h"

namespace weir {
namespace {

uint32_t saturated(uint64_t value) { return static_cast<uint32_t>(std::min<uint64_t>(value, UINT32_MAX)); }
uint64_t less(uint64_t value, uint64_t by) { return value > by ? value - by : 0; }

bool isTcp(const Connection& connection) { return connection.tuple.protocol == IPPROTO_TCP; }

bool isConnector(const ConnectionSide& side) {
  return side.connector || (side.healthNs != 0 && (side.health.flags & WEIR_SUM_SYN) != 0);
}

// The handshake never came to its end.
bool isRefused(const Connection& connection) {
  return isTcp(connection) && connection.alone() && connection.side[0].state == TCP_SYN_SENT;
}

void addSide(ConnectionSums& sums, const Connection& connection, unsigned index) {
  const ConnectionSide& side = connection.side[index];
  if (side.healthNs == 0) return;
  uint64_t sent = side.health.bytes_sent, received = side.health.bytes_received;
  uint64_t packetsOut = side.health.segs_out;
  if (isTcp(connection)) {
    const KernelTcp tcp = kernelOf(side.health);
    sent = tcp.octetsAcknowledged;
    received = tcp.octetsReceived;
    // The SYN+ACK leaves before there is a socket to count it; the SYN that came is counted.
    if (!isConnector(side)) packetsOut++;
  }
  const unsigned out = index, in = 1 - index;
  sums.payload[out] = std::max(sums.payload[out], sent);
  sums.payload[in] = std::max(sums.payload[in], received);
  sums.packets[out] = std::max<uint64_t>(sums.packets[out], packetsOut);
  sums.packets[in] = std::max<uint64_t>(sums.packets[in], side.health.segs_in);
}

// What both ends must have seen of a connection that nothing was counted of: its handshake.
ConnectionSums handshakeOf(const Connection& connection) {
  ConnectionSums sums;
  if (!isTcp(connection) || connection.older) return sums;
  const unsigned source = sourceOf(connection);
  const bool established = !isRefused(connection);
  sums.packets[source] = established ? 2 : 1;
  sums.packets[1 - source] = established ? 1 : 0;
  return sums;
}

// Whether the end of side `index` ended its direction with a FIN, by its own socket or the other one.
bool sentFin(const Connection& connection, unsigned index) {
  const ConnectionSide& own = connection.side[index];
  const ConnectionSide& other = connection.side[1 - index];
  if (own.known() && (own.health.flags & WEIR_SUM_FIN_SENT) != 0) return true;
  return other.known() && (other.health.flags & WEIR_SUM_FIN_RECEIVED) != 0;
}

uint8_t flagsOf(const Connection& connection, unsigned index, bool packets) {
  if (!isTcp(connection) || !packets) return 0;
  const bool source = index == sourceOf(connection);
  if (isRefused(connection)) return source ? kTcpSyn : kTcpRst | kTcpAck;
  uint8_t flags = kTcpAck;
  if (connection.records == 0 && !connection.older) flags |= kTcpSyn;
  if (sentFin(connection, index)) flags |= kTcpFin;
  return flags;
}

KernelTcp kernelBlock(const ConnectionSide& side) {
  if (side.healthNs == 0) return {};
  KernelTcp tcp = kernelOf(side.health);
  tcp.state = side.closedNs != 0 ? uint8_t{TCP_CLOSE} : side.state;
  setStateTimes(tcp, side.health, side.readNs);
  if (side.connectNs != 0 && side.establishedNs != 0) {
    tcp.connectUs = saturated(less(side.establishedNs, side.connectNs) / 1000);
  }
  return tcp;
}

void markUnmeasured(FlowRecord& record) {
  for (unsigned i = 0; i < 2; ++i) {
    record.hot.ttlMin[i] = UINT8_MAX;
    record.tcp.windowMin[i] = UINT32_MAX;
    record.tcp.windowScale[i] = UINT8_MAX;
    record.stats.gapMinUs[i] = UINT32_MAX;
    record.stats.sizeMin[i] = UINT16_MAX;
  }
}

}  // namespace

ConnectionSums sumsOf(const Connection& connection) {
  if (connection.healthNs() == 0) return handshakeOf(connection);
  ConnectionSums sums;
  addSide(sums, connection, 0);
  addSide(sums, connection, 1);
  return sums;
}

ConnectionSums since(const ConnectionSums& now, const ConnectionSums& before) {
  ConnectionSums sums;
  for (unsigned i = 0; i < 2; ++i) {
    sums.payload[i] = less(now.payload[i], before.payload[i]);
    sums.packets[i] = less(now.packets[i], before.packets[i]);
  }
  return sums;
}

unsigned sourceOf(const Connection& connection) {
  if (connection.source >= 0) return static_cast<unsigned>(connection.source);
  if (isConnector(connection.side[0])) return 0;
  if (connection.side[1].known() && isConnector(connection.side[1])) return 1;
  return isTcp(connection) ? 1 : 0;  // accepted: the other end began it; a UDP socket is connected by who begins
}

FlowRecord recordOf(const Connection& connection, const ConnectionSums& sums, EndReason reason, uint64_t endNs) {
  FlowRecord record{};
  markUnmeasured(record);
  const unsigned source = sourceOf(connection);
  const SocketTuple& tuple = connection.tuple;
  FlowHot& hot = record.hot;
  hot.key.address[source] = tuple.local;  // side 0 is the record's source when it began, else its destination
  hot.key.address[1 - source] = tuple.remote;
  hot.key.port[source] = tuple.localPort;
  hot.key.port[1 - source] = tuple.remotePort;
  hot.key.protocol = tuple.protocol;
  hot.key.ipVersion = isIp4(tuple.remote) ? 4 : 6;
  hot.recordIndex = connection.records;
  hot.directionMethod = DirectionMethod::socket;
  hot.startNs = connection.recordStartNs;
  hot.endNs = std::max(endNs, hot.startNs);
  hot.endReason = reason;
  for (unsigned i = 0; i < 2; ++i) {
    const unsigned index = i ^ source;  // of the side whose end is the record's side i
    hot.payloadOctets[i] = sums.payload[index];
    hot.packets[i] = saturated(sums.packets[index]);
    hot.tcpFlags[i] = flagsOf(connection, index, sums.packets[index] != 0);
    if (isTcp(connection)) record.kernel.tcp[i] = kernelBlock(connection.side[index]);
  }
  record.link.flowId = connection.flowId;
  record.link.firstSeenNs = connection.firstNs;
  record.endpoint.flags = kFromSockets;
  return record;
}

}  // namespace weir
