#include "encode/ipfix.h"

#include "encode/wire_value.h"

namespace weir {
namespace {

constexpr uint16_t kVersion = 10, kTemplateSet = 2, kOptionsTemplateSet = 3;

// RFC 7011 sections 3.3.2 and 3.4.1.
std::vector<uint8_t> templateSet(std::span<const PlanField> fields, uint16_t templateId, uint32_t ownEnterprise) {
  std::vector<uint8_t> set;
  append16(set, kTemplateSet);
  append16(set, 0);
  append16(set, templateId);
  append16(set, static_cast<uint32_t>(fields.size()));
  for (const PlanField& field : fields) {
    const Element& element = *field.element;
    append16(set, element.id | (element.enterprise != 0 ? 0x8000u : 0));
    append16(set, field.wireLength);
    if (element.enterprise == 0) continue;
    const uint32_t enterprise = element.enterprise == kOwnEnterprise ? ownEnterprise : element.enterprise;
    append16(set, enterprise >> 16);
    append16(set, enterprise & 0xffff);
  }
  closeSet(kIpfix, set);
  return set;
}

// RFC 7011 section 3.1.
void writeHeader(uint8_t* at, const MessageHead& head) {
  put16(at, kVersion);
  put16(at + 2, head.length);
  put32(at + 4, head.exportSeconds);
  put32(at + 8, head.sequence);
  put32(at + 12, head.domain);
}

}  // namespace

const WireFormat kIpfix = {"IPFIX", 16, 1, kOptionsTemplateSet, false, templateSet, writeHeader};

}  // namespace weir
