// NDJSON (RFC 8259): one object a line, keys in the order of the template.
// Numbers are plain decimal digits up to 64 bits, addresses and MACs text (RFC 5952 for IPv6), times ISO 8601 in UTC or
// integers in the unit of the element, octetArrays hexadecimal. Fields of the other IP version are left out, and those
// marked absentWhenZero when they are 0 or empty.
#pragma once

#include "encode/line.h"

namespace weir {

class JsonEncoder final : public LineEncoder {
 public:
  JsonEncoder(const EncoderSpec& spec, const FieldContext& context, std::span<const Element> table);

 private:
  // Comma, key, colon and an opening quote: copied in steps of kStep octets.
  struct Lead {
    std::string padded;
    size_t size = 0;
    bool quoted = false;
  };
  static constexpr size_t kStep = 32;

  char* writeLine(unsigned family, const uint8_t* record, unsigned side, char* to, const char* end) override;
  static char* writeLead(const Lead& lead, char* to);

  std::vector<Lead> leads_[2];
};

}  // namespace weir
