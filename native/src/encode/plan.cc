#include "encode/plan.h"

#include <algorithm>
#include <string_view>

#include "base/error.h"
#include "base/hash.h"
#include "encode/netflow9.h"
#include "fields/endpoint_profile.h"

namespace weir {
namespace {

bool isTime(WireType wire) { return wire >= WireType::dateTimeSeconds && wire <= WireType::dateTimeNanoseconds; }
bool isUnsigned(WireType wire) { return wire >= WireType::unsigned8 && wire <= WireType::unsigned64; }

// Whether values of this kind can be written as this type.
bool isPair(ValueKind kind, WireType wire) {
  switch (kind) {
    case ValueKind::u8:
    case ValueKind::u16:
    case ValueKind::u32:
    case ValueKind::u64: return isUnsigned(wire) || wire == WireType::boolean;
    case ValueKind::number: return isUnsigned(wire) || wire == WireType::boolean || isTime(wire);
    case ValueKind::time: return isTime(wire);
    case ValueKind::mac: return wire == WireType::macAddress;
    case ValueKind::address4: return wire == WireType::ipv4Address;
    case ValueKind::address6: return wire == WireType::ipv6Address;
    case ValueKind::real: return wire == WireType::float64 || wire == WireType::float32;
    case ValueKind::text: return wire == WireType::string || wire == WireType::octetArray;
    case ValueKind::list: return !isUnsigned(wire) && !isTime(wire) && lengthsOf(wire).most != 0;
  }
  return false;
}

size_t sizeOf(ValueKind kind) {
  switch (kind) {
    case ValueKind::u8: return 1;
    case ValueKind::u16: return 2;
    case ValueKind::u32:
    case ValueKind::address4: return 4;
    case ValueKind::u64:
    case ValueKind::time: return 8;
    case ValueKind::mac: return 6;
    case ValueKind::address6: return 16;
    default: return 0;
  }
}

bool isReverse(const Element& element) {
  return element.enterprise == kReverseEnterprise || std::string_view(element.name).starts_with("reverse");
}

void checkWire(const EncoderField& field, const Element& element, const EncoderSpec& spec) {
  const Lengths allowed = lengthsOf(element.wire);
  const bool variable = field.wireLength == kVariableLength;
  if (!allowsLength(element.wire, field.wireLength)) {
    throw Error("WEIR_TEMPLATE", std::string("field ") + element.name + " cannot have an IPFIX length of " +
                                     (variable ? "variable" : std::to_string(field.wireLength)) + ": its type takes " +
                                     std::to_string(allowed.least) + " to " + std::to_string(allowed.most) + " octets");
  }
  if (element.id == 0 || element.id > 32767) {
    throw Error("WEIR_TEMPLATE", std::string("field ") + element.name + " has no Information Element id (1 to 32767)");
  }
  if (element.enterprise == kOwnEnterprise && (spec.enterprise == 0 || spec.enterprise == kOwnEnterprise)) {
    throw Error("WEIR_TEMPLATE", std::string("field ") + element.name +
                                     " needs an enterprise number: set one other than 0 (--enterprise-number)");
  }
}

constexpr uint64_t kSeed = 0x9e3779b97f4a7c15u, kOther = 0xbf58476d1ce4e5b9u;

uint64_t flowHash(const uint8_t* record) {
  const auto hashOf = [record](size_t side) {
    uint64_t high, low;
    uint16_t port;
    const uint8_t* const address = record + offsetof(FlowRecord, hot.key.address) + side * sizeof(Address);
    std::memcpy(&high, address, sizeof high);
    std::memcpy(&low, address + sizeof high, sizeof low);
    std::memcpy(&port, record + offsetof(FlowRecord, hot.key.port) + side * sizeof port, sizeof port);
    return foldMultiply(high ^ kSeed, low ^ (port * kOther));
  };
  const uint64_t protocol = record[offsetof(FlowRecord, hot.key.protocol)];
  return foldMultiply(hashOf(0) + hashOf(1) + protocol, kSeed);  // a sum: neither end comes first
}

// Side 0 of an event is the process that acts.
uint64_t processHash(const FlowRecord& record, const uint8_t* heap) {
  return foldMultiply(profileMember(record, 0, heap, &EndpointProfile::processId) ^ kSeed, kOther);
}

void checkField(const EncoderField& field, const Element& element, const EncoderSpec& spec) {
  if (!isPair(element.kind, element.wire)) {
    throw Error("WEIR_TEMPLATE", std::string("field ") + element.name + " has a type that no encoder writes");
  }
  if (!spec.biflow && isReverse(element)) {
    throw Error("WEIR_TEMPLATE", std::string("field ") + element.name + " is of the reverse direction, which uniflow " +
                                     "records lack: leave it out, or export biflows");
  }
  const bool netflow9 = spec.format == EncoderSpec::Format::netflow9;
  if (netflow9 && field.wireLength == kVariableLength) {
    throw Error("WEIR_TEMPLATE", std::string("field ") + element.name + " has a variable length, which NetFlow v9 " +
                                     "lacks: give it a fixed one, leave it out, or export IPFIX");
  }
  if (netflow9) netflow9Type(element);
  if (netflow9 || spec.format == EncoderSpec::Format::ipfix) checkWire(field, element, spec);
}

}  // namespace

// RFC 7011 section 6.2: integers and float64 may be reduced, nothing else.
Lengths lengthsOf(WireType wire) {
  switch (wire) {
    case WireType::unsigned8: return {1, 1};
    case WireType::unsigned16: return {1, 2};
    case WireType::unsigned32: return {1, 4};
    case WireType::unsigned64: return {1, 8};
    case WireType::float32: return {4, 4};
    case WireType::float64: return {4, 8};
    case WireType::boolean: return {1, 1};
    case WireType::macAddress: return {6, 6};
    case WireType::dateTimeSeconds:
    case WireType::ipv4Address: return {4, 4};
    case WireType::dateTimeMilliseconds:
    case WireType::dateTimeMicroseconds:
    case WireType::dateTimeNanoseconds: return {8, 8};
    case WireType::ipv6Address: return {16, 16};
    case WireType::octetArray:
    case WireType::string: return {1, kVariableLength};
    default: return {0, 0};  // signed integers: no element has one
  }
}

bool allowsLength(WireType wire, uint16_t length) {
  const Lengths lengths = lengthsOf(wire);
  const bool noReal = wire == WireType::float64 && length > 4 && length < 8;
  return lengths.least != 0 && length >= lengths.least && length <= lengths.most && !noReal;
}

std::vector<PlanField> planFields(const EncoderSpec& spec, unsigned family, std::span<const Element> table) {
  std::vector<PlanField> plan;
  for (const EncoderField& field : family == 6 ? spec.fields6 : spec.fields4) {
    if (field.element >= table.size()) {
      throw Error("WEIR_TEMPLATE", "field number " + std::to_string(field.element) + " is unknown: the table has " +
                                       std::to_string(table.size()) + " elements");
    }
    const Element& element = table[field.element];
    if (element.family != 0 && element.family != family) continue;
    checkField(field, element, spec);
    const uint32_t skip = element.kind == ValueKind::address4 ? 12 : 0;
    plan.push_back({&element, field.wireLength,
                    {static_cast<uint32_t>(element.offset[0]) + skip, static_cast<uint32_t>(element.offset[1]) + skip},
                    field.key});
  }
  return plan;
}

size_t strideOf(std::span<const PlanField> fields) {
  size_t stride = recordStride(needsNothingMore);
  for (const PlanField& field : fields) {
    const size_t end = std::max(field.offset[0], field.offset[1]) + sizeOf(field.element->kind);
    stride = std::max({stride, end, recordStride(field.element->needs)});
  }
  return stride;
}

bool Selection::takes(const BatchView& batch, uint32_t index) const {
  const uint8_t* const record = batch.records + size_t{index} * batch.stride;
  const uint8_t event = mayHoldEvents(batch) ? record[offsetof(FlowRecord, endpoint.event)] : 0;
  if (eventMask_ == 0 ? event != 0 : event == 0 || (eventMask_ >> event & 1) == 0) return false;
  if (shareOf_ <= 1) return true;
  const uint64_t hash = event == 0 ? flowHash(record) : processHash(recordAt(record), batch.heap);
  return ((hash >> 32) * shareOf_ >> 32) == share_;
}

void checkStride(const BatchView& batch, size_t needed) {
  if (batch.count == 0 || batch.stride >= needed) return;
  throw Error("WEIR_INTERNAL", "a batch of " + std::to_string(batch.stride) + " octets a record was given to an " +
                                   "encoder that reads " + std::to_string(needed) +
                                   ": the meter must measure all elements that templates name");
}

}  // namespace weir
