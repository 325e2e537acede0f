// The fields of one record layout, looked up in the element table and checked: what every encoder compiles from.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "encode/encoder.h"

namespace weir {

inline constexpr uint16_t kVariableLength = 65535;  // RFC 7011 section 7

struct PlanField {
  const Element* element = nullptr;
  uint16_t wireLength = 0;
  // Octets into the record by side; IPv4 addresses at their own 4 octets.
  uint32_t offset[2] = {0, 0};
  std::string key;
};

// Family 4 or 6 of a record is index 0 or 1 of what is kept per family.
inline unsigned familyIndex(const uint8_t* record) {
  return record[offsetof(FlowRecord, hot.key.ipVersion)] == 6 ? 1 : 0;
}

// False for events of processes: they have no addresses, so no family either.
inline bool hasFamily(const uint8_t* record) { return record[offsetof(FlowRecord, hot.key.ipVersion)] != 0; }

// The sides of a record that go out: bit 0 as metered, bit 1 seen from the destination. A biflow is one record; of
// uniflows those with packets, or the first where sockets told of a flow whose packets nobody counted.
inline unsigned sidesOf(const uint8_t* record, bool biflow) {
  if (biflow) return 1;
  uint32_t packets[2];
  std::memcpy(packets, record + offsetof(FlowRecord, hot.packets), sizeof packets);
  const unsigned sides = (packets[0] != 0 ? 1u : 0u) | (packets[1] != 0 ? 2u : 0u);
  return sides != 0 ? sides : 1;
}

// Which records of a batch an encoder writes: flow records, or events of some types, and of them its share. A flow's
// share is a fixed hash of addresses, ports and protocol, equal for both directions, every record of a flow, and any run
// or process; an event's one of its process id.
class Selection {
 public:
  explicit Selection(const EncoderSpec& spec)
      : share_(spec.share), shareOf_(spec.shareOf), eventMask_(spec.eventMask) {}
  // Octets of a record that it reads.
  size_t stride() const { return recordStride(eventMask_ != 0 ? needsEndpoint : needsNothingMore); }
  // Every record of the batch is written.
  bool takesAll(const BatchView& batch) const { return shareOf_ <= 1 && eventMask_ == 0 && !mayHoldEvents(batch); }
  bool takes(const BatchView& batch, uint32_t index) const;

 private:
  static bool mayHoldEvents(const BatchView& batch) { return batch.stride >= recordStride(needsEndpoint); }

  uint32_t share_, shareOf_, eventMask_;
};

// Derived fields get the record itself. The prefix that the batch carries covers what their needs name.
inline const FlowRecord& recordAt(const uint8_t* at) { return *reinterpret_cast<const FlowRecord*>(at); }

// Octets that values of a type may have on the wire; {0, 0} for types that weir does not write.
struct Lengths {
  uint16_t least, most;
};
Lengths lengthsOf(WireType wire);
bool allowsLength(WireType wire, uint16_t length);

// Fields of the other IP version are left out. Throws Error WEIR_TEMPLATE, naming the field that cannot be encoded.
std::vector<PlanField> planFields(const EncoderSpec& spec, unsigned family, std::span<const Element> table);

// Octets of a record that these fields read; encode() refuses batches of a smaller stride.
size_t strideOf(std::span<const PlanField> fields);
void checkStride(const BatchView& batch, size_t needed);

}  // namespace weir
