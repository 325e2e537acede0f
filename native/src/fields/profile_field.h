// The functions of a profile row of the catalogue, made of the member it names: a new member needs no function.
#pragma once

#include "fields/endpoint_profile.h"
#include "fields/field_table.h"
#include "fields/text_value.h"

namespace weir::profile {

// What a number says where nobody is known.
inline constexpr uint64_t zero = 0, allOnes = UINT32_MAX;

// Which: &FlowEndpoint::profile or opener. Member: &EndpointProfile::...
template <auto Which, auto Member, uint64_t kUnknown>
uint64_t number(const FlowRecord& record, unsigned side, const FieldContext& context) {
  using Value = std::remove_cvref_t<decltype(std::declval<EndpointProfile>().*Member)>;
  return profileMember((record.endpoint.*Which)[side], context.heap, Member, static_cast<Value>(kUnknown));
}

template <auto Which, TextRef EndpointProfile::* Member>
size_t text(const FlowRecord& record, unsigned side, const FieldContext& context, char* out, size_t capacity) {
  const TextRef ref = profileMember((record.endpoint.*Which)[side], context.heap, Member);
  if (ref.length == 0) return 0;
  return derive::copy({reinterpret_cast<const char*>(context.heap) + ref.offset, ref.length}, out, capacity);
}

}  // namespace weir::profile
