// NDJSON (RFC 8259): one object a line, keys in the order of the template, objects inside where the fields have a path.
// Numbers are plain decimal digits; those of unsigned64 elements above 2^53 - 1 are strings, so that JavaScript and jq
// keep every digit (form nanoseconds excepted). Addresses and MACs are text (RFC 5952 for IPv6), times ISO 8601 in UTC
// or integers in the unit of the element, octetArrays hexadecimal. Fields of the other IP version are left out, and
// those marked absentWhenZero when they are 0 or empty, absentWhenAllOnes when they are 2^32 - 1; an object with nothing
// in it is left out too.
#pragma once

#include "encode/line.h"

namespace weir {

class JsonEncoder final : public LineEncoder {
 public:
  JsonEncoder(const EncoderSpec& spec, const FieldContext& context, std::span<const Element> table);

 private:
  // Comma, the objects to open, key, colon and an opening quote: copied in steps of kStep octets.
  struct Lead {
    std::string padded;
    size_t size = 0;
    bool quoted = false;
  };
  // The objects a field stands in.
  struct Nest {
    uint32_t depth = 0;
    uint32_t shared = 0;  // of them, those the field before stands in too
    size_t leads = 0;     // its leads in leads_: by how many of its objects are open
  };
  static constexpr size_t kStep = 32;

  char* writeLine(unsigned family, const uint8_t* record, unsigned side, char* to, const char* end) override {
    return nested_ ? writeObject<true>(family, record, side, to, end)
                   : writeObject<false>(family, record, side, to, end);
  }
  template <bool kNested>
  char* writeObject(unsigned family, const uint8_t* record, unsigned side, char* to, const char* end);
  char* writeTextual(const LineField& field, std::span<const uint8_t> text, char* to) const;
  void compile(unsigned family);
  static Lead leadOf(const LineField& field, const LinePlace& place, size_t open);
  static char* writeLead(const Lead& lead, char* to) {
    for (size_t at = 0; at < lead.size; at += kStep) std::memcpy(to + at, lead.padded.data() + at, kStep);
    return to + lead.size;
  }

  std::vector<Lead> leads_[2];
  std::vector<Nest> nests_[2];
  bool nested_ = false;
};

}  // namespace weir
