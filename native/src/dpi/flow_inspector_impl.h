#pragma once

#include <memory>
#include <vector>

#include "dpi/engine.h"
#include "dpi/packet_bytes.h"
#include "dpi/state_pool.h"

namespace weir {

struct FlowInspector::Impl {
  explicit Impl(const DpiEngine& engine);
  ~Impl();

  void packet(FlowApplication& application, const FlowHot& hot, const Packet& packet, unsigned side);
  void update(FlowApplication& application, const FlowHot& hot);
  void settle(FlowApplication& application, const FlowHot& hot);

  // The first packet with payload: a state, or one look without.
  void begin(FlowApplication& application, const FlowHot& hot, const Packet& packet, unsigned side);
  void inspect(FlowApplication& application, const FlowHot& hot, const Packet& packet, unsigned side);
  void beginFacts(DpiState& state, const FlowApplication& application);
  void label(DpiState& state, FlowApplication& application, const Packet& packet, bool last);
  void collect(DpiState& state, const Packet& packet, unsigned side);
  bool wantsMore(const DpiState& state) const;
  // What nDPI finds behind the classification.
  bool asksMore() const { return (options.needs & (needsRisk | needsInfo)) != 0; }

  // Flows that are judged by one packet, or by none with payload.
  void judgeOnce(FlowApplication& application, const FlowHot& hot, const Packet& packet);
  void judgeBare(FlowApplication& application, const FlowHot& hot);
  void conclude(ndpi_flow_struct* flow, Label label, FlowApplication& application);
  // Segments without payload that came before the first one with it, as far as `progress` knows them.
  Label replay(NdpiModule& into, ndpi_flow_struct* flow, const FlowApplication& application, const FlowHot& hot);

  // Writes what is known of a flow into its block; the state stays.
  void publish(DpiState& state, FlowApplication& application, const FlowHot& hot);
  void finish(FlowApplication& application, const FlowHot& hot);
  void lookUp(FlowApplication& application, const FlowHot& hot, std::string_view host);
  void count(const FlowApplication& application, bool guessed);
  uint64_t wallNs(uint64_t ns) const { return ns + wallOffset; }
  void takeHandover();
  void leaveUnused();

  std::shared_ptr<DpiEngine::Shared> shared;
  const DpiOptions& options;
  std::shared_ptr<const Ruling> ruling;
  std::unique_ptr<NdpiModule> module;                 // for flows that begin
  std::vector<std::unique_ptr<NdpiModule>> retired;   // of before a reload, as long as flows are in them
  HandoverSlot slot;
  StatePool pool;
  std::unique_ptr<std::byte[]> spareFlow;             // nDPI's flow for what needs no state; zeroes between uses
  FactBuffer facts, published;
  std::unique_ptr<PacketCopy> copy = std::make_unique<PacketCopy>();
  HeaderCopy headers;
  DpiCounters counters;
  uint64_t wallOffset = 0;  // modulo 2^64
};

}  // namespace weir
