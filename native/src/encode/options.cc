#include "encode/options.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "encode/ipfix.h"
#include "encode/netflow9.h"
#include "encode/options_value.h"
#include "encode/wire_value.h"

namespace weir {
namespace {

// NetFlow v9's uptime and both sequence numbers are the exporter's to write.
constexpr uint64_t kNoUptime = UINT64_MAX;

const WireFormat& formatOf(EncoderSpec::Format format) {
  if (format == EncoderSpec::Format::ipfix) return kIpfix;
  if (format == EncoderSpec::Format::netflow9) return kNetflow9;
  throw Error("WEIR_INTERNAL", "options records exist in IPFIX and NetFlow v9 only");
}

}  // namespace

OptionsEncoder::OptionsEncoder(EncoderSpec::Format format, uint32_t observationDomain, uint32_t messageSize)
    : format_(formatOf(format)), observationDomain_(observationDomain) {
  setMessageSize(messageSize);
}

void OptionsEncoder::setMessageSize(uint32_t octets) { messageSize_ = std::min(octets, kLongestMessage); }

void OptionsEncoder::check(const OptionsTemplate& layout) const {
  const auto fail = [&](const std::string& what) {
    throw Error("WEIR_INTERNAL", "options template " + std::to_string(layout.id) + " of " + format_.name + ": " + what);
  };
  if (layout.id < kFirstTemplateId) fail("template ids are 256 to 65535");
  if (layout.scopes == 0 || layout.scopes > layout.fields.size()) fail("it needs a scope field");
  for (const OptionsField& field : layout.fields) {
    const std::string name = "field " + std::to_string(field.enterprise) + "." + std::to_string(field.id);
    if (!allowsLength(field.type, field.length)) fail(name + " cannot have length " + std::to_string(field.length));
    if (&format_ != &kNetflow9) {
      if (field.id == 0 || field.id > 32767) fail(name + " has no Information Element id (1 to 32767)");
      continue;
    }
    if (field.enterprise != 0) fail(name + ": v9 has no enterprise numbers");
    if (field.length == kVariableLength) fail(name + ": v9 has no variable lengths");
  }
}

// RFC 7011 section 3.4.2.2 counts fields; RFC 3954 section 6.1 gives the octets of scope and option specifiers.
std::vector<uint8_t> OptionsEncoder::templateSet(const OptionsTemplate& layout) const {
  constexpr size_t kSpecifier = 4;
  const size_t count = layout.fields.size();
  std::vector<uint8_t> set;
  append16(set, format_.optionsSetId);
  append16(set, 0);
  append16(set, layout.id);
  if (&format_ == &kNetflow9) {
    append16(set, static_cast<uint32_t>(layout.scopes * kSpecifier));
    append16(set, static_cast<uint32_t>((count - layout.scopes) * kSpecifier));
  } else {
    append16(set, static_cast<uint32_t>(count));
    append16(set, layout.scopes);
  }
  for (const OptionsField& field : layout.fields) {
    append16(set, field.id | (field.enterprise != 0 ? 0x8000u : 0));
    append16(set, field.length);
    if (field.enterprise == 0) continue;
    append16(set, field.enterprise >> 16);
    append16(set, field.enterprise & 0xffff);
  }
  closeSet(format_, set);
  return set;
}

EncodeResult OptionsEncoder::templates(std::span<const OptionsTemplate> templates, uint32_t exportSeconds,
                                       const UnitBuffer& out) {
  EncodeResult result;
  std::vector<uint8_t> sets;
  uint32_t count = 0;
  const auto flush = [&] {
    if (count != 0) writeMessage(sets, count, 0, exportSeconds, out, result);
    sets.clear();
    count = 0;
  };
  for (const OptionsTemplate& layout : templates) {
    check(layout);
    const std::vector<uint8_t> set = templateSet(layout);
    const auto fits = [&] {
      const size_t size = format_.headerSize + sets.size() + set.size();
      return size <= messageSize_ && result.bytes + size <= out.bytes.size() && result.units < out.ends.size();
    };
    if (!fits()) flush();
    if (!fits()) {
      result.unencodable++;
      continue;
    }
    sets.insert(sets.end(), set.begin(), set.end());
    count++;
  }
  flush();
  return result;
}

// The octets of a row; false when text was lost to a fixed length.
bool OptionsEncoder::makeRow(const OptionsTemplate& layout, const OptionsRow& values, std::vector<uint8_t>& row) {
  if (values.size() != layout.fields.size()) {
    throw Error("WEIR_INTERNAL", "a row of options template " + std::to_string(layout.id) + " has " +
                                     std::to_string(values.size()) + " values");
  }
  row.clear();
  bool whole = true;
  for (size_t i = 0; i < values.size(); i++) whole &= appendValue(row, layout.fields[i], values[i]);
  return whole;
}

EncodeResult OptionsEncoder::records(const OptionsTemplate& layout, std::span<const OptionsRow> rows, uint32_t first,
                                     uint32_t exportSeconds, const UnitBuffer& out) {
  check(layout);
  EncodeResult result;
  if (out.ends.empty() || out.bytes.empty()) return result;
  std::vector<uint8_t> set, row;
  uint32_t count = 0;  // rows in set
  const auto flush = [&] {
    if (count == 0) return;
    closeSet(format_, set);
    writeMessage(set, count, count, exportSeconds, out, result);
    result.dataRecords += count;
    count = 0;
  };
  const auto messageWithRow = [&] {
    const size_t size = (count == 0 ? kSetHeader : set.size()) + row.size();
    return format_.headerSize + size + paddingOf(format_, size);
  };
  for (size_t i = first; i < rows.size(); i++, result.records++) {
    const bool whole = makeRow(layout, rows[i], row);
    if (messageWithRow() > messageSize_) flush();
    const bool fits = messageWithRow() <= messageSize_;
    const bool room = result.bytes + messageWithRow() <= out.bytes.size() && result.units < out.ends.size();
    if (fits && !room && (count != 0 || result.units != 0)) break;
    if (!fits || !room) {
      result.unencodable++;  // no message, or no empty out, can take it
      continue;
    }
    if (count++ == 0) {
      set.clear();
      append16(set, layout.id);
      append16(set, 0);
    }
    set.insert(set.end(), row.begin(), row.end());
    if (!whole) result.truncated++;
  }
  flush();
  return result;
}

void OptionsEncoder::writeMessage(std::span<const uint8_t> sets, uint32_t records, uint32_t dataRecords,
                                  uint32_t exportSeconds, const UnitBuffer& out, EncodeResult& result) const {
  uint8_t* const start = &out.bytes[result.bytes];
  const auto length = static_cast<uint32_t>(format_.headerSize + sets.size());
  format_.writeHeader(start, {length, records, exportSeconds, 0, observationDomain_, kNoUptime});
  std::memcpy(start + format_.headerSize, sets.data(), sets.size());
  result.bytes += length;
  out.records[result.units] = 0;
  out.dataRecords[result.units] = dataRecords;
  out.ends[result.units++] = static_cast<uint32_t>(result.bytes);
}

}  // namespace weir
