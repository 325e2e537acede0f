#include "encode/netflow9.h"

#include <string>

#include "base/error.h"
#include "encode/wire_value.h"

namespace weir {
namespace {

constexpr uint16_t kVersion = 9, kTemplateSet = 0, kOptionsTemplateSet = 1;
constexpr size_t kPaddedTo = 4;  // octets, RFC 3954 section 5.3
constexpr uint32_t kNtopEnterprise = 35632, kNtopBase = 57472;

// RFC 3954 section 5.2.
std::vector<uint8_t> templateSet(std::span<const PlanField> fields, uint16_t templateId, uint32_t) {
  size_t octets = 0;
  for (const PlanField& field : fields) octets += field.wireLength;
  // A reader counts records by their length: one that fits into the padding would be read from it.
  if (octets < kPaddedTo) {
    throw Error("WEIR_TEMPLATE", "a NetFlow v9 record of " + std::to_string(octets) + " octets cannot be told from " +
                                     "padding: name more fields, 4 octets at least");
  }
  std::vector<uint8_t> set;
  append16(set, kTemplateSet);
  append16(set, 0);
  append16(set, templateId);
  append16(set, static_cast<uint32_t>(fields.size()));
  for (const PlanField& field : fields) {
    append16(set, netflow9Type(*field.element));
    append16(set, field.wireLength);
  }
  closeSet(kNetflow9, set);
  return set;
}

// RFC 3954 section 5.1.
void writeHeader(uint8_t* at, const MessageHead& head) {
  put16(at, kVersion);
  put16(at + 2, head.records);
  put32(at + 4, sysUptime(head.exportSeconds, head.startMs));
  put32(at + 8, head.exportSeconds);
  put32(at + 12, head.sequence);
  put32(at + 16, head.domain);
}

}  // namespace

const WireFormat kNetflow9 = {"NetFlow v9", 20, kPaddedTo, kOptionsTemplateSet, true, templateSet, writeHeader};

uint16_t netflow9Type(const Element& element) {
  if (element.enterprise == 0) return element.id;
  if (element.enterprise == kNtopEnterprise && element.id <= UINT16_MAX - kNtopBase) {
    return static_cast<uint16_t>(kNtopBase + element.id);
  }
  throw Error("WEIR_TEMPLATE", std::string("field ") + element.name + " has no NetFlow v9 field type, only IANA's " +
                                   "and ntop's elements have: leave it out, or export IPFIX");
}

uint32_t sysUptime(uint32_t exportSeconds, uint64_t startMs) {
  const uint64_t now = exportSeconds * uint64_t{1000};
  return now > startMs ? static_cast<uint32_t>(now - startMs) : 0;
}

}  // namespace weir
