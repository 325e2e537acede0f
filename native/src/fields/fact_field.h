// The functions of a fact row of the catalogue, made of the fact it names: a new fact needs no function.
#pragma once

#include <algorithm>
#include <array>
#include <limits>

#include "base/json_text.h"
#include "fields/field_table.h"
#include "fields/flow_facts.h"
#include "fields/text_value.h"

namespace weir::fact {

// How a number is stored: as it is, 0 = none; or plus 1.
enum Stored { plain, plusOne };

constexpr uint64_t kNsPerSecond = 1'000'000'000;

// The largest value of a numeric wire type.
constexpr uint64_t mostOf(WireType wire) {
  switch (wire) {
    case WireType::unsigned8: return UINT8_MAX;
    case WireType::unsigned16: return UINT16_MAX;
    case WireType::unsigned32: return UINT32_MAX;
    default: return UINT64_MAX;
  }
}

// Saturates; of those stored plus 1 all ones say that there is none. Times are stored in seconds.
template <Fact kFact, WireType kWire, Stored kStored>
uint64_t number(const FlowRecord& record, unsigned, const FieldContext& context) {
  const uint64_t value = facts::number(facts::of(record, context.heap), kFact);
  if constexpr (kWire == WireType::dateTimeMilliseconds) return std::min(value, UINT64_MAX / kNsPerSecond) * kNsPerSecond;
  if constexpr (kStored == plain) return std::min(value, mostOf(kWire));
  return value == 0 ? UINT32_MAX : std::min(value - 1, mostOf(kWire) - 1);
}

template <Fact kFact>
size_t text(const FlowRecord& record, unsigned, const FieldContext& context, char* out, size_t capacity) {
  return derive::copy(facts::find(facts::of(record, context.heap), kFact), out, capacity);
}

// Parts with a comma between them as a JSON array of texts.
inline size_t jsonArray(std::string_view parts, char* out, size_t capacity) {
  std::array<char, facts::kLongestText * json::kWorstEscape + 4> array;  // a comma grows to ","
  if (parts.empty() || parts.size() > facts::kLongestText) return 0;
  char* to = array.data();
  *to++ = '[';
  for (size_t at = 0; at <= parts.size();) {
    const std::string_view part = parts.substr(at, parts.find(',', at) - at);
    if (at != 0) *to++ = ',';
    *to++ = '"';
    to = json::writeEscaped(to, {reinterpret_cast<const uint8_t*>(part.data()), part.size()});
    *to++ = '"';
    at += part.size() + 1;
  }
  *to++ = ']';
  const auto size = static_cast<size_t>(to - array.data());
  return size > capacity ? 0 : derive::copy({array.data(), size}, out, capacity);
}

template <Fact kFact>
size_t list(const FlowRecord& record, unsigned, const FieldContext& context, char* out, size_t capacity) {
  return jsonArray(facts::find(facts::of(record, context.heap), kFact), out, capacity);
}

}  // namespace weir::fact
