#include <algorithm>

#include "decode/ip.h"
#include "dpi/flow_inspector_impl.h"
#include "dpi/privacy.h"

namespace weir {
namespace {

// FlowApplication.progress: what came before the first payload.
enum Progress : uint8_t {
  kSeen = 1,
  kSourceIsHigh = 2,          // the source is endpoint 1 of the key
  kSynSeen = 4,               // with these, nextSequence is known
  kSynAckSeen = 8,
  kAckSeen = 16,              // the handshake's third
  kBareSeen = 32,             // a segment without payload before any SYN
  kBareFromDestination = 64,
};

bool isInspected(uint8_t protocol) { return protocol == kProtocolTcp || protocol == kProtocolUdp; }

bool hasBytes(const Packet& packet) { return (packet.present & hasPayload) != 0 && packet.payloadCaptured != 0; }

unsigned sourceEnd(const FlowApplication& application) { return (application.progress & kSourceIsHigh) != 0 ? 1 : 0; }

void noteSegment(FlowApplication& application, const Packet& packet, unsigned side) {
  uint8_t& progress = application.progress;
  const bool syn = (packet.tcpFlags & kTcpSyn) != 0, ack = (packet.tcpFlags & kTcpAck) != 0;
  if (syn) {
    progress |= ack ? kSynAckSeen : kSynSeen;
    application.nextSequence[side] = packet.sequence + 1;
    if (ack) application.nextSequence[1 - side] = packet.acknowledgment;
  } else if ((progress & (kSynSeen | kSynAckSeen)) != 0) {
    if (ack && side == 0) progress |= kAckSeen;
  } else if ((progress & kBareSeen) == 0) {
    progress |= kBareSeen;
    if (side != 0) progress |= kBareFromDestination;
  }
}

// Of the first octets that were not seen yet: by the handshake, else by this segment.
void noteBeginning(FlowApplication& application, const Packet& packet, unsigned side) {
  const uint8_t progress = application.progress;
  if ((progress & kSynAckSeen) != 0) return;
  application.nextSequence[1 - side] = packet.acknowledgment;
  if ((progress & kSynSeen) == 0 || side != 0) application.nextSequence[side] = packet.sequence;
}

// Of FlowApplication.inspected, which stays at its end.
void countInspected(FlowApplication& application) {
  if (application.inspected != UINT16_MAX) application.inspected++;
}

// nDPI's flow of the inspector itself, left as it was found.
class SpareFlow {
 public:
  explicit SpareFlow(std::byte* octets) : flow_(reinterpret_cast<ndpi_flow_struct*>(octets)) {}
  ~SpareFlow() { NdpiModule::clear(flow_); }
  SpareFlow(const SpareFlow&) = delete;
  SpareFlow& operator=(const SpareFlow&) = delete;
  ndpi_flow_struct* get() const { return flow_; }

 private:
  ndpi_flow_struct* flow_;
};

}  // namespace

FlowInspector::Impl::Impl(const DpiEngine& engine)
    : shared(engine.shared()),
      options(shared->options),
      pool(options.states, shared->usesNdpi() ? NdpiModule::flowOctets() : 0, (options.needs & kFactNeeds) != 0) {
  if (shared->usesNdpi()) spareFlow = std::make_unique<std::byte[]>(NdpiModule::flowOctets());
  facts.ask(options.needs);
  shared->join(slot);
  takeHandover();
}

FlowInspector::Impl::~Impl() {
  shared->leave(slot);
  pool.forEach([](DpiState& state) {
    if (state.flow != nullptr) NdpiModule::clear(state.flow);
  });
}

void FlowInspector::Impl::takeHandover() {
  std::unique_ptr<Handover> handover = slot.take();
  if (handover == nullptr) return;
  ruling = std::move(handover->ruling);
  std::swap(module, handover->module);
  if (handover->module == nullptr) return;
  retired.push_back(std::move(handover->module));
  leaveUnused();
}

void FlowInspector::Impl::leaveUnused() {
  for (std::unique_ptr<NdpiModule>& old : retired) {
    if (old->flows == 0) slot.leave(std::move(old));
  }
  std::erase(retired, nullptr);
}

void FlowInspector::Impl::packet(FlowApplication& application, const FlowHot& hot, const Packet& packet,
                                 unsigned side) {
  if (!slot.empty()) takeHandover();
  if ((packet.present & isLaterFragment) != 0 || (application.flags & kSettled) != 0) return;
  if (application.state != 0) {
    pool[application.state].packets += packet.wirePackets;
    return inspect(application, hot, packet, side);
  }
  if ((application.progress & kSeen) == 0) {
    application.progress |= kSeen;
    if ((packet.side ^ side) != 0) application.progress |= kSourceIsHigh;
  }
  if (!isInspected(packet.key.protocol)) return judgeOnce(application, hot, packet);
  if (hasBytes(packet)) return begin(application, hot, packet, side);
  if (packet.key.protocol == kProtocolTcp) noteSegment(application, packet, side);
}

void FlowInspector::Impl::begin(FlowApplication& application, const FlowHot& hot, const Packet& packet,
                                unsigned side) {
  application.state = pool.take();
  counters.states.set(pool.used());
  if (application.state == 0) {
    ++counters.statesMissing;
    application.flags |= kNotInspected;
    return judgeOnce(application, hot, packet);
  }
  DpiState& state = pool[application.state];
  state.module = module.get();
  state.label = {};
  state.labelDone = module == nullptr;
  state.factsDone = (options.needs & kFactNeeds) == 0;
  state.guessed = false;
  state.packets = hot.recordIndex == 0 ? hot.packets[0] + hot.packets[1] : packet.wirePackets;
  if (packet.key.protocol == kProtocolTcp) noteBeginning(application, packet, side);
  if (!state.factsDone) beginFacts(state, application);
  if (module != nullptr) {
    module->flows++;
    if (packet.key.protocol == kProtocolTcp) state.label = replay(*module, state.flow, application, hot);
  }
  inspect(application, hot, packet, side);
}

void FlowInspector::Impl::beginFacts(DpiState& state, const FlowApplication& application) {
  state.collector->begin(options.needs & kFactNeeds);
  const uint8_t progress = application.progress;
  if ((progress & (kSynSeen | kSynAckSeen)) != 0) state.collector->expect(0, application.nextSequence[0]);
  if ((progress & kSynAckSeen) != 0) state.collector->expect(1, application.nextSequence[1]);
}

void FlowInspector::Impl::inspect(FlowApplication& application, const FlowHot& hot, const Packet& packet,
                                  unsigned side) {
  DpiState& state = pool[application.state];
  const uint32_t most = packet.key.protocol == kProtocolTcp ? options.tcpPackets : options.udpPackets;
  const bool last = state.packets > most;
  countInspected(application);
  if (!state.labelDone) label(state, application, packet, last);
  if (!state.factsDone && hasBytes(packet)) collect(state, packet, side);
  if (last) state.factsDone = true;
  if (state.labelDone && state.factsDone) finish(application, hot);
}

void FlowInspector::Impl::label(DpiState& state, FlowApplication& application, const Packet& packet, bool last) {
  // nDPI finds labels without the bare acknowledgements, but some risks of HTTP only with them.
  const bool fed = hasBytes(packet) || (asksMore() && NdpiModule::isHttp(state.label));
  const std::span<const uint8_t> bytes = fed ? wholePacket(packet, *copy) : std::span<const uint8_t>();
  if (!bytes.empty()) {
    ++counters.packets;
    state.label = state.module->process(state.flow, bytes, wallNs(packet.ns));
  }
  if (!last && (!state.label.known() || wantsMore(state))) return;
  state.labelDone = true;
  if (state.label.known()) return;
  application.flags |= kGivenUp;
  state.guessed = true;
  state.label = state.module->giveUp(state.flow);
}

// Behind the classification nDPI mostly finds risks and texts.
bool FlowInspector::Impl::wantsMore(const DpiState& state) const {
  return (asksMore() || state.module->mayRename(state.flow, state.label)) && state.module->expectsMore(state.flow);
}

void FlowInspector::Impl::collect(DpiState& state, const Packet& packet, unsigned side) {
  facts.assign(state.facts.octets());
  state.collector->packet(packet, side, facts);
  state.facts.assign(facts.octets(), counters.factsOctets);
  state.factsDone = state.collector->complete();
}

Label FlowInspector::Impl::replay(NdpiModule& into, ndpi_flow_struct* flow, const FlowApplication& application,
                                  const FlowHot& hot) {
  const uint32_t* const sequence = application.nextSequence;
  const unsigned source = sourceEnd(application);
  const uint8_t progress = application.progress;
  Label label;
  const auto feed = [&](unsigned side, uint8_t flags, uint32_t from, uint32_t acknowledged) {
    const HeaderFields fields{hot.key, source ^ side, flags, from, acknowledged};
    label = into.process(flow, writeHeaders(fields, headers), wallNs(hot.endNs));
  };
  if ((progress & kBareSeen) != 0) {
    const unsigned side = (progress & kBareFromDestination) != 0 ? 1 : 0;
    feed(side, kTcpAck, sequence[side], sequence[1 - side]);
  }
  if ((progress & kSynSeen) != 0) feed(0, kTcpSyn, sequence[0] - 1, 0);
  if ((progress & kSynAckSeen) != 0) feed(1, kTcpSyn | kTcpAck, sequence[1] - 1, sequence[0]);
  if ((progress & kAckSeen) != 0) feed(0, kTcpAck, sequence[0], sequence[1]);
  return label;
}

// Other protocols than TCP and UDP show in their first packet what they are; without a free state so has every flow to.
void FlowInspector::Impl::judgeOnce(FlowApplication& application, const FlowHot& hot, const Packet& packet) {
  const std::span<const uint8_t> bytes = wholePacket(packet, *copy);
  if (module != nullptr && !bytes.empty()) {
    const SpareFlow flow(spareFlow.get());
    countInspected(application);
    ++counters.packets;
    conclude(flow.get(), module->process(flow.get(), bytes, wallNs(packet.ns)), application);
  }
  lookUp(application, hot, {});
  application.flags |= kSettled;
}

// The flow is over and had no payload: what its ports and addresses say.
void FlowInspector::Impl::judgeBare(FlowApplication& application, const FlowHot& hot) {
  if (module != nullptr) {
    const SpareFlow flow(spareFlow.get());
    Label label;
    if (hot.key.protocol == kProtocolTcp) {
      label = replay(*module, flow.get(), application, hot);
    } else {
      const HeaderFields fields{hot.key, sourceEnd(application)};
      label = module->process(flow.get(), writeHeaders(fields, headers), wallNs(hot.endNs));
    }
    conclude(flow.get(), label, application);
  }
  lookUp(application, hot, {});
  application.flags |= kSettled;
}

// No more packets come: guesses where they had nothing in them.
void FlowInspector::Impl::conclude(ndpi_flow_struct* flow, Label label, FlowApplication& application) {
  const bool guessed = !label.known();
  if (guessed) label = module->giveUp(flow);
  module->describe(flow, label, application);
  count(application, guessed);
}

void FlowInspector::Impl::publish(DpiState& state, FlowApplication& application, const FlowHot& hot) {
  facts.assign(state.facts.octets());
  std::string_view host;
  if (state.module != nullptr) {
    state.module->describe(state.flow, state.label, application);
    if ((options.needs & needsInfo) != 0) state.module->addFacts(state.flow, state.label, facts);
    host = state.module->host(state.flow);
  }
  lookUp(application, hot, host);
  if (facts.octets().empty()) return;
  const bool open = hidesNothing(options.privacy);
  if (!open) applyPrivacy(options.privacy, facts, published);
  KeptFacts kept = KeptFacts::adopt(application.kept);
  kept.assign(open ? facts.octets() : published.octets(), counters.factsOctets);
  application.kept = kept.release();
}

void FlowInspector::Impl::finish(FlowApplication& application, const FlowHot& hot) {
  DpiState& state = pool[application.state];
  publish(state, application, hot);
  state.facts.clear(counters.factsOctets);
  if (state.collector != nullptr && !state.collector->complete()) state.collector->begin(0);
  if (state.module != nullptr) {
    count(application, state.guessed);
    NdpiModule::clear(state.flow);
    if (--state.module->flows == 0 && state.module != module.get()) leaveUnused();
    state.module = nullptr;
  }
  pool.giveBack(application.state);
  counters.states.set(pool.used());
  application.state = 0;
  application.flags |= kSettled;
}

void FlowInspector::Impl::count(const FlowApplication& application, bool guessed) {
  if (application.application == 0) {
    ++counters.givenUp;
  } else if (guessed) {
    ++counters.guessed;
  } else {
    ++counters.classified;
  }
}

// Hits of the lists: a name before an address.
void FlowInspector::Impl::lookUp(FlowApplication& application, const FlowHot& hot, std::string_view host) {
  const CategoryList& list = ruling->rules.list;
  if (list.empty()) return;
  uint16_t category = list.ofHost(host);
  for (const Fact fact : {Fact::tlsServerName, Fact::httpHost, Fact::dnsQuery}) {
    if (category != 0 || application.state == 0) break;
    const std::string_view name = facts.text(fact);
    category = list.ofHost(name.substr(0, name.find(':')));
  }
  for (const Address& address : hot.key.address) {
    if (category == 0) category = list.ofAddress(address);
  }
  if (category == 0) return;
  application.listCategory = category;
  application.flags |= kListed;
}

void FlowInspector::Impl::update(FlowApplication& application, const FlowHot& hot) {
  if (application.state != 0) publish(pool[application.state], application, hot);
}

void FlowInspector::Impl::settle(FlowApplication& application, const FlowHot& hot) {
  if ((application.flags & kSettled) != 0) return;
  if (application.state == 0) return judgeBare(application, hot);
  DpiState& state = pool[application.state];
  if (!state.labelDone) {
    state.guessed = !state.label.known();
    state.label = state.module->giveUp(state.flow);
  }
  finish(application, hot);
}

FlowInspector::FlowInspector(const DpiEngine& engine) : impl_(std::make_unique<Impl>(engine)) {}
FlowInspector::~FlowInspector() = default;

void FlowInspector::packet(FlowApplication& application, const FlowHot& hot, const Packet& packet, unsigned side) {
  impl_->packet(application, hot, packet, side);
}

void FlowInspector::setWallOffset(int64_t ns) { impl_->wallOffset = static_cast<uint64_t>(ns); }

void FlowInspector::prefetch(const FlowApplication& application) const {
  if (application.state != 0) impl_->pool.prefetch(application.state);
}

void FlowInspector::update(FlowApplication& application, const FlowHot& hot) { impl_->update(application, hot); }

void FlowInspector::settle(FlowApplication& application, const FlowHot& hot) { impl_->settle(application, hot); }

std::span<const uint8_t> FlowInspector::facts(const FlowApplication& application) const {
  return KeptFacts::view(application.kept);
}

void FlowInspector::forget(FlowApplication& application) {
  KeptFacts kept = KeptFacts::adopt(std::exchange(application.kept, 0));
  kept.clear(impl_->counters.factsOctets);
}

bool FlowInspector::wanted(const FlowApplication& application) const {
  return impl_->ruling->filter.wants(application);
}

DpiCounters& FlowInspector::counters() { return impl_->counters; }

}  // namespace weir
