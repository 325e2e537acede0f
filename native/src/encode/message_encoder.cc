#include "encode/message_encoder.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "encode/gather.h"
#include "encode/wire_value.h"

namespace weir {
namespace {

constexpr size_t kAhead = 8;  // records between prefetch and use
constexpr size_t kPrefetched = recordStride(needsNothingMore);
constexpr uint32_t kNever = 1 << 30;  // more than a message holds

// An event is one record, also where flows are two.
EncoderSpec withWholeEvents(EncoderSpec spec) {
  spec.biflow = spec.biflow || spec.eventMask != 0;
  return spec;
}

[[noreturn]] void fail(const std::string& text) { throw Error("WEIR_TEMPLATE", text); }

}  // namespace

MessageEncoder::Family::Family(std::vector<PlanField> plan, uint16_t id, const FieldContext& context)
    : fields(std::move(plan)), wire(compileTemplate(fields, canGather())), templateId(id), writer(wire, context) {}

MessageEncoder::MessageEncoder(const WireFormat& format, const EncoderSpec& spec, const FieldContext& context,
                               std::span<const Element> table)
    : format_(format), spec_(withWholeEvents(spec)), selection_(spec), context_(context),
      families_{{planFields(spec, 4, table), spec.templateId4, context_},
                {planFields(spec, 6, table), spec.templateId6, context_}} {
  stride_ = selection_.stride();
  for (size_t i = 0; i < 2; i++) {
    Family& family = families_[i];
    stride_ = std::max(stride_, strideOf(family.fields));
    family.message = &messages_[spec.oneSetPerMessage ? i : 0];
    const size_t most = family.wire.exists() && family.isFixed() ? kLongestMessage / family.wire.fixedLength : 0;
    family.fixedRecords.resize(most + 2);  // two more than there are: FixedRows::put()
    family.fixedSides.resize(most + 2);
    family.fixed.records = family.fixedRecords.data();
    family.fixed.sides = family.fixedSides.data();
    if (!family.wire.exists()) continue;
    family.templateSet = format.templateSet(family.fields, family.templateId, spec.enterprise);
    family.opening = kSetHeader + format.setAlignment - 1;
    if (spec.inlineTemplates) family.opening += static_cast<uint32_t>(family.templateSet.size());
  }
  checkSpec();
  setMessageSize(spec.messageSize);
}

void MessageEncoder::checkSpec() const {
  if (spec_.messageSize > kLongestMessage) {
    fail("a message size of " + std::to_string(spec_.messageSize) + " octets: messages have at most 65535");
  }
  if (spec_.oneSetPerMessage && spec_.inlineTemplates) {
    fail("templates in every message cannot be joined with one set a message: choose one of the two");
  }
  for (const Family& family : families_) {
    if (!family.wire.exists()) continue;
    const std::string name = &family == &families_[0] ? "the IPv4 template" : "the IPv6 template";
    if (family.templateId < kFirstTemplateId) {
      fail(name + " has id " + std::to_string(family.templateId) + ": template ids are 256 to 65535");
    }
    const size_t set = format_.headerSize + family.templateSet.size();
    const size_t record = format_.headerSize + size_t{family.opening} + family.wire.leastLength;
    if (std::max(set, record) <= spec_.messageSize) continue;
    fail(name + " with " + std::to_string(family.fields.size()) + " fields needs messages of " +
         std::to_string(std::max(set, record)) + " octets, " + std::to_string(spec_.messageSize) +
         " are allowed: name fewer fields or raise the message size");
  }
  if (families_[0].wire.exists() && families_[1].wire.exists() && spec_.templateId4 == spec_.templateId6) {
    fail("the IPv4 and the IPv6 template have the same id " + std::to_string(spec_.templateId4));
  }
}

void MessageEncoder::setMessageSize(uint32_t octets) {
  messageSize_ = std::min(octets, kLongestMessage);
  const size_t texts = std::max(families_[0].wire.texts.size(), families_[1].wire.texts.size());
  texts_.resize(texts, messageSize_);
  if (texts == 0) return;
  for (size_t i = 0; i < (spec_.oneSetPerMessage ? 2 : 1); i++) {
    messages_[i].texts.reset(new uint8_t[messageSize_ + 2 * texts_.room()]);  // not touched before it is used
  }
}

EncodeResult MessageEncoder::encode(const BatchView& batch, uint32_t first, uint32_t exportSeconds,
                                    const UnitBuffer& out) {
  checkStride(batch, stride_);
  EncodeResult result;
  if (out.ends.empty() || out.bytes.empty()) return result;
  out_ = out;
  exportSeconds_ = exportSeconds;
  context_.heap = batch.heap;
  names_ = applicationNames();
  context_.names = names_.get();
  const auto most = static_cast<uint32_t>(std::min<size_t>(messageSize_, out.bytes.size()));
  for (Family& family : families_) {
    const uint32_t least = format_.headerSize + family.opening;
    family.longest = most > least ? most - least : 0;
    family.encodable = family.wire.exists() && family.wire.leastLength <= family.longest;
    family.fixed.step = family.encodable && family.isFixed() ? family.wire.fixedLength : kNever;
    family.fixed.next = family.fixed.step + family.opening;
  }
  uint32_t i = first;
  uint32_t end = selection_.takesAll(batch) ? batch.count : first;  // [i, end) are to be written
  while (i < batch.count) {
    if (i == end) {
      while (end < batch.count && selection_.takes(batch, end)) end++;
      if (i == end) {
        result.elsewhere++;
        end = ++i;
        continue;
      }
    }
    i = addFixed(batch, i, end);
    if (i == end) continue;
    if (!add(batch.records + size_t{i} * batch.stride, result)) break;
    i++;
  }
  result.records = i - first;
  for (Message& message : messages_) close(message, result);
  for (Family& family : families_) family.writer.flush();
  return result;
}

uint32_t MessageEncoder::addFixed(const BatchView& batch, uint32_t from, uint32_t to) {
  if (spec_.oneSetPerMessage) return from;
  return spec_.biflow ? addFixed<true>(batch, from, to) : addFixed<false>(batch, from, to);
}

// The short way for records of fixed length while the message has room; returns the first record that has none. Every
// record is put behind the rows of both IP versions and counted by one, so that no count in memory holds up the next.
template <bool Biflow>
uint32_t MessageEncoder::addFixed(const BatchView& batch, uint32_t from, uint32_t to) {
  Message& message = messages_[0];
  Family &family4 = families_[0], &family6 = families_[1];
  FixedRows rows4 = family4.fixed, rows6 = family6.fixed;
  uint32_t size = message.size, i = from;
  const uint32_t limit = message.limit;
  const size_t stride = batch.stride;
  const uint8_t* record = batch.records + size_t{from} * stride;
  for (; i < to; i++, record += stride) {
    // the cache lines that templates without statistics or texts read; past the batch it does no harm
    for (size_t at = 0; at < kPrefetched; at += 64) __builtin_prefetch(record + kAhead * stride + at);
    const uint32_t is6 = familyIndex(record);
    const unsigned sides = sidesOf(record, Biflow);
    const uint32_t larger = size + (is6 != 0 ? rows6.costOf(sides) : rows4.costOf(sides));
    if (larger > limit) break;
    size = larger;
    rows4.put<Biflow>(record, sides, is6 ^ 1);
    rows6.put<Biflow>(record, sides, is6);
  }
  message.size = size;
  message.flows += i - from;
  family4.fixed = rows4;
  family6.fixed = rows6;
  return i;
}

bool MessageEncoder::fits(const Family& family, uint32_t octets) const {
  return family.message->size + octets + (family.count() == 0 ? family.opening : 0) <= family.message->limit;
}

// Octets of out that are free for this message.
size_t MessageEncoder::roomFor(const Message& message, const EncodeResult& result) {
  return out_.bytes.size() - result.bytes - otherThan(message).limit;
}

// A message never ends early for lack of room in out, unless it is the first one.
bool MessageEncoder::open(Message& message, const EncodeResult& result) {
  const uint32_t others = otherThan(message).limit != 0 ? 1 : 0;
  const size_t room = roomFor(message, result);
  if (result.units + others >= out_.ends.size()) return false;
  if (room < messageSize_ && result.units + others != 0) return false;
  message.limit = static_cast<uint32_t>(std::min<size_t>(messageSize_, room));
  message.size = format_.headerSize;
  message.textEnd = message.texts.get();
  return true;
}

void MessageEncoder::close(Message& message, EncodeResult& result) {
  message.limit = 0;
  uint32_t count = 0, templates = 0;
  uint8_t* const start = out_.bytes.data() + result.bytes;
  uint8_t* at = start + format_.headerSize;
  for (const Family& family : families_) {
    if (family.message != &message || family.count() == 0) continue;
    count += static_cast<uint32_t>(family.count());
    if (!spec_.inlineTemplates) continue;
    std::memcpy(at, family.templateSet.data(), family.templateSet.size());
    at += family.templateSet.size();
    templates++;
  }
  if (count == 0) return;
  for (Family& family : families_) {
    if (family.message == &message && family.count() != 0) at = writeSet(family, at);
  }
  result.bytes += finish(start, at, count + templates, count);
  result.dataRecords += count;
  out_.records[result.units] = spec_.biflow ? count : message.flows;
  out_.dataRecords[result.units] = count;
  out_.ends[result.units++] = static_cast<uint32_t>(result.bytes);
  message.flows = 0;
}

// The rows of a family as a data set; returns its end.
uint8_t* MessageEncoder::writeSet(Family& family, uint8_t* set) {
  uint8_t* at = set + kSetHeader;
  if (family.isFixed()) {
    const std::span<const uint8_t* const> records(family.fixed.records, family.fixed.count);
    at = spec_.biflow ? family.writer.addFixed(records, at) : family.writer.addFixed(records, family.fixed.sides, at);
    family.fixed.count = 0;
    family.fixed.next = family.fixed.step + family.opening;
  } else {
    at = family.writer.add(family.rows, at);
    family.writer.flush();  // the next message takes the texts' space
    family.rows.clear();
  }
  for (uint32_t padding = paddingOf(format_, static_cast<size_t>(at - set)); padding > 0; padding--) *at++ = 0;
  put16(set, family.templateId);
  put16(set + 2, static_cast<uint32_t>(at - set));
  return at;
}

// Writes the header of a complete message; returns its length.
uint32_t MessageEncoder::finish(uint8_t* start, const uint8_t* end, uint32_t records, uint32_t dataRecords) {
  const auto length = static_cast<uint32_t>(end - start);
  format_.writeHeader(start, {length, records, exportSeconds_, sequence_, spec_.observationDomain, spec_.startMs});
  sequence_ += format_.sequenceOfMessages ? 1 : dataRecords;
  return length;
}

// False: no room left in out or ends, the record is not consumed.
bool MessageEncoder::add(const uint8_t* record, EncodeResult& result) {
  Family& family = families_[familyIndex(record)];
  Message& message = *family.message;
  if (!family.encodable) {
    result.unencodable++;
    return true;
  }
  if (message.limit == 0 && !open(message, result)) return false;
  if (spec_.biflow && family.isFixed()) return addPlain(family, record, result);
  Pending pending;
  pending.textEnd = message.textEnd;
  const unsigned sides = sidesOf(record, spec_.biflow);
  for (uint32_t side = 0; side < 2; side++) {
    if ((sides >> side & 1) == 0) continue;
    Row& row = pending.rows[pending.count++];
    row = {record, nullptr, family.wire.fixedLength, side};
    if (!family.isFixed()) {
      pending.textEnd = texts_.render(family.wire, context_, row, pending.textEnd, family.longest, pending.lossy);
    }
    pending.length += row.length;
  }
  if (!fits(family, pending.length)) return addToFresh(family, pending, result);
  place(family, pending, 0, pending.count, result);
  return true;
}

// A record of fixed length, for which an empty message always has room.
bool MessageEncoder::addPlain(Family& family, const uint8_t* record, EncodeResult& result) {
  Message& message = *family.message;
  if (message.size + family.fixed.next > message.limit) {
    close(message, result);
    if (!open(message, result)) return false;
  }
  message.size += family.fixed.next;
  family.fixed.put<true>(record, 1, 1);
  return true;
}

// The current message cannot take the record: it ends here.
bool MessageEncoder::addToFresh(Family& family, Pending& pending, EncodeResult& result) {
  Message& message = *family.message;
  close(message, result);
  moveTexts(message, pending, 0);
  if (!open(message, result)) return false;
  if (fits(family, pending.length)) {
    place(family, pending, 0, pending.count, result);
    return true;
  }
  // Two uniflows that need a message each; both go out in this call or none.
  const bool otherOpen = otherThan(message).limit != 0;
  const size_t first = format_.headerSize + family.opening + pending.rows[0].length;
  if (roomFor(message, result) >= first + messageSize_ && result.units + (otherOpen ? 3 : 2) <= out_.ends.size()) {
    place(family, pending, 0, 1, result);
    close(message, result);
    moveTexts(message, pending, 1);
    open(message, result);
    place(family, pending, 1, 2, result);
    return true;
  }
  if (result.units != 0 || otherOpen) return false;
  result.unencodable++;  // an empty out cannot take it, a later call could not either
  return true;
}

void MessageEncoder::place(Family& family, const Pending& pending, uint32_t from, uint32_t to, EncodeResult& result) {
  Message& message = *family.message;
  if (family.count() == 0) message.size += family.opening;
  for (uint32_t i = from; i < to; i++) {
    const Row& row = pending.rows[i];
    message.size += row.length;
    if (!family.isFixed()) {
      family.rows.push_back(row);
      continue;
    }
    family.fixed.put<false>(row.record, 1u << row.side, 1);
  }
  message.textEnd = pending.textEnd;
  if (to != pending.count) return;
  message.flows++;
  if (pending.lossy) result.truncated++;
}

// Closing a message gives its text space back: what is pending moves to the front.
void MessageEncoder::moveTexts(const Message& message, Pending& pending, uint32_t from) {
  if (pending.rows[from].text == nullptr) return;
  const auto size = static_cast<size_t>(pending.textEnd - pending.rows[from].text);
  const ptrdiff_t shift = pending.rows[from].text - message.texts.get();
  std::memmove(message.texts.get(), pending.rows[from].text, size);
  for (uint32_t i = from; i < pending.count; i++) pending.rows[i].text -= shift;
  pending.textEnd -= shift;
}

// Template sets of both IP versions in one message, or in two where one is too short or holds one set only.
EncodeResult MessageEncoder::templates(uint32_t exportSeconds, const UnitBuffer& units) {
  const std::span<uint8_t> out = units.bytes;
  EncodeResult result;
  exportSeconds_ = exportSeconds;
  size_t start = 0, at = 0;  // of the message under way; at == start: none
  uint32_t count = 0;
  const auto end = [&] {
    if (at == start) return;
    finish(&out[start], &out[start] + (at - start), count, 0);
    units.records[result.units] = units.dataRecords[result.units] = 0;
    units.ends[result.units++] = static_cast<uint32_t>(at);
    start = at;
    count = 0;
  };
  for (const Family& family : families_) {
    const std::vector<uint8_t>& set = family.templateSet;
    if (set.empty()) continue;
    if (at != start && (spec_.oneSetPerMessage || at - start + set.size() > messageSize_)) end();
    if (at == start) at += format_.headerSize;
    if (result.units == units.ends.size() || at - start + set.size() > messageSize_ || at + set.size() > out.size()) {
      if (at == start + format_.headerSize) at = start;
      result.unencodable++;
      continue;
    }
    std::memcpy(&out[at], set.data(), set.size());
    at += set.size();
    count++;
  }
  end();
  result.bytes = at;
  return result;
}

}  // namespace weir
