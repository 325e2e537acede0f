// What records get when they are handed over: who is at their ends, what the kernel measured, which end began.
#include <algorithm>

#include "attribution/attribution_impl.h"
#include "attribution/flow_direction.h"
#include "attribution/flow_kernel.h"
#include "attribution/namespace_view.h"
#include "base/error.h"

namespace weir {

namespace {

constexpr uint64_t kHealthNs = 1'000'000'000;   // numbers of open connections are no older
constexpr uint64_t kEventWaitNs = 100'000'000;  // for what /proc says of its process, and for the port it connects from

FlowRecord& recordAt(const BatchBuffer& batch, uint32_t index) {
  return *reinterpret_cast<FlowRecord*>(batch.records + size_t{index} * batch.stride);
}

bool hasEndpoint(const BatchBuffer& batch) { return batch.stride >= offsetof(FlowRecord, kernel); }
bool hasKernel(const BatchBuffer& batch) { return batch.stride >= sizeof(FlowRecord); }

// Nobody took the connection, whoever listens on the port before or after.
bool isRefused(const FlowHot& hot) {
  return hot.key.protocol == IPPROTO_TCP && (hot.tcpFlags[0] & kTcpSyn) != 0 &&
         (hot.tcpFlags[1] & (kTcpSyn | kTcpRst)) == kTcpRst;
}

void dropListener(FlowEnd& end) {
  if (end.method == MatchMethod::listener) end = FlowEnd{};
}

bool isEmpty(const KernelTcp& tcp) { return tcp.segmentsSent == 0 && tcp.segmentsReceived == 0 && tcp.state == 0; }

}  // namespace

void Attribution::attribute(BatchBuffer& batch, uint32_t first, const ObservationPointTable& points) {
  Impl& all = *impl_;
  uint64_t latestNs = 0;
  for (uint32_t i = first; i < batch.count; i++) latestNs = std::max(latestNs, recordAt(batch, i).hot.endNs);
  uint64_t neededNs = 0;
  {
    const std::lock_guard lock(all.mutex);
    all.observeClocks();
    neededNs = latestNs == 0 ? 0 : all.clock.toMonotonic(latestNs);
  }
  // Events up to the last packet; the thread drains often enough for all but the newest records.
  if (neededNs >= all.drainedNs.load()) all.drain();
  if (hasKernel(batch) && all.wantsHealth(batch, first, points)) all.pass();
  const std::lock_guard lock(all.mutex);
  all.writer.begin(all.probeClock.wallOffsetNs());
  for (uint32_t i = first; i < batch.count; i++) all.attribute(recordAt(batch, i), batch, points);
}

// A record of a connection that goes on: the kernel's numbers are read now, once a second at most.
bool Attribution::Impl::wantsHealth(const BatchBuffer& batch, uint32_t first, const ObservationPointTable& points) {
  if (!bpf || monotonicNs() - passedNs.load() < kHealthNs) return false;
  const std::lock_guard lock(mutex);
  for (uint32_t i = first; i < batch.count; i++) {
    const FlowRecord& record = recordAt(batch, i);
    if (record.hot.key.protocol != IPPROTO_TCP || record.hot.endReason == EndReason::endOfFlow) continue;
    const FlowPlace* place = placeOf(record.hot.key.observationPoint, points);
    if (place == nullptr) continue;
    const FlowEnds ends = join.join(record.hot.key, record.hot.directionMethod, *place, spanOf(record));
    for (const FlowEnd& end : ends.end) {
      if (end.binding != nullptr && end.binding->open() && !end.binding->listener) return true;
    }
  }
  return false;
}

// Null: a file, or nothing is known of it.
const FlowPlace* Attribution::Impl::placeOf(uint16_t point, const ObservationPointTable& points) {
  const ObservationPointInfo* info = points.at(point);
  if (info == nullptr) return nullptr;
  if (places.size() <= point) {
    places.resize(size_t{point} + 1);
    interfaces.resize(size_t{point} + 1);
    placeSerials.resize(size_t{point} + 1);
  }
  if (placeSerials[point] != info->serial) learnPlace(point, *info);
  return interfaces[point].second == 0 ? nullptr : &places[point];
}

void Attribution::Impl::learnPlace(uint16_t point, const ObservationPointInfo& info) {
  FlowPlace place;
  if (info.interface != 0) {
    try {
      const NamespaceView view = viewNamespace(info.netns);
      place = {view.cookie, view.inode, info.netns.empty()};
      for (const Address& address : view.addresses) addresses.learn(view.cookie, address);
    } catch (const Error& error) {
      notices.push_back({FrameSource::Notice::warning, error.code(), info.name + ": " + error.what()});
    }
  }
  places[point] = place;
  placeSerials[point] = info.serial;
  interfaces[point] = {info.netns, info.interface};
  placesChanged.store(true);
}

FlowSpan Attribution::Impl::spanOf(const FlowRecord& record) const {
  return {clock.toMonotonic(record.hot.startNs), clock.toMonotonic(record.hot.endNs)};
}

void Attribution::Impl::attribute(FlowRecord& record, BatchBuffer& batch, const ObservationPointTable& points) {
  const FlowPlace* place = placeOf(record.hot.key.observationPoint, points);
  if (place == nullptr) return;
  FlowEnds ends = join.join(record.hot.key, record.hot.directionMethod, *place, spanOf(record));
  if (isRefused(record.hot)) dropListener(ends.end[1]);
  told(ends);
  if (record.hot.key.protocol == IPPROTO_TCP && record.hot.directionMethod == DirectionMethod::firstPacket) {
    direct(record, batch, ends);
  }
  if (hasEndpoint(batch)) fill(record, batch, ends, *place);
  if (hasKernel(batch)) fillKernel(record, ends);
  if (ends.missing) passWanted.store(true);
}

// Socket flows of what packets told would be told twice.
void Attribution::Impl::told(const FlowEnds& ends) {
  if (!flows) return;
  for (const FlowEnd& end : ends.end) {
    if (end.binding == nullptr || end.binding->listener) continue;
    flows->toldByPackets(end.binding->cookie);
    if (end.binding->otherCookie != 0) flows->toldByPackets(end.binding->otherCookie);
  }
}

// The packets did not tell who connected; the sockets may.
void Attribution::Impl::direct(FlowRecord& record, BatchBuffer& batch, FlowEnds& ends) {
  const FlowRole source = join.roleOf(ends.end[0]), destination = join.roleOf(ends.end[1]);
  const bool right = source == FlowRole::client || destination == FlowRole::server;
  const bool wrong = source == FlowRole::server || destination == FlowRole::client;
  if (right == wrong) return;  // nothing is known, or both
  if (wrong) {
    turnAround(record, batch.stride, batch.heap);
    std::swap(ends.end[0], ends.end[1]);
    if (ends.nat) {
      std::swap(ends.nat->other.source, ends.nat->other.destination);
      std::swap(ends.nat->other.sourcePort, ends.nat->other.destinationPort);
      ends.nat->client ^= 1;
    }
  }
  record.hot.directionMethod = DirectionMethod::socket;
}

void Attribution::Impl::fill(FlowRecord& record, BatchBuffer& batch, const FlowEnds& ends, const FlowPlace& place) {
  FlowEndpoint& endpoint = record.endpoint;
  const uint8_t kept = endpoint.flags & kFromSockets;
  endpoint = FlowEndpoint{};
  endpoint.flags = kept;
  for (unsigned side = 0; side < 2; side++) {
    const FlowEnd& end = ends.end[side];
    const FlowPlace there = end.binding != nullptr ? FlowPlace{end.binding->netnsCookie, end.binding->netns} : place;
    if (end.method != MatchMethod::none) endpoint.profile[side] = profileOfUser(batch, end.user, there);
    if (endpoint.profile[side] == 0) {
      endpoint.profile[side] = containerOf(batch, record, side);
      counters.endsMatched[static_cast<size_t>(MatchMethod::none)]++;
      continue;
    }
    endpoint.match[side] = end.method;
    endpoint.threadId[side] = end.user.threadId;
    counters.endsMatched[static_cast<size_t>(end.method)]++;
    if (end.opener.process.tgid != 0) endpoint.opener[side] = profileOfUser(batch, end.opener, there);
    if (!end.tentative) continue;
    endpoint.flags = static_cast<uint8_t>(endpoint.flags | kTentative << side);
    counters.endsTentative++;
  }
  if (!ends.nat) return;
  const NatTuple& other = ends.nat->other;
  endpoint.natAddress[0] = other.source;
  endpoint.natAddress[1] = other.destination;
  endpoint.natPort[0] = other.sourcePort;
  endpoint.natPort[1] = other.destinationPort;
  endpoint.flags = static_cast<uint8_t>(endpoint.flags | (ends.nat->observedAfter ? kObservedAfterNat : kObservedBeforeNat));
}

uint32_t Attribution::Impl::profileOfUser(BatchBuffer& batch, const SocketUser& user, const FlowPlace& place) {
  if (const ProcessEntry* entry = std::as_const(processes).find(user.process)) {
    const CgroupPlace& cgroup = entry->names.place;
    if (containers.want(cgroup.containerId, cgroup.runtime, user.process.tgid, monotonicNs())) wake();
  }
  return writer.process(batch, user.process, place.netnsCookie, place.netns);
}

// A flow seen on the host's end of a container's veth: its end with an address of that namespace is the container's.
uint32_t Attribution::Impl::containerOf(BatchBuffer& batch, const FlowRecord& record, unsigned side) {
  const FlowKey& key = record.hot.key;
  if (key.observationPoint >= interfaces.size()) return 0;
  const auto found = owners.find(interfaces[key.observationPoint]);
  if (found == owners.end()) return 0;
  const InterfaceOwner& owner = found->second;
  if (owner.netnsCookie == 0 || isLoopback(key.address[side]) || !addresses.has(owner.netnsCookie, key.address[side])) {
    return 0;
  }
  return writer.container(batch, owner.process, owner.netnsCookie, owner.netns);
}

void Attribution::Impl::fillKernel(FlowRecord& record, const FlowEnds& ends) {
  const uint64_t nowNs = monotonicNs();
  for (unsigned side = 0; side < 2; side++) {
    const SocketBinding* binding = ends.end[side].binding;
    if (binding == nullptr || binding->tuple.protocol != IPPROTO_TCP || !isEmpty(record.kernel.tcp[side])) continue;
    record.kernel.tcp[side] = kernelOf(*binding, nowNs);
    // The flow goes on: the next record has newer numbers.
    if (binding->open()) passWanted.store(true);
  }
}

void Attribution::takeFlows(BatchBuffer& batch, uint16_t observationPoint) {
  Impl& all = *impl_;
  const std::lock_guard lock(all.mutex);
  if (!all.flows) return;
  if (batch.count == 0) all.writer.begin(all.probeClock.wallOffsetNs());
  SocketFlow flow;
  while (batch.count < batch.capacity && all.flows->take(flow)) {
    all.flowsTaken++;
    flow.record.hot.key.observationPoint = observationPoint;
    all.takeFlow(flow, batch);
  }
}

void Attribution::Impl::takeFlow(const SocketFlow& flow, BatchBuffer& batch) {
  FlowRecord& record = recordAt(batch, batch.count++);
  std::memcpy(static_cast<void*>(&record), &flow.record, batch.stride);
  if (!hasEndpoint(batch)) return;
  const FlowKey& key = record.hot.key;
  const FlowSpan span = spanOf(record);
  const FlowPlace place{flow.netnsCookie, 0, false};
  FlowEnds ends = join.join(key, record.hot.directionMethod, place, span);
  ends.end[flow.side] = join.socketEnd(tupleOfSide(key, flow.side), flow.cookie, place, span);
  if (isRefused(record.hot)) dropListener(ends.end[1]);
  ends.nat.reset();
  record.endpoint.flags = kFromSockets;
  fill(record, batch, ends, place);
  if (hasKernel(batch)) fillKernel(record, ends);
}

void Attribution::takeEvents(BatchBuffer& batch) {
  Impl& all = *impl_;
  const std::lock_guard lock(all.mutex);
  all.writer.begin(all.probeClock.wallOffsetNs());
  const uint64_t nowNs = monotonicNs();
  while (batch.count < batch.capacity) {
    PendingEvent* event = all.events.front();
    if (event == nullptr) break;
    all.nameConnecting(*event);
    if (!all.isRipe(*event, nowNs)) break;
    all.takeEvent(*event, batch);
    all.events.pop();
  }
}

// The kernel chooses the port to connect from behind the event; what comes next of the socket has it.
void Attribution::Impl::nameConnecting(PendingEvent& event) const {
  if (event.type != EventType::connect || event.tuple.localPort != 0) return;
  sockets.withCookie(event.cookie, [&](const SocketBinding& binding) {
    if (isConnected(binding.tuple) && binding.connectNs == event.timeNs) event.tuple = binding.tuple;
  });
}

bool Attribution::Impl::isRipe(const PendingEvent& event, uint64_t nowNs) const {
  if (stopped || nowNs >= event.timeNs + kEventWaitNs) return true;
  if (event.type == EventType::connect && event.tuple.localPort == 0) return false;
  const ProcessEntry* entry = processes.find(event.user.process);
  return entry == nullptr || entry->reading != ProcessEntry::queued;
}

void Attribution::Impl::takeEvent(const PendingEvent& event, BatchBuffer& batch) {
  const auto realTime = [this](uint64_t ns) { return clock.toProbe(ns) + static_cast<uint64_t>(probeClock.wallOffsetNs()); };
  FlowRecord record = recordOf(event, realTime(event.timeNs), realTime(event.firstSeenNs));
  const FlowPlace place{event.netnsCookie, event.netns, false};
  if (event.user.process.tgid != 0) {
    record.endpoint.profile[0] = profileOfUser(batch, event.user, place);
  }
  if (isConnected(event.tuple)) {
    const FlowEnds ends = join.join(record.hot.key, DirectionMethod::socket, place, {event.timeNs, event.timeNs});
    const FlowEnd& other = ends.end[1];
    const bool certain = other.method != MatchMethod::none && !other.tentative;
    const bool another = other.binding == nullptr || ends.end[0].binding != other.binding;
    if (certain && another) {
      const FlowPlace there{other.binding != nullptr ? other.binding->netnsCookie : event.netnsCookie, 0, false};
      record.endpoint.profile[1] = profileOfUser(batch, other.user, there);
      record.endpoint.match[1] = other.method;
      record.endpoint.threadId[1] = other.user.threadId;
    }
  }
  std::memcpy(static_cast<void*>(&recordAt(batch, batch.count++)), &record, std::min(batch.stride, sizeof record));
}

}  // namespace weir
