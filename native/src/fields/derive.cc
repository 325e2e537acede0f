#include "fields/derive.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace weir::derive {
namespace {

constexpr uint64_t kNsPerMs = 1'000'000;
constexpr uint64_t kNsPerUs = 1'000;
constexpr uint64_t kNsPerSecond = 1'000'000'000;

// Times may jitter: never below zero.
uint64_t since(uint64_t later, uint64_t earlier) { return later > earlier ? later - earlier : 0; }

template <typename Wire>
uint64_t saturate(uint64_t value) {
  return std::min<uint64_t>(value, std::numeric_limits<Wire>::max());
}

uint64_t roundedMilliseconds(uint64_t microseconds) { return (microseconds + 500) / 1000; }

double deviation(double squares, double count, double mean) {
  const double variance = squares / count - mean * mean;
  return variance > 0 ? std::sqrt(variance) : 0;  // rounding may leave it just below zero
}

// Gaps between the metered packets of one side, the number they are divided by; 0 = fewer than two packets.
double gaps(const FlowRecord& record, unsigned side) {
  const uint32_t metered = record.hot.packets[side] / std::max(record.hot.scale, 1u);
  return metered > 1 ? static_cast<double>(metered) - 1 : 0;
}

}  // namespace

uint64_t startSysUpTime(const FlowRecord& record, unsigned, const FieldContext& context) {
  return (since(record.hot.startNs, context.startNs) / kNsPerMs) & UINT32_MAX;  // wraps as a 32-bit uptime does
}

uint64_t endSysUpTime(const FlowRecord& record, unsigned, const FieldContext& context) {
  return (since(record.hot.endNs, context.startNs) / kNsPerMs) & UINT32_MAX;
}

uint64_t systemInitTime(const FlowRecord&, unsigned, const FieldContext& context) { return context.startNs; }

uint64_t durationMilliseconds(const FlowRecord& record, unsigned, const FieldContext&) {
  // difference of the two times as exported in ms, so that collectors that subtract get the same
  return saturate<uint32_t>(since(record.hot.endNs / kNsPerMs, record.hot.startNs / kNsPerMs));
}

uint64_t durationMicroseconds(const FlowRecord& record, unsigned, const FieldContext&) {
  return saturate<uint32_t>(since(record.hot.endNs / kNsPerUs, record.hot.startNs / kNsPerUs));
}

uint64_t streamDurationMilliseconds(const FlowRecord& record, unsigned side, const FieldContext&) {
  return saturate<uint32_t>(since(record.stats.lastNs[side] / kNsPerMs, record.stats.firstNs[side] / kNsPerMs));
}

uint64_t flowAgeMilliseconds(const FlowRecord& record, unsigned, const FieldContext&) {
  return saturate<uint32_t>(since(record.hot.endNs / kNsPerMs, record.link.firstSeenNs / kNsPerMs));
}

uint64_t activeTimeout(const FlowRecord&, unsigned, const FieldContext& context) {
  return saturate<uint16_t>(context.activeTimeoutNs / kNsPerSecond);
}

uint64_t idleTimeout(const FlowRecord&, unsigned, const FieldContext& context) {
  return saturate<uint16_t>(context.idleTimeoutNs / kNsPerSecond);
}

uint64_t observationDomain(const FlowRecord&, unsigned, const FieldContext& context) {
  return context.observationDomain;
}

uint64_t flowDirection(const FlowRecord& record, unsigned side, const FieldContext&) {
  return record.link.interface[side] == 0 && record.link.interface[side ^ 1] != 0 ? 1 : 0;
}

// RFC 3032 section 2.1: label 20 bits, traffic class 3, bottom of stack 1, TTL 8.
uint64_t mplsTopLabel(const FlowRecord& record, unsigned, const FieldContext&) {
  return record.link.mplsTopEntry >> 12;
}

uint64_t mplsTopLabelExp(const FlowRecord& record, unsigned, const FieldContext&) {
  return record.link.mplsTopEntry >> 9 & 7;
}

uint64_t mplsTopLabelTtl(const FlowRecord& record, unsigned, const FieldContext&) {
  return record.link.mplsTopEntry & 0xff;
}

uint64_t tunnelSession(const FlowRecord& record, unsigned side, const FieldContext&) {
  return record.tunnel.type == TunnelType::l2tp ? record.tunnel.tunnelId[side] & 0xffff : 0;
}

uint64_t layer2Segment(const FlowRecord& record, unsigned side, const FieldContext&) {
  constexpr uint64_t kVxlan = uint64_t{1} << 56;
  if (record.tunnel.type != TunnelType::vxlan) return 0;
  const uint32_t own = record.tunnel.tunnelId[side];
  return kVxlan | ((own != 0 ? own : record.tunnel.tunnelId[side ^ 1]) & 0xffffff);
}

uint64_t flowOctets(const FlowRecord& record, unsigned, const FieldContext&) {
  return record.hot.octets[0] + record.hot.octets[1];
}

uint64_t flowPackets(const FlowRecord& record, unsigned, const FieldContext&) {
  return uint64_t{record.hot.packets[0]} + record.hot.packets[1];
}

uint64_t averageThroughput(const FlowRecord& record, unsigned side, const FieldContext&) {
  const uint64_t ns = since(record.hot.endNs, record.hot.startNs);
  if (ns == 0) return 0;
  const auto bits = static_cast<double>(record.hot.octets[side]) * 8;
  const double rate = std::round(bits * static_cast<double>(kNsPerSecond) / static_cast<double>(ns));
  return rate >= UINT32_MAX ? UINT32_MAX : static_cast<uint64_t>(rate);
}

uint64_t selectorId(const FlowRecord& record, unsigned, const FieldContext&) { return record.hot.sampling > 1 ? 1 : 0; }

uint64_t samplingInterval(const FlowRecord& record, unsigned, const FieldContext&) {
  return std::max(record.hot.sampling, 1u) / std::max(record.hot.scale, 1u);
}

uint64_t clientLatencyMilliseconds(const FlowRecord& record, unsigned, const FieldContext&) {
  return (uint64_t{record.tcp.clientLatencyUs} + 1000) / 2000;
}

uint64_t serverLatencyMilliseconds(const FlowRecord& record, unsigned, const FieldContext&) {
  return (uint64_t{record.tcp.serverLatencyUs} + 1000) / 2000;
}

uint64_t applicationLatencyMilliseconds(const FlowRecord& record, unsigned, const FieldContext&) {
  return roundedMilliseconds(record.tcp.applicationLatencyUs);
}

uint64_t handshakeRoundTrip(const FlowRecord& record, unsigned, const FieldContext&) {
  if (record.tcp.clientLatencyUs == 0 || record.tcp.serverLatencyUs == 0) return 0;
  return saturate<uint32_t>(uint64_t{record.tcp.clientLatencyUs} + record.tcp.serverLatencyUs);
}

uint64_t windowMinimum(const FlowRecord& record, unsigned side, const FieldContext&) {
  return record.tcp.windowMin[side] > record.tcp.windowMax[side] ? 0 : record.tcp.windowMin[side];
}

uint64_t windowMinimum16(const FlowRecord& record, unsigned side, const FieldContext& context) {
  return saturate<uint16_t>(windowMinimum(record, side, context));
}

uint64_t windowMaximum16(const FlowRecord& record, unsigned side, const FieldContext&) {
  return saturate<uint16_t>(record.tcp.windowMax[side]);
}

uint64_t windowScale(const FlowRecord& record, unsigned side, const FieldContext&) {
  return record.tcp.windowScale[side] == 255 ? 0 : record.tcp.windowScale[side];
}

uint64_t minimumLength(const FlowRecord& record, unsigned side, const FieldContext&) {
  return record.hot.packets[side] == 0 ? 0 : record.stats.sizeMin[side];
}

uint64_t longestPacket(const FlowRecord& record, unsigned, const FieldContext&) {
  return std::max(record.stats.sizeMax[0], record.stats.sizeMax[1]);
}

uint64_t shortestPacket(const FlowRecord& record, unsigned side, const FieldContext& context) {
  if (record.hot.packets[0] == 0) return minimumLength(record, 1, context);
  if (record.hot.packets[1] == 0) return minimumLength(record, 0, context);
  return std::min(minimumLength(record, side, context), minimumLength(record, side ^ 1, context));
}

double sizeMean(const FlowRecord& record, unsigned side, const FieldContext&) {
  const auto packets = static_cast<double>(record.hot.packets[side]);
  return packets > 0 ? static_cast<double>(record.hot.octets[side]) / packets : 0;
}

double sizeDeviation(const FlowRecord& record, unsigned side, const FieldContext& context) {
  const auto packets = static_cast<double>(record.hot.packets[side]);
  if (packets == 0) return 0;
  return deviation(static_cast<double>(record.stats.sizeSquares[side]), packets, sizeMean(record, side, context));
}

uint64_t gapMinimum(const FlowRecord& record, unsigned side, const FieldContext&) {
  return record.stats.gapMinUs[side] == UINT32_MAX ? 0 : record.stats.gapMinUs[side];
}

double gapMean(const FlowRecord& record, unsigned side, const FieldContext&) {
  const double count = gaps(record, side);
  if (count == 0) return 0;
  const uint64_t ns = since(record.stats.lastNs[side], record.stats.firstNs[side]);
  return static_cast<double>(ns) / static_cast<double>(kNsPerUs) / count;
}

double gapDeviation(const FlowRecord& record, unsigned side, const FieldContext& context) {
  const double count = gaps(record, side);
  if (count == 0) return 0;
  return deviation(static_cast<double>(record.stats.gapSquares[side]), count, gapMean(record, side, context));
}

uint64_t gapMinimumMilliseconds(const FlowRecord& record, unsigned side, const FieldContext& context) {
  return roundedMilliseconds(gapMinimum(record, side, context));
}

uint64_t gapMaximumMilliseconds(const FlowRecord& record, unsigned side, const FieldContext&) {
  return roundedMilliseconds(record.stats.gapMaxUs[side]);
}

uint64_t gapMeanMilliseconds(const FlowRecord& record, unsigned side, const FieldContext& context) {
  return saturate<uint32_t>(static_cast<uint64_t>(std::llround(gapMean(record, side, context) / 1000)));
}

uint64_t gapDeviationMilliseconds(const FlowRecord& record, unsigned side, const FieldContext& context) {
  return saturate<uint32_t>(static_cast<uint64_t>(std::llround(gapDeviation(record, side, context) / 1000)));
}

}  // namespace weir::derive
