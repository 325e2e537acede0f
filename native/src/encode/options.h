// Options Templates and options records (RFC 7011 section 3.4.2, RFC 3954 section 6): few, so made row by row. The
// sequence number of their messages is 0: the exporter writes it when they leave, and in NetFlow v9 the uptime as well.
#pragma once

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "encode/encoder.h"
#include "encode/wire_format.h"

namespace weir {

struct OptionsField {
  uint16_t id = 0;          // Information Element; in v9 field type or scope type, used as it is
  uint32_t enterprise = 0;  // 0: IANA
  uint16_t length = 0;      // octets, or kVariableLength (IPFIX)
  WireType type = WireType::octetArray;
};

struct OptionsTemplate {
  uint16_t id = 0;
  uint16_t scopes = 0;  // the first so many fields are scope fields
  std::vector<OptionsField> fields;
};

// Integers and booleans: uint64_t or double; reals: either; times: ms since 1970, either; the others: text, which is an
// address as written by inet_ntop, a MAC as 02:00:00:00:00:01, octets as hex digits.
using OptionsValue = std::variant<uint64_t, double, std::string>;
using OptionsRow = std::vector<OptionsValue>;

class OptionsEncoder {
 public:
  // netflow9 or ipfix; throws Error WEIR_INTERNAL for another format.
  OptionsEncoder(EncoderSpec::Format format, uint32_t observationDomain, uint32_t messageSize);

  // One set each, as many in a message as fit; those that fit none are counted unencodable. All of this throws Error
  // WEIR_INTERNAL for templates that the format has no words for.
  EncodeResult templates(std::span<const OptionsTemplate> templates, uint32_t exportSeconds, const UnitBuffer& out);
  // Rows from `first` on, until out is full. Integers are clamped to their length; a text too long for its length is
  // cut between code points (truncated), one too long for a message makes its row unencodable. Throws Error
  // WEIR_INTERNAL for values that are not what the field's type takes.
  EncodeResult records(const OptionsTemplate& layout, std::span<const OptionsRow> rows, uint32_t first,
                       uint32_t exportSeconds, const UnitBuffer& out);
  void setMessageSize(uint32_t octets);

 private:
  void check(const OptionsTemplate& layout) const;
  std::vector<uint8_t> templateSet(const OptionsTemplate& layout) const;
  static bool makeRow(const OptionsTemplate& layout, const OptionsRow& values, std::vector<uint8_t>& row);
  void writeMessage(std::span<const uint8_t> sets, uint32_t records, uint32_t dataRecords, uint32_t exportSeconds,
                    const UnitBuffer& out, EncodeResult& result) const;

  const WireFormat& format_;
  const uint32_t observationDomain_;
  uint32_t messageSize_ = 0;
};

}  // namespace weir
