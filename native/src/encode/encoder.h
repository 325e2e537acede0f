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
  // How JSON writes the value; binary formats know plain only. quoted: a number as a string; lower: a text in lower
  // case; nanoseconds: a time as integer ns since 1970, a duration in ms as ns; constant: `constant` as it stands;
  // hyphens: a MAC address as 02-00-00-AB-CD-EF (RFC 7042); upper: a text in upper case.
  enum class Form : uint8_t { plain, quoted, lower, nanoseconds, constant, hyphens, upper };

  uint32_t element = 0;      // index into elements(); not read for constants
  // JSON: the key, empty = the element's name. Text: '' the bare value, ':' and '/' joined to the value before it by
  // that character (an IPv6 address gets brackets before ':', a 0 behind ':' is left out), '>' an arrow before the
  // value, '?' the bare value where there is one, else KEY=value. Binary formats: not used.
  std::string key;
  uint16_t wireLength = 0;   // IPFIX length: full, reduced size, or 65535 for variable length
  Form form = Form::plain;
  // JSON: the objects the key stands in, outermost first. Fields of an object stand together; an object is written when
  // one of its fields is, and constants always are.
  std::vector<std::string> path = {};
  std::string constant = {};           // JSON text of a constant
};

struct EncoderSpec {
  enum class Format : uint8_t { ipfix, netflow9, netflow5, json, text } format = Format::ipfix;
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
  bool oneSetPerMessage = false;  // IPFIX: a message holds one set (collectors built on go-ipfix)
  bool inlineTemplates = false;   // IPFIX: every message with data begins with its template sets, to be read alone
  uint32_t linesPerUnit = 1;      // JSON and text: lines that make one unit
  // What stands before each unit: nothing, or the length (2 octets, big-endian) and octets of a message key that is
  // the flow's Community ID or its source address as text. With a key a unit is one line.
  enum class UnitKey : uint8_t { none, flow, host } unitKey = UnitKey::none;
  // Only flow records whose key hashes to share of shareOf are written, and events whose process id does; the others are
  // consumed and not counted.
  uint32_t share = 0, shareOf = 1;
  // 1 << EventType for the event records that are written, one record an event whatever biflow says, and lines without
  // what is 0 or empty in them; 0 = flow records, which have no event type.
  uint32_t eventMask = 0;
  uint32_t samplingInterval = 1;  // NetFlow v5 header: one of so many packets was metered
  uint8_t samplingMode = 0;       // 0 none, 1 systematic, 2 random
  uint64_t startMs = 0;           // NetFlow v5 and v9: sysUptime counts from here, ms since 1970
};

// What the encoder reads: records of stride octets, a heap, and the count.
struct BatchView {
  const uint8_t* records = nullptr;
  size_t stride = 0;
  uint32_t count = 0;
  const uint8_t* heap = nullptr;
};

// Where units (messages or lines) go. The three arrays are equally long: unit i ends at bytes[ends[i]], holds
// dataRecords[i] Data Records, and the last one of records[i] flow records.
// It should hold two units of the longest kind: what does not fit an empty one is unencodable, so that a caller who
// goes on until records are consumed always comes to an end.
struct UnitBuffer {
  std::span<uint8_t> bytes;
  std::span<uint32_t> ends, records, dataRecords;
};

struct EncodeResult {
  uint32_t records = 0;    // flow records of the batch consumed (from `first` on)
  uint32_t dataRecords = 0;  // Data Records / lines written (two a biflow when split)
  uint32_t units = 0;      // messages or lines; ends[i] is where unit i stops
  size_t bytes = 0;
  uint32_t truncated = 0;  // records that lost text octets to fit a message
  uint32_t unencodable = 0;  // records that do not fit a message at all: consumed, not written
  uint32_t elsewhere = 0;    // records of another share, events not asked for: consumed, not written
};

class Encoder {
 public:
  virtual ~Encoder() = default;
  // Encodes records [first, count) until `out` is full. exportSeconds goes into message headers. A message is finished
  // at the end of each call. Throws Error WEIR_INTERNAL when batch.stride lacks a block the template needs.
  virtual EncodeResult encode(const BatchView& batch, uint32_t first, uint32_t exportSeconds,
                              const UnitBuffer& out) = 0;
  // The template message(s) for a session, 0 for formats without templates.
  virtual EncodeResult templates(uint32_t exportSeconds, const UnitBuffer& out) = 0;
  // New Transport Session: sequence numbers start at 0.
  virtual void reset() = 0;
  virtual void setMessageSize(uint32_t octets) = 0;
  // What times of SysUpTime elements and NetFlow count from: the system clock was set. Headers are stamped by who sends.
  virtual void setStart(uint64_t startMs) = 0;
  // Data Records (RFC 7011 section 3.1) or lines written in this session, mod 2^32.
  virtual uint32_t sequence() const = 0;
};

// Throws Error WEIR_TEMPLATE for a spec that cannot be encoded: unknown element, length the type does not allow,
// reverse elements in uniflows, templates or records longer than a message. Elements of the other IP version are left
// out of fields4 and fields6. context.observationPoints must outlive the encoder; its heap is the batch's.
std::unique_ptr<Encoder> makeEncoder(const EncoderSpec& spec, const FieldContext& context,
                                     std::span<const Element> table = elements());

}  // namespace weir
