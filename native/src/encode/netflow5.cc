#include "encode/netflow5.h"

#include <algorithm>

#include "base/error.h"
#include "encode/netflow9.h"
#include "encode/plan.h"
#include "encode/wire_value.h"
#include "fields/derive.h"

namespace weir {
namespace {

constexpr uint32_t kHeader = 24, kRecord = 48, kMostRecords = 30;
constexpr uint16_t kVersion = 5;
constexpr uint32_t kMostInterval = 0x3fff;  // 14 bits
constexpr uint8_t kIcmp = 1;

void putClamped16(uint8_t* at, uint32_t value) { storeNumber<uint32_t, 2>(at, value); }
void putClamped32(uint8_t* at, uint64_t value) { storeNumber<uint64_t, 4>(at, value); }

// Next hop, AS numbers and prefix lengths are 0: weir does not know them.
void writeRecord(uint8_t* at, const FlowRecord& record, unsigned side, const FieldContext& context) {
  const unsigned other = side ^ 1;
  const FlowKey& key = record.hot.key;
  std::memset(at, 0, kRecord);
  std::memcpy(at, &key.address[side][12], 4);
  std::memcpy(at + 4, &key.address[other][12], 4);
  putClamped16(at + 12, record.link.interface[side]);
  putClamped16(at + 14, record.link.interface[other]);
  put32(at + 16, record.hot.packets[side]);
  putClamped32(at + 20, record.hot.octets[side]);
  put32(at + 24, static_cast<uint32_t>(derive::startSysUpTime(record, side, context)));
  put32(at + 28, static_cast<uint32_t>(derive::endSysUpTime(record, side, context)));
  put16(at + 32, key.port[side]);
  put16(at + 34, key.port[other]);
  if (key.protocol == kIcmp) {
    put16(at + 32, 0);
    put16(at + 34, static_cast<uint32_t>(derive::icmpTypeCode(record, side, context)));
  }
  at[37] = record.hot.tcpFlags[side];
  at[38] = key.protocol;
  at[39] = record.hot.tos[side];
}

}  // namespace

Netflow5Encoder::Netflow5Encoder(const EncoderSpec& spec, const FieldContext& context)
    : spec_(spec), selection_(spec), context_(context) {
  context_.startNs = spec.startMs * 1000000;
  if (spec.messageSize < kHeader + kRecord) {
    throw Error("WEIR_TEMPLATE", "a message size of " + std::to_string(spec.messageSize) +
                                     " octets: NetFlow v5 needs 72 for one record");
  }
  setMessageSize(spec.messageSize);
}

void Netflow5Encoder::setMessageSize(uint32_t octets) {
  recordsPerMessage_ = octets < kHeader ? 0 : std::min((octets - kHeader) / kRecord, kMostRecords);
}

EncodeResult Netflow5Encoder::encode(const BatchView& batch, uint32_t first, uint32_t exportSeconds,
                                     const UnitBuffer& out) {
  checkStride(batch, recordStride(needsNothingMore));
  EncodeResult result;
  if (out.ends.empty() || out.bytes.empty()) return result;
  out_ = out;
  exportSeconds_ = exportSeconds;
  for (uint32_t i = first; i < batch.count; i++, result.records++) {
    const uint8_t* const at = batch.records + size_t{i} * batch.stride;
    if (!selection_.takes(batch, i)) {
      result.elsewhere++;
      continue;
    }
    const unsigned sides = sidesOf(at, false);
    const uint32_t records = sides == 3 ? 2 : sides == 0 ? 0 : 1;
    if (familyIndex(at) != 0 || recordsPerMessage_ == 0) {
      result.unencodable++;
      continue;
    }
    if (!hasRoom(records, result)) {
      if (count_ != 0 || result.units != 0) break;
      result.unencodable++;  // an empty out cannot take it, a later call could not either
      continue;
    }
    for (unsigned side = 0; side < 2; side++) {
      if ((sides >> side & 1) == 0) continue;
      if (count_ == recordsPerMessage_) close(result);
      writeRecord(&out_.bytes[result.bytes + kHeader + count_ * kRecord], recordAt(at), side, context_);
      count_++;
    }
    flows_ += records != 0 ? 1 : 0;
  }
  close(result);
  return result;
}

// For so many records more, behind those of the message being filled.
bool Netflow5Encoder::hasRoom(uint32_t more, const EncodeResult& result) const {
  const uint32_t records = count_ + more;
  const uint32_t messages = (records + recordsPerMessage_ - 1) / recordsPerMessage_;
  const size_t octets = messages * size_t{kHeader} + records * size_t{kRecord};
  return result.bytes + octets <= out_.bytes.size() && result.units + messages <= out_.ends.size();
}

void Netflow5Encoder::close(EncodeResult& result) {
  if (count_ == 0) return;
  uint8_t* const at = &out_.bytes[result.bytes];
  put16(at, kVersion);
  put16(at + 2, count_);
  put32(at + 4, sysUptime(exportSeconds_, spec_.startMs));
  put32(at + 8, exportSeconds_);
  put32(at + 12, 0);  // the export time has whole seconds
  put32(at + 16, sequence_);
  at[20] = 0;  // engine type
  at[21] = static_cast<uint8_t>(spec_.observationDomain);
  const bool sampled = spec_.samplingMode != 0;
  put16(at + 22, sampled ? (spec_.samplingMode & 3u) << 14 | std::min(spec_.samplingInterval, kMostInterval) : 0);
  sequence_ += count_;
  result.dataRecords += count_;
  result.bytes += kHeader + count_ * kRecord;
  out_.records[result.units] = flows_;
  out_.dataRecords[result.units] = count_;
  out_.ends[result.units++] = static_cast<uint32_t>(result.bytes);
  count_ = flows_ = 0;
}

}  // namespace weir
