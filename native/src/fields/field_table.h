// The Information Elements weir knows, expanded from the generated fields.def (src/fields/catalogue.ts is the source).
// An element is one thing a template can name; a directional pair or an endpoint row of the catalogue gives two.
// The order, and so the index of an element, is that of fields.def; TypeScript refers to elements by this index.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "fields/flow_record.h"
#include "fields/observation_points.h"

namespace weir {

// IPFIX abstract data types by their RFC 5610 numbers.
enum class WireType : uint8_t {
  octetArray = 0, unsigned8 = 1, unsigned16 = 2, unsigned32 = 3, unsigned64 = 4, signed8 = 5, signed16 = 6,
  signed32 = 7, signed64 = 8, float32 = 9, float64 = 10, boolean = 11, macAddress = 12, string = 13,
  dateTimeSeconds = 14, dateTimeMilliseconds = 15, dateTimeMicroseconds = 16, dateTimeNanoseconds = 17,
  ipv4Address = 18, ipv6Address = 19,
};

// How the value lies in the record.
enum class ValueKind : uint8_t {
  u8, u16, u32, u64,  // host order at offset
  time,               // u64 ns since the epoch at offset; the wire type says which date/time goes out
  mac,                // 6 octets
  address4,           // the last 4 of the 16 octets at offset
  address6,           // 16 octets
  number,             // computed: number(); for a date/time wire type it gives ns since the epoch, like time
  real,               // computed: real(), float64 on the wire
  text,               // computed: text()
  list,               // computed: text() gives a JSON value (array, quoted string; empty = absent), octets() the wire form
};

struct ApplicationNames;

// What a derived field may look at besides the record.
struct FieldContext {
  const ObservationPointTable* observationPoints = nullptr;
  const uint8_t* heap = nullptr;       // the batch's text heap
  const ApplicationNames* names = nullptr;  // of what nDPI numbers; encoders hold them for one call
  uint64_t startNs = 0;                // start of the probe: system initialisation time
  uint64_t activeTimeoutNs = 0;
  uint64_t idleTimeoutNs = 0;
  uint32_t observationDomain = 0;
  uint16_t communityIdSeed = 0;
};

// side 0: the record as metered; side 1: seen from the destination (second uniflow of a biflow).
using NumberFunction = uint64_t (*)(const FlowRecord& record, unsigned side, const FieldContext& context);
// The same for many records at once: a loop that the compiler can see through instead of a call for each.
using NumbersFunction = void (*)(const uint8_t* const* records, size_t count, unsigned side, const FieldContext& context,
                                 uint64_t* values);
using RealFunction = double (*)(const FlowRecord& record, unsigned side, const FieldContext& context);
// Writes at most capacity octets of UTF-8 (or raw octets for octetArray), returns how many.
using TextFunction = size_t (*)(const FlowRecord& record, unsigned side, const FieldContext& context, char* out,
                                size_t capacity);

struct Element {
  const char* name;
  uint32_t enterprise;  // 0 = IANA; kOwnEnterprise stands for the configured number
  uint16_t id;
  WireType wire;
  ValueKind kind;
  uint8_t family;       // 4 or 6: only in records of that IP version; 0: both
  bool absentWhenZero;  // JSON and text leave it out when the value is 0 / empty
  uint32_t needs;       // FlowNeeds that must be measured for it
  size_t offset[2];     // into FlowRecord, by side (as seen from the source, from the destination)
  uint8_t flip;         // derived elements: XORed to the side before the call (1 for reverse/destination elements)
  NumberFunction number;
  RealFunction real;
  TextFunction text;
  TextFunction octets;
  NumbersFunction numbers = nullptr;  // set where number is, in elements(); tables of tests may lack it
  bool absentWhenAllOnes = false;     // JSON and text leave it out when the value is UINT32_MAX, for whose 0 is a value
};

inline constexpr uint32_t kOwnEnterprise = 0xffffffffu;
inline constexpr uint32_t kReverseEnterprise = 29305;  // RFC 5103

std::span<const Element> elements();
// Hash of the catalogue that fields.def was made from; load.ts compares it with its own.
std::string_view catalogueHash();

}  // namespace weir
