#include "attribution/event_queue.h"

namespace weir {

namespace {

// What happens first comes first: a socket that is told of at its release was used before.
constexpr EventType kOrder[] = {EventType::connect, EventType::accept, EventType::use,  EventType::listen,
                                EventType::retransmit, EventType::refused, EventType::close, EventType::fork,
                                EventType::exec, EventType::exit};

}  // namespace

void EventQueue::push(PendingEvent event, uint32_t mask) {
  for (const EventType type : kOrder) {
    if ((mask & 1u << static_cast<unsigned>(type)) == 0) continue;
    if (queue_.size() >= capacity_) {
      dropped_++;
      continue;
    }
    event.type = type;
    queue_.push_back(event);
    made_++;
  }
}

FlowRecord recordOf(const PendingEvent& event, uint64_t realNs, uint64_t firstSeenRealNs) {
  FlowRecord record{};
  FlowKey& key = record.hot.key;
  key.address[0] = event.tuple.local;
  key.address[1] = event.tuple.remote;
  key.port[0] = event.tuple.localPort;
  key.port[1] = event.tuple.remotePort;
  key.protocol = event.tuple.protocol;
  const bool process = event.tuple.protocol == 0;
  if (process) key.address[0] = key.address[1] = kAny4;
  key.ipVersion = process ? 0 : isIp4(key.address[0]) ? 4 : 6;
  // A v4 socket's remote end that is not known has its family too.
  if (key.ipVersion == 4 && key.address[1] == kAny6) key.address[1] = kAny4;
  key.observationPoint = UINT16_MAX;
  record.hot.startNs = record.hot.endNs = realNs;
  record.hot.directionMethod = DirectionMethod::socket;
  record.hot.payloadOctets[0] = event.sent;
  record.hot.payloadOctets[1] = event.received;
  record.link.firstSeenNs = firstSeenRealNs;
  record.endpoint.event = event.type;
  record.endpoint.threadId[0] = event.user.threadId;
  record.endpoint.flags = kFromSockets;
  if (event.user.process.tgid != 0) record.endpoint.match[0] = MatchMethod::exact;
  record.kernel.tcp[0] = event.kernel;
  return record;
}

}  // namespace weir
