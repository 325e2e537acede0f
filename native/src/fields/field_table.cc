// Turns each line of fields.def into Elements. Offset, size and kind come from the C++ member itself, and a row whose
// member does not fit its wire type does not compile.
//
//   FIELD_SCALAR(name, enterprise, id, wire type, member, IP version, absent when zero)
//   FIELD_PAIR / FIELD_ENDPOINT(name, enterprise, id, name, enterprise, id, wire type, member, ...): array of two
//   FIELD_SIDES(name, enterprise, id, name, enterprise, id, wire type, array of two, member of its items, ...)
//   FIELD_PROFILE_NUMBER / _TEXT / _JSON(name, enterprise, id, wire type, member of FlowEndpoint, member of
//                                        EndpointProfile, flip, ...): who is at an end
//   FIELD_FACT_NUMBER / _TEXT / _LIST(name, enterprise, id, wire type, fact, how a number is stored, needs, ...)
//   FIELD_NUMBER / FIELD_REAL / FIELD_TEXT / FIELD_LIST(name, enterprise, id, wire type, function, flip, needs, ...)
#include "fields/field_table.h"

#include <type_traits>

#include "fields/derive.h"
#include "fields/derive_application.h"
#include "fields/fact_field.h"
#include "fields/profile_field.h"

namespace weir {
namespace {

// Octets of a numeric wire type at full size, 0 for the others.
constexpr size_t unsignedSize(WireType wire) {
  switch (wire) {
    case WireType::unsigned8: return 1;
    case WireType::unsigned16: return 2;
    case WireType::unsigned32: return 4;
    case WireType::unsigned64: return 8;
    default: return 0;
  }
}

constexpr bool isTime(WireType wire) {
  return wire >= WireType::dateTimeSeconds && wire <= WireType::dateTimeNanoseconds;
}

template <typename Member>
constexpr bool isUnsigned() {
  if constexpr (std::is_enum_v<Member>) return std::is_unsigned_v<std::underlying_type_t<Member>>;
  return std::is_unsigned_v<Member> && !std::is_same_v<Member, bool>;
}

// Whether a member of this type may go out as this wire type.
template <typename Member>
constexpr bool fits(WireType wire) {
  if (isTime(wire)) return std::is_same_v<Member, uint64_t>;
  if (wire == WireType::macAddress) return std::is_same_v<Member, MacAddress>;
  if (wire == WireType::ipv4Address || wire == WireType::ipv6Address) return std::is_same_v<Member, Address>;
  return isUnsigned<Member>() && sizeof(Member) <= unsignedSize(wire);
}

template <typename Member>
constexpr ValueKind kindOf(WireType wire) {
  if (isTime(wire)) return ValueKind::time;
  if (wire == WireType::macAddress) return ValueKind::mac;
  if (wire == WireType::ipv4Address) return ValueKind::address4;
  if (wire == WireType::ipv6Address) return ValueKind::address6;
  switch (sizeof(Member)) {
    case 1: return ValueKind::u8;
    case 2: return ValueKind::u16;
    case 4: return ValueKind::u32;
    default: return ValueKind::u64;
  }
}

// FlowNeeds of a member: the block it stands in.
constexpr uint32_t needsAt(size_t offset) {
  if (offset < offsetof(FlowRecord, tcp)) return needsNothingMore;
  if (offset < offsetof(FlowRecord, stats)) return needsTcp;
  if (offset < offsetof(FlowRecord, tunnel)) return needsStats;
  if (offset < offsetof(FlowRecord, application)) return needsTunnel;
  if (offset < offsetof(FlowRecord, text)) {
    const bool risk = offset == offsetof(FlowRecord, application.risks) || offset == offsetof(FlowRecord, application.riskScore);
    return risk ? needsRisk : needsLabel;
  }
  if (offset < offsetof(FlowRecord, endpoint)) return needsText;
  return offset < offsetof(FlowRecord, kernel) ? needsEndpoint : needsKernel;
}

template <typename Member>
constexpr Element atMember(const char* name, uint32_t enterprise, uint16_t id, WireType wire, size_t source,
                           size_t destination, uint8_t family, bool absent) {
  return {name, enterprise, id, wire, kindOf<Member>(wire), family, absent, needsAt(source), {source, destination}, 0,
          nullptr, nullptr, nullptr, nullptr};
}

constexpr Element computed(const char* name, uint32_t enterprise, uint16_t id, WireType wire, ValueKind kind,
                           uint8_t flip, uint32_t needs, uint8_t family, bool absent, NumberFunction number,
                           RealFunction real, TextFunction text, TextFunction octets,
                           NumbersFunction numbers = nullptr, bool absentWhenAllOnes = false) {
  return {name, enterprise, id, wire, kind, family, absent, needs, {0, 0}, flip, number, real, text, octets, numbers,
          absentWhenAllOnes};
}

template <NumberFunction Call>
void numbersOf(const uint8_t* const* records, size_t count, unsigned side, const FieldContext& context,
               uint64_t* values) {
  for (size_t i = 0; i < count; i++) {
    values[i] = Call(*reinterpret_cast<const FlowRecord*>(records[i]), side, context);
  }
}

#define TYPE_OF(member) std::remove_cvref_t<decltype(std::declval<FlowRecord&>().member)>
#define SIDE_OF(member) std::remove_extent_t<TYPE_OF(member)>

// First the checks: nothing but static_asserts.
#define FIELD_HASH(hash) static_assert(sizeof hash == 17, "16 hexadecimal digits");
#define FIELD_SCALAR(name, enterprise, id, wire, member, family, absent) \
  static_assert(!std::is_array_v<TYPE_OF(member)>, name ": " #member " is an array: name one of it"); \
  static_assert(fits<TYPE_OF(member)>(WireType::wire), name ": " #member " does not fit " #wire);
#define FIELD_PAIR(name, enterprise, id, name2, enterprise2, id2, wire, member, family, absent) \
  static_assert(std::extent_v<TYPE_OF(member)> == 2, name ": " #member " is no array of two"); \
  static_assert(fits<SIDE_OF(member)>(WireType::wire), name ": " #member " does not fit " #wire);
#define FIELD_ENDPOINT FIELD_PAIR
#define FIELD_SIDES(name, enterprise, id, name2, enterprise2, id2, wire, array, member, family, absent) \
  static_assert(std::extent_v<TYPE_OF(array)> == 2, name ": " #array " is no array of two"); \
  static_assert(fits<TYPE_OF(array[0].member)>(WireType::wire), name ": " #member " does not fit " #wire);
#define FIELD_PROFILE_NUMBER(name, enterprise, id, wire, which, member, flip, unknown, family, absent) \
  static_assert(fits<decltype(EndpointProfile::member)>(WireType::wire), name ": " #member " does not fit " #wire); \
  static_assert(profile::unknown == profile::zero || sizeof(EndpointProfile::member) == 4, name ": no 32 bits");
#define FIELD_PROFILE_TEXT(name, enterprise, id, wire, which, member, flip, family, absent) \
  static_assert(std::is_same_v<decltype(EndpointProfile::member), TextRef>, name ": " #member " is no text"); \
  static_assert(WireType::wire == WireType::string, name ": " #wire " is no string");
#define FIELD_PROFILE_JSON FIELD_PROFILE_TEXT
#define FIELD_FACT_NUMBER(name, enterprise, id, wire, which, stored, needs, family, absent) \
  static_assert(unsignedSize(WireType::wire) != 0 || WireType::wire == WireType::dateTimeMilliseconds || \
                    WireType::wire == WireType::boolean, name ": " #wire " is no number, or a time that does not hold all");
#define FIELD_FACT_TEXT(name, enterprise, id, wire, which, needs, family, absent) \
  static_assert(WireType::wire == WireType::string, name ": " #wire " is no string");
#define FIELD_FACT_LIST FIELD_FACT_TEXT
#define FIELD_NUMBER(name, enterprise, id, wire, call, flip, needs, family, absent) \
  static_assert(unsignedSize(WireType::wire) != 0 || isTime(WireType::wire) || WireType::wire == WireType::boolean, \
                name ": " #wire " is no number");
#define FIELD_REAL(name, enterprise, id, wire, call, flip, needs, family, absent) \
  static_assert(WireType::wire == WireType::float64, name ": " #wire " is no float64");
#define FIELD_TEXT(name, enterprise, id, wire, call, flip, needs, family, absent) \
  static_assert(WireType::wire == WireType::string, name ": " #wire " is no string");
#define FIELD_LIST(name, enterprise, id, wire, call, flip, needs, family, absent)
#include "fields/fields.def"
#undef FIELD_HASH
#undef FIELD_SCALAR
#undef FIELD_PAIR
#undef FIELD_SIDES
#undef FIELD_PROFILE_NUMBER
#undef FIELD_PROFILE_TEXT
#undef FIELD_PROFILE_JSON
#undef FIELD_FACT_NUMBER
#undef FIELD_FACT_TEXT
#undef FIELD_FACT_LIST
#undef FIELD_NUMBER
#undef FIELD_REAL
#undef FIELD_TEXT
#undef FIELD_LIST

// Then the table.
#define FIELD_HASH(hash)
#define FIELD_SCALAR(name, enterprise, id, wire, member, family, absent)                                   \
  atMember<TYPE_OF(member)>(name, enterprise, id, WireType::wire, offsetof(FlowRecord, member),            \
                            offsetof(FlowRecord, member), family, absent),
#define FIELD_PAIR(name, enterprise, id, name2, enterprise2, id2, wire, member, family, absent)            \
  atMember<SIDE_OF(member)>(name, enterprise, id, WireType::wire, offsetof(FlowRecord, member[0]),         \
                            offsetof(FlowRecord, member[1]), family, absent),                              \
  atMember<SIDE_OF(member)>(name2, enterprise2, id2, WireType::wire, offsetof(FlowRecord, member[1]),      \
                            offsetof(FlowRecord, member[0]), family, absent),
#define FIELD_SIDES(name, enterprise, id, name2, enterprise2, id2, wire, array, member, family, absent)    \
  atMember<TYPE_OF(array[0].member)>(name, enterprise, id, WireType::wire, offsetof(FlowRecord, array[0].member), \
                                     offsetof(FlowRecord, array[1].member), family, absent),               \
  atMember<TYPE_OF(array[0].member)>(name2, enterprise2, id2, WireType::wire,                              \
                                     offsetof(FlowRecord, array[1].member),                                \
                                     offsetof(FlowRecord, array[0].member), family, absent),
#define FIELD_PROFILE_NUMBER(name, enterprise, id, wire, which, member, flip, unknown, family, absent)     \
  computed(name, enterprise, id, WireType::wire, ValueKind::number, flip, needsEndpoint, family, absent,   \
           profile::number<&FlowEndpoint::which, &EndpointProfile::member, profile::unknown>, nullptr, nullptr, nullptr, \
           numbersOf<profile::number<&FlowEndpoint::which, &EndpointProfile::member, profile::unknown>>,   \
           profile::unknown == profile::allOnes),
#define FIELD_PROFILE_TEXT(name, enterprise, id, wire, which, member, flip, family, absent)                \
  computed(name, enterprise, id, WireType::wire, ValueKind::text, flip, needsEndpoint, family, absent, nullptr, nullptr, \
           profile::text<&FlowEndpoint::which, &EndpointProfile::member>, nullptr),
#define FIELD_PROFILE_JSON(name, enterprise, id, wire, which, member, flip, family, absent)                \
  computed(name, enterprise, id, WireType::wire, ValueKind::list, flip, needsEndpoint, family, absent, nullptr, nullptr, \
           profile::text<&FlowEndpoint::which, &EndpointProfile::member>,                                  \
           profile::text<&FlowEndpoint::which, &EndpointProfile::member>),
#define FIELD_FACT_NUMBER(name, enterprise, id, wire, which, stored, needs, family, absent)                \
  computed(name, enterprise, id, WireType::wire, ValueKind::number, 0, needs, family, absent,              \
           fact::number<Fact::which, WireType::wire, fact::stored>, nullptr, nullptr, nullptr,             \
           numbersOf<fact::number<Fact::which, WireType::wire, fact::stored>>, fact::stored == fact::plusOne),
#define FIELD_FACT_TEXT(name, enterprise, id, wire, which, needs, family, absent)                          \
  computed(name, enterprise, id, WireType::wire, ValueKind::text, 0, needs, family, absent, nullptr, nullptr, \
           fact::text<Fact::which>, nullptr),
#define FIELD_FACT_LIST(name, enterprise, id, wire, which, needs, family, absent)                          \
  computed(name, enterprise, id, WireType::wire, ValueKind::list, 0, needs, family, absent, nullptr, nullptr, \
           fact::list<Fact::which>, fact::text<Fact::which>),
#define FIELD_NUMBER(name, enterprise, id, wire, call, flip, needs, family, absent)                        \
  computed(name, enterprise, id, WireType::wire, ValueKind::number, flip, needs, family, absent, derive::call, \
           nullptr, nullptr, nullptr, numbersOf<derive::call>),
#define FIELD_REAL(name, enterprise, id, wire, call, flip, needs, family, absent)                          \
  computed(name, enterprise, id, WireType::wire, ValueKind::real, flip, needs, family, absent, nullptr,    \
           derive::call, nullptr, nullptr),
#define FIELD_TEXT(name, enterprise, id, wire, call, flip, needs, family, absent)                          \
  computed(name, enterprise, id, WireType::wire, ValueKind::text, flip, needs, family, absent, nullptr,    \
           nullptr, derive::call, nullptr),
#define FIELD_LIST(name, enterprise, id, wire, call, flip, needs, family, absent)                          \
  computed(name, enterprise, id, WireType::wire, ValueKind::list, flip, needs, family, absent, nullptr,    \
           nullptr, derive::call##Text, derive::call##Octets),
constexpr Element kElements[] = {
#include "fields/fields.def"
};
#undef FIELD_HASH
#undef FIELD_SCALAR
#undef FIELD_PAIR
#undef FIELD_SIDES
#undef FIELD_PROFILE_NUMBER
#undef FIELD_PROFILE_TEXT
#undef FIELD_PROFILE_JSON
#undef FIELD_FACT_NUMBER
#undef FIELD_FACT_TEXT
#undef FIELD_FACT_LIST
#undef FIELD_NUMBER
#undef FIELD_REAL
#undef FIELD_TEXT
#undef FIELD_LIST

#define FIELD_HASH(hash) constexpr std::string_view kCatalogueHash = hash;
#define FIELD_SCALAR(...)
#define FIELD_PAIR(...)
#define FIELD_SIDES(...)
#define FIELD_PROFILE_NUMBER(...)
#define FIELD_PROFILE_TEXT(...)
#define FIELD_PROFILE_JSON(...)
#define FIELD_FACT_NUMBER(...)
#define FIELD_FACT_TEXT(...)
#define FIELD_FACT_LIST(...)
#define FIELD_NUMBER(...)
#define FIELD_REAL(...)
#define FIELD_TEXT(...)
#define FIELD_LIST(...)
#include "fields/fields.def"

}  // namespace

std::span<const Element> elements() { return kElements; }

std::string_view catalogueHash() { return kCatalogueHash; }

}  // namespace weir
