#include "encode/ipfix.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "encode/gather.h"
#include "encode/utf8.h"

namespace weir {
namespace {

constexpr uint32_t kMessageHeader = 16;
constexpr uint32_t kLongestMessage = 65535;
constexpr uint16_t kTemplateSet = 2;
constexpr uint16_t kFirstTemplateId = 256;
constexpr uint16_t kVersion = 10;
constexpr size_t kAhead = 4;  // records between prefetch and use
constexpr size_t kLongPrefix = 3;  // RFC 7011 section 7: 255 and two octets of length

void put16(uint8_t* at, uint32_t value) {
  at[0] = static_cast<uint8_t>(value >> 8);
  at[1] = static_cast<uint8_t>(value);
}

void put32(uint8_t* at, uint32_t value) {
  put16(at, value >> 16);
  put16(at + 2, value & 0xffff);
}

void append16(std::vector<uint8_t>& to, uint32_t value) {
  to.resize(to.size() + 2);
  put16(&to[to.size() - 2], value);
}

// RFC 7011 sections 3.3.2 and 3.4.1: a template set with one template record.
std::vector<uint8_t> templateSet(std::span<const PlanField> fields, uint16_t templateId, uint32_t ownEnterprise) {
  std::vector<uint8_t> set;
  append16(set, kTemplateSet);
  append16(set, 0);  // length, below
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
  put16(&set[2], static_cast<uint32_t>(set.size()));
  return set;
}

// Of a variable-length field.
size_t prefixSize(size_t text) { return text < 255 ? 1 : kLongPrefix; }

}  // namespace

IpfixEncoder::IpfixEncoder(const EncoderSpec& spec, const FieldContext& context, std::span<const Element> table)
    : spec_(spec), context_(context), writers_{{wire_[0], context_}, {wire_[1], context_}},
      templateId_{spec.templateId4, spec.templateId6} {
  const std::vector<PlanField> fields[2] = {planFields(spec, 4, table), planFields(spec, 6, table)};
  for (size_t family = 0; family < 2; family++) {
    wire_[family] = compileTemplate(fields[family], canGather());
    stride_ = std::max(stride_, strideOf(fields[family]));
    if (fields[family].empty()) continue;
    templateSets_[family] = templateSet(fields[family], templateId_[family], spec.enterprise);
  }
  checkSizes(fields);
  setMessageSize(spec.messageSize);
}

void IpfixEncoder::checkSizes(const std::vector<PlanField> (&fields)[2]) const {
  const auto fail = [](const std::string& text) { throw Error("WEIR_TEMPLATE", text); };
  if (spec_.messageSize > kLongestMessage) {
    fail("a message size of " + std::to_string(spec_.messageSize) + " octets: IPFIX messages have at most 65535");
  }
  for (size_t family = 0; family < 2; family++) {
    if (fields[family].empty()) continue;
    const std::string name = family == 0 ? "the IPv4 template" : "the IPv6 template";
    if (templateId_[family] < kFirstTemplateId) {
      fail(name + " has id " + std::to_string(templateId_[family]) + ": template ids are 256 to 65535");
    }
    const size_t set = kMessageHeader + templateSets_[family].size();
    const size_t record = kMessageHeader + kSetHeader + size_t{wire_[family].leastLength};
    if (std::max(set, record) <= spec_.messageSize) continue;
    fail(name + " with " + std::to_string(fields[family].size()) + " fields needs messages of " +
         std::to_string(std::max(set, record)) + " octets, " + std::to_string(spec_.messageSize) +
         " are allowed: name fewer fields or raise the message size");
  }
  if (!fields[0].empty() && !fields[1].empty() && templateId_[0] == templateId_[1]) {
    fail("the IPv4 and the IPv6 template have the same id " + std::to_string(templateId_[0]));
  }
}

void IpfixEncoder::setMessageSize(uint32_t octets) {
  messageSize_ = std::min(octets, kLongestMessage);
  // A text longer than the message tells by itself that it was too long.
  textRoom_ = messageSize_ + 4;
  const size_t texts = std::max(wire_[0].texts.size(), wire_[1].texts.size());
  const size_t oneRow = texts * (textRoom_ + kLongPrefix) + messageSize_;
  text_.reset(texts != 0 ? new uint8_t[messageSize_ + 2 * oneRow] : nullptr);  // not touched before it is used
  pieces_.resize(texts);
}

EncodeResult IpfixEncoder::encode(const BatchView& batch, uint32_t first, uint32_t exportSeconds,
                                  const UnitBuffer& out) {
  checkStride(batch, stride_);
  EncodeResult result;
  out_ = out;
  exportSeconds_ = exportSeconds;
  context_.heap = batch.heap;
  open(result);
  for (size_t family = 0; family < 2; family++) {
    encodable_[family] = wire_[family].exists() && wire_[family].leastLength <= longestRecord();
  }
  for (uint32_t i = first; i < batch.count && limit_ != 0; i++) {
    const uint8_t* const record = batch.records + size_t{i} * batch.stride;
    if (i + kAhead < batch.count) prefetch(record + kAhead * batch.stride);
    if (!addFixed(record) && !add(record, result)) break;
    result.records++;
  }
  close(result);
  for (RowWriter& writer : writers_) writer.flush();
  return result;
}

// The cache lines that templates without TCP health, statistics or texts read.
void IpfixEncoder::prefetch(const uint8_t* record) {
  for (size_t at = 0; at < recordStride(needsNothingMore); at += 64) __builtin_prefetch(record + at);
}

// The short way for records of fixed length while the message has room.
bool IpfixEncoder::addFixed(const uint8_t* record) {
  const unsigned family = familyIndex(record);
  const WireTemplate& wire = wire_[family];
  const unsigned sides = sidesOf(record, spec_.biflow);
  const uint32_t octets = sides == 3 ? 2 * wire.fixedLength : wire.fixedLength;
  if (!encodable_[family] || !wire.texts.empty() || sides == 0 || !fits(family, octets)) return false;
  if (rows_[family].empty()) size_ += kSetHeader;
  size_ += octets;
  if ((sides & 1) != 0) rows_[family].push_back({record, nullptr, wire.fixedLength, 0});
  if ((sides & 2) != 0) rows_[family].push_back({record, nullptr, wire.fixedLength, 1});
  flows_++;
  return true;
}

// A message never ends early for lack of room in out, unless it is the first one.
void IpfixEncoder::open(EncodeResult& result) {
  const size_t left = out_.bytes.size() - result.bytes;
  const bool room = result.units < out_.ends.size() && (left >= messageSize_ || result.units == 0);
  limit_ = room ? static_cast<uint32_t>(std::min<size_t>(messageSize_, left)) : 0;
  size_ = kMessageHeader;
  textEnd_ = text_.get();
}

void IpfixEncoder::close(EncodeResult& result) {
  uint32_t count = 0;
  uint8_t* const start = out_.bytes.data() + result.bytes;
  uint8_t* at = start + kMessageHeader;
  for (size_t family = 0; family < 2; family++) {
    std::vector<Row>& rows = rows_[family];
    if (rows.empty()) continue;
    uint8_t* const set = at;
    at = writers_[family].add(rows, set + kSetHeader);
    if (!wire_[family].texts.empty()) writers_[family].flush();  // the next message takes the texts' space
    put16(set, templateId_[family]);
    put16(set + 2, static_cast<uint32_t>(at - set));
    count += static_cast<uint32_t>(rows.size());
    rows.clear();
  }
  if (count == 0) return;
  put16(start, kVersion);
  put16(start + 2, size_);
  put32(start + 4, exportSeconds_);
  put32(start + 8, sequence_);
  put32(start + 12, spec_.observationDomain);
  sequence_ += count;
  result.dataRecords += count;
  result.bytes += size_;
  out_.records[result.units] = flows_;
  out_.dataRecords[result.units] = count;
  out_.ends[result.units++] = static_cast<uint32_t>(result.bytes);
  flows_ = 0;
  open(result);
}

uint32_t IpfixEncoder::longestRecord() const {
  const size_t message = std::min<size_t>(messageSize_, out_.bytes.size());
  return message < kMessageHeader + kSetHeader ? 0 : static_cast<uint32_t>(message) - kMessageHeader - kSetHeader;
}

// False: no room left in out or ends, the record is not consumed.
bool IpfixEncoder::add(const uint8_t* record, EncodeResult& result) {
  const unsigned family = familyIndex(record);
  const WireTemplate& wire = wire_[family];
  if (!encodable_[family]) {
    result.unencodable++;
    return true;
  }
  Pending pending;
  pending.textEnd = textEnd_;
  const unsigned sides = sidesOf(record, spec_.biflow);
  for (uint32_t side = 0; side < 2; side++) {
    if ((sides >> side & 1) == 0) continue;
    Row& row = pending.rows[pending.count++];
    row = {record, nullptr, wire.fixedLength, side};
    if (!wire.texts.empty()) renderTexts(wire, row, pending);
    pending.length += row.length;
  }
  if (pending.count == 0) return true;
  if (!fits(family, pending.length)) return addToFresh(family, pending, result);
  place(family, pending, 0, pending.count, result);
  return true;
}

// The current message cannot take the record: it ends here.
bool IpfixEncoder::addToFresh(unsigned family, Pending& pending, EncodeResult& result) {
  close(result);
  moveTexts(pending, 0);
  if (limit_ == 0) return false;
  if (fits(family, pending.length)) {
    place(family, pending, 0, pending.count, result);
    return true;
  }
  // Two uniflows that need a message each; both go out in this call or none.
  const uint32_t first = kMessageHeader + kSetHeader + pending.rows[0].length;
  if (out_.bytes.size() - result.bytes >= size_t{first} + messageSize_ && result.units + 2 <= out_.ends.size()) {
    place(family, pending, 0, 1, result);
    close(result);
    moveTexts(pending, 1);
    place(family, pending, 1, 2, result);
    return true;
  }
  if (result.units != 0) return false;
  result.unencodable++;  // an empty out cannot take it, a later call could not either
  return true;
}

void IpfixEncoder::place(unsigned family, const Pending& pending, uint32_t from, uint32_t to, EncodeResult& result) {
  if (rows_[family].empty()) size_ += kSetHeader;
  for (uint32_t i = from; i < to; i++) {
    rows_[family].push_back(pending.rows[i]);
    size_ += pending.rows[i].length;
  }
  textEnd_ = pending.textEnd;
  if (to != pending.count) return;
  flows_++;
  if (pending.truncated) result.truncated++;
}

// Closing a message gives its text space back: what is pending moves to the front.
void IpfixEncoder::moveTexts(Pending& pending, uint32_t from) {
  if (pending.rows[from].text == nullptr) return;
  const auto size = static_cast<size_t>(pending.textEnd - pending.rows[from].text);
  const ptrdiff_t shift = pending.rows[from].text - text_.get();
  std::memmove(text_.get(), pending.rows[from].text, size);
  for (uint32_t i = from; i < pending.count; i++) pending.rows[i].text -= shift;
  pending.textEnd -= shift;
}

// Makes the variable parts of a row behind pending.textEnd, in wire form, shortened so that the row fits a message.
void IpfixEncoder::renderTexts(const WireTemplate& wire, Row& row, Pending& pending) {
  uint8_t* at = pending.textEnd;
  uint32_t total = wire.fixedLength;
  for (size_t i = 0; i < wire.texts.size(); i++) {
    const TextColumn& column = wire.texts[i];
    const Element& element = *column.element;
    const bool isFixed = column.length != kVariableLength;
    uint8_t* const text = isFixed ? at : at + kLongPrefix;
    const TextFunction call = element.kind == ValueKind::text ? element.text : element.octets;
    auto* const chars = reinterpret_cast<char*>(text);
    size_t size = call(recordAt(row.record), row.side ^ element.flip, context_, chars, textRoom_);
    if (column.isString) size = utf8::sanitize(text, size, textRoom_);
    if (isFixed) {
      if (size > column.length) pending.truncated = true;
      if (size > column.length) size = column.isString ? utf8::boundary(text, size, column.length) : 0;
      std::memset(text + size, 0, column.length - size);
      size = column.length;
    } else {
      total += static_cast<uint32_t>(prefixSize(size) + size);
    }
    pieces_[i] = {text, size};
    at = text + size;
  }
  if (total > longestRecord()) {
    total = shorten(wire, longestRecord());
    pending.truncated = true;
  }
  row.length = total;
  row.text = pending.textEnd;
  pending.textEnd = packTexts(wire, pending.textEnd);
}

// Cuts variable texts to one common length, the longest that lets the record fit; returns the new record length.
uint32_t IpfixEncoder::shorten(const WireTemplate& wire, uint32_t room) {
  const auto cut = [&](size_t i, size_t most) {
    const Piece& piece = pieces_[i];
    if (piece.size <= most) return piece.size;
    return wire.texts[i].isString ? utf8::boundary(piece.at, piece.size, most) : 0;
  };
  const auto lengthWith = [&](size_t most) {
    size_t length = wire.fixedLength;
    for (size_t i = 0; i < wire.texts.size(); i++) {
      if (wire.texts[i].length != kVariableLength) continue;
      length += prefixSize(cut(i, most)) + cut(i, most);
    }
    return length;
  };
  size_t low = 0, high = textRoom_;
  while (low < high) {
    const size_t middle = (low + high + 1) / 2;
    if (lengthWith(middle) <= room) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  const auto length = static_cast<uint32_t>(lengthWith(low));
  for (size_t i = 0; i < wire.texts.size(); i++) {
    if (wire.texts[i].length == kVariableLength) pieces_[i].size = cut(i, low);
  }
  return length;
}

// Length prefixes (RFC 7011 section 7) and texts one behind the other; never in front of its source, so in place.
uint8_t* IpfixEncoder::packTexts(const WireTemplate& wire, uint8_t* to) {
  for (size_t i = 0; i < wire.texts.size(); i++) {
    const Piece& piece = pieces_[i];
    if (wire.texts[i].length == kVariableLength) {
      if (prefixSize(piece.size) == 1) {
        *to++ = static_cast<uint8_t>(piece.size);
      } else {
        *to++ = 255;
        put16(to, static_cast<uint32_t>(piece.size));
        to += 2;
      }
    }
    std::memmove(to, piece.at, piece.size);
    to += piece.size;
  }
  return to;
}

// Template sets of both IP versions in one message, or in two where one is too short.
EncodeResult IpfixEncoder::templates(uint32_t exportSeconds, const UnitBuffer& units) {
  const std::span<uint8_t> out = units.bytes;
  EncodeResult result;
  size_t start = 0, at = 0;  // of the message under way; at == start: none
  const auto finish = [&] {
    if (at == start) return;
    put16(&out[start], kVersion);
    put16(&out[start + 2], static_cast<uint32_t>(at - start));
    put32(&out[start + 4], exportSeconds);
    put32(&out[start + 8], sequence_);
    put32(&out[start + 12], spec_.observationDomain);
    units.records[result.units] = units.dataRecords[result.units] = 0;
    units.ends[result.units++] = static_cast<uint32_t>(at);
    start = at;
  };
  for (const std::vector<uint8_t>& set : templateSets_) {
    if (set.empty()) continue;
    if (at != start && at - start + set.size() > messageSize_) finish();
    if (at == start) at += kMessageHeader;
    if (result.units == units.ends.size() || at - start + set.size() > messageSize_ || at + set.size() > out.size()) {
      if (at == start + kMessageHeader) at = start;
      result.unencodable++;
      continue;
    }
    std::memcpy(&out[at], set.data(), set.size());
    at += set.size();
  }
  finish();
  result.bytes = at;
  return result;
}

}  // namespace weir
