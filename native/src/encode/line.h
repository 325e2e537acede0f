// What JSON and text share: one line a record, values in their readable form.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "encode/number_format.h"
#include "encode/plan.h"

namespace weir {

// The readable form of a value.
enum class Form : uint8_t {
  number, boolean, real,
  isoTime,    // 2026-11-21T02:29:10.000Z
  clockTime,  // 02:29:10.000
  epochTime,  // integer in the unit of the wire type
  mac, address4, address6,
  text,       // UTF-8, escaped as the format asks
  octets,     // lower-case hexadecimal
  list,       // already JSON text
};

struct LineField {
  PlanField plan;
  Form form = Form::number;
  uint8_t digits = 0;    // of a time's fraction
  uint64_t divisor = 1;  // ns in the unit of an epoch time
};

struct LinePlan {
  std::vector<LineField> fields;
  size_t room = 0;  // octets of a line at most, without the values of the forms text, octets and list
};

class LineEncoder : public Encoder {
 public:
  EncodeResult encode(const BatchView& batch, uint32_t first, uint32_t exportSeconds, const UnitBuffer& out) override;
  EncodeResult templates(uint32_t, const UnitBuffer&) override { return {}; }
  void reset() override { sequence_ = 0; }
  void setMessageSize(uint32_t) override {}
  uint32_t sequence() const override { return sequence_; }  // lines written

 protected:
  // clock: ISO times without the date.
  LineEncoder(const EncoderSpec& spec, const FieldContext& context, std::span<const Element> table, bool clock);

  // Writes one line of the IP version (index 0 or 1), its line feed included. Returns its end, or null when [to, end)
  // may be too short for a text or list; it is at least plans_[family].room octets.
  virtual char* writeLine(unsigned family, const uint8_t* record, unsigned side, char* to, const char* end) = 0;

  // What one octet of a text grows to at most when a format escapes it.
  static constexpr size_t kWorstEscape = 6;
  // Octets of a value; those of the forms text, octets and list come from renderText() instead.
  static constexpr size_t kValueRoom = 48;
  char* writeValue(const LineField& field, const uint8_t* record, unsigned side, char* to);
  bool isZero(const LineField& field, const uint8_t* record, unsigned side) const;
  uint64_t numberOf(const LineField& field, const uint8_t* record, unsigned side) const;
  // The octets of a text, octets or list field; good until the next call.
  std::span<const uint8_t> renderText(const LineField& field, const uint8_t* record, unsigned side);

  LinePlan plans_[2];  // IPv4, IPv6

 private:
  bool addLine(unsigned family, const uint8_t* record, unsigned side, EncodeResult& result, const UnitBuffer& out);
  bool add(const uint8_t* record, EncodeResult& result, const UnitBuffer& out);

  const bool biflow_;
  FieldContext context_;
  size_t stride_ = 0;
  uint32_t sequence_ = 0;
  bool truncated_ = false;
  format::TimeWriter times_;
  std::unique_ptr<char[]> text_;
  std::vector<char> spare_;  // for a line that perhaps does not fit
};

}  // namespace weir
