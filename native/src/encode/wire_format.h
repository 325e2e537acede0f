// What tells IPFIX and NetFlow v9 apart on the wire; all else is done by MessageEncoder and OptionsEncoder.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "encode/plan.h"

namespace weir {

inline constexpr uint32_t kLongestMessage = 65535;
inline constexpr uint32_t kSetHeader = 4;
inline constexpr uint16_t kFirstTemplateId = 256;

struct MessageHead {
  uint32_t length = 0;   // octets, header included
  uint32_t records = 0;  // Data Records and templates
  uint32_t exportSeconds = 0;
  uint32_t sequence = 0;
  uint32_t domain = 0;
  uint64_t startMs = 0;  // sysUptime counts from here, ms since 1970
};

struct WireFormat {
  const char* name;
  uint32_t headerSize;
  uint32_t setAlignment;     // sets are padded with zeros to a multiple of so many octets
  uint16_t optionsSetId;     // of Options Template Sets
  bool sequenceOfMessages;   // sequence numbers count messages instead of Data Records
  // A set with one template.
  std::vector<uint8_t> (*templateSet)(std::span<const PlanField> fields, uint16_t templateId, uint32_t ownEnterprise);
  void (*writeHeader)(uint8_t* at, const MessageHead& head);
};

// Octets that close a set of this length.
inline uint32_t paddingOf(const WireFormat& format, size_t setLength) {
  return static_cast<uint32_t>(-setLength & (format.setAlignment - 1));
}

void append16(std::vector<uint8_t>& to, uint32_t value);
// Fills in the length of a set that is complete but for its padding.
void closeSet(const WireFormat& format, std::vector<uint8_t>& set);

}  // namespace weir
