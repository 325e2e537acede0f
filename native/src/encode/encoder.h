// Batch -> bytes. An encoder belongs to one sink (one Transport Session): it owns sequence numbers and template ids.
// Encoders loop over a compiled plan of the field table and name no field.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "fields/field_table.h"

namespace weir {

struct EncoderField {
  uint32_t element = 0;      // index into elements()
  // JSON: the key, empty = the element's name. Text: '' the bare value, ':' and '/' joined to the value before it by
  // that character (an IPv6 address gets brackets before ':', a 0 behind ':' is left out), '>' an arrow before the
  // value, else KEY=value. Binary formats: not used.
  std::string key;
  uint16_t wireLength = 0;   // IPFIX length: full, reduced size, or 65535 for variable length
};

struct EncoderSpec {
  enum class Format : uint8_t { ipfix, json, text } format = Format::ipfix;
  // Wire templates by IP version; JSON and text use them the same way.
  std::vector<EncoderField> fields4, fields6;
  bool biflow = true;                 // false: two uniflow records per biflow (reverse one only when it saw packets)
  uint16_t templateId4 = 256, templateId6 = 257;
  uint32_t observationDomain = 1;
  uint32_t enterprise = 32473;        // value for kOwnEnterprise
  uint32_t messageSize = 1400;        // IPFIX message octets at most
  // JSON and text. iso: UTC with the digits of the element's unit (text: HH:MM:SS.mmm, as tcpdump, without the date);
  // milliseconds: integers since 1970 in the element's unit (s, ms, us, ns).
  enum class TimeFormat : uint8_t { iso, milliseconds } timeFormat = TimeFormat::iso;
  enum class KeyStyle : uint8_t { plain, nprobe } keyStyle = KeyStyle::plain;  // nprobe: times are integers
};

// What the encoder reads: records of stride octets, a heap, and the count.
struct BatchView {
  const uint8_t* records = nullptr;
  size_t stride = 0;
  uint32_t count = 0;
  const uint8_t* heap = nullptr;
};

// out should hold two messages, or JSON/text lines, of the longest kind, and ends two units: what does not fit empty
// ones is unencodable, so that a caller who goes on until records are consumed always comes to an end.
struct EncodeResult {
  uint32_t records = 0;    // flow records of the batch consumed (from `first` on)
  uint32_t dataRecords = 0;  // Data Records / lines written (two a biflow when split)
  uint32_t units = 0;      // messages or lines; ends[i] is where unit i stops
  size_t bytes = 0;
  uint32_t truncated = 0;  // records that lost text octets to fit a message
  uint32_t unencodable = 0;  // records that do not fit a message at all: consumed, not written
};

class Encoder {
 public:
  virtual ~Encoder() = default;
  // Encodes records [first, count) until out or ends is full. exportSeconds goes into message headers. A message is
  // finished at the end of each call. Throws Error WEIR_INTERNAL when batch.stride lacks a block the template needs.
  virtual EncodeResult encode(const BatchView& batch, uint32_t first, uint32_t exportSeconds, std::span<uint8_t> out,
                              std::span<uint32_t> ends) = 0;
  // The template message(s) for a session, 0 for formats without templates. ends as above.
  virtual EncodeResult templates(uint32_t exportSeconds, std::span<uint8_t> out, std::span<uint32_t> ends) = 0;
  // New Transport Session: sequence numbers start at 0.
  virtual void reset() = 0;
  virtual void setMessageSize(uint32_t octets) = 0;
  // Data Records (RFC 7011 section 3.1) or lines written in this session, mod 2^32.
  virtual uint32_t sequence() const = 0;
};

// Throws Error WEIR_TEMPLATE for a spec that cannot be encoded: unknown element, length the type does not allow,
// reverse elements in uniflows, templates or records longer than a message. Elements of the other IP version are left
// out of fields4 and fields6. context.observationPoints must outlive the encoder; its heap is the batch's.
std::unique_ptr<Encoder> makeEncoder(const EncoderSpec& spec, const FieldContext& context,
                                     std::span<const Element> table = elements());

}  // namespace weir
