#include "metering/record_ring.h"

#include <cstring>

#include "base/clock.h"

namespace weir {

namespace {

constexpr size_t kWakeRecords = 1024;             // one batch
constexpr uint64_t kWakeAfterNs = 50'000'000;     // or this long

template <class Block>
void copyBlock(uint8_t* record, size_t offset, const Block* block) {
  if (block != nullptr) {
    std::memcpy(record + offset, block, sizeof(Block));
  } else {
    std::memset(record + offset, 0, sizeof(Block));  // the ring holds older records' octets
  }
}

// What is the cache's or the inspector's own goes no further; facts.offset is set when the record reaches a heap.
void copyApplication(uint8_t* record, const FlowApplication* from, size_t factsSize) {
  FlowApplication application{};
  if (from != nullptr) application = *from;
  application.facts = {0, static_cast<uint32_t>(factsSize)};
  application.state = 0;
  application.progress = 0;
  copyBlock(record, offsetof(FlowRecord, application), &application);
}

constexpr size_t aligned(size_t heapUsed) { return (heapUsed + 7) & ~size_t{7}; }

}  // namespace

RecordRing::RecordRing(const RecordRingOptions& options, std::function<void()> wake, Heartbeat* heartbeat)
    : options_(options),
      stride_(recordStride(options.needs & kMeasuredNeeds)),
      ring_(options.octets),
      wake_(std::move(wake)),
      heartbeat_(heartbeat),
      waits_(options.waitWhenFull) {}

bool RecordRing::put(const FlowView& view) {
  const size_t sequenceSize = (options_.needs & needsText) != 0 ? view.sequence.size_bytes() : 0;
  const size_t factsSize = (options_.needs & kApplicationNeeds) != 0 ? view.facts.size_bytes() : 0;
  const size_t size = stride_ + sequenceSize + factsSize;
  uint8_t* record = ring_.reserve(size);
  if (record == nullptr && waits_) record = waitForRoom(size);
  if (record == nullptr) {
    ++dropped_;
    return false;
  }
  std::memcpy(record, &view.hot, sizeof(FlowHot));
  std::memcpy(record + offsetof(FlowRecord, link), &view.link, sizeof(FlowLink));
  if (stride_ > offsetof(FlowRecord, tcp)) copyBlock(record, offsetof(FlowRecord, tcp), view.tcp);
  if (stride_ > offsetof(FlowRecord, stats)) copyBlock(record, offsetof(FlowRecord, stats), view.stats);
  if (stride_ > offsetof(FlowRecord, tunnel)) copyBlock(record, offsetof(FlowRecord, tunnel), view.tunnel);
  if (stride_ > offsetof(FlowRecord, application)) copyApplication(record, view.application, factsSize);
  if (stride_ > offsetof(FlowRecord, text)) {
    FlowText text{};
    text.sequence.length = static_cast<uint32_t>(sequenceSize);
    std::memcpy(record + offsetof(FlowRecord, text), &text, sizeof text);
    // Who is at the ends is filled in when the record is handed over.
    std::memset(record + offsetof(FlowRecord, endpoint), 0, stride_ - offsetof(FlowRecord, endpoint));
    if (sequenceSize != 0) std::memcpy(record + stride_, view.sequence.data(), sequenceSize);
  }
  if (factsSize != 0) std::memcpy(record + stride_ + sequenceSize, view.facts.data(), factsSize);
  ring_.commit();
  unannounced_++;
  return true;
}

uint8_t* RecordRing::waitForRoom(size_t size) {
  if (heartbeat_ != nullptr) heartbeat_->rest();
  uint8_t* record = sleepForRoom(size);
  if (heartbeat_ != nullptr) heartbeat_->beat(monotonicNs());
  return record;
}

uint8_t* RecordRing::sleepForRoom(size_t size) {
  for (;;) {
    const uint32_t seen = drained_.load(std::memory_order_acquire);
    waiter_.store(true, std::memory_order_seq_cst);
    if (uint8_t* record = ring_.reserve(size)) {
      waiter_.store(false, std::memory_order_relaxed);
      return record;
    }
    if (abandoned_.load(std::memory_order_acquire)) return nullptr;
    wake_();
    drained_.wait(seen, std::memory_order_acquire);
  }
}

void RecordRing::wakeIfDue(uint64_t nowNs) {
  if (unannounced_ == 0) return;
  if (waitingSinceNs_ == 0) waitingSinceNs_ = nowNs;
  if (unannounced_ >= kWakeRecords || nowNs - waitingSinceNs_ >= kWakeAfterNs) wakeNow();
}

void RecordRing::wakeNow() {
  if (unannounced_ == 0) return;
  unannounced_ = 0;
  waitingSinceNs_ = 0;
  wake_();
}

// Behind the record stand its sequence, then its facts. An empty heap that is too small for them gets none: a record that
// could never be taken would stop all behind it.
void RecordRing::moveExtras(BatchBuffer& batch, uint8_t* record, std::span<const uint8_t> extras) {
  const size_t at = aligned(batch.heapUsed);
  const bool fits = at + extras.size() <= batch.heapSize;
  auto end = static_cast<uint32_t>(at + extras.size());
  const auto place = [&](size_t member) {
    TextRef where;
    std::memcpy(&where, record + member, sizeof where);
    where = fits ? TextRef{end - where.length, where.length} : TextRef{};
    end = where.offset;
    std::memcpy(record + member, &where, sizeof where);
  };
  if (stride_ > offsetof(FlowRecord, application)) place(offsetof(FlowRecord, application.facts));
  if (stride_ > offsetof(FlowRecord, text)) place(offsetof(FlowRecord, text.sequence));
  if (!fits) return;
  std::memcpy(batch.heap + at, extras.data(), extras.size());
  batch.heapUsed = at + extras.size();
}

void RecordRing::take(BatchBuffer& batch) {
  const uint32_t before = batch.count;
  size_t size = 0;
  while (batch.count < batch.capacity) {
    const uint8_t* entry = ring_.peek(size);
    if (entry == nullptr) break;
    const size_t extra = size - stride_;
    if (extra != 0 && aligned(batch.heapUsed) + extra > batch.heapSize && batch.heapUsed != 0) break;
    uint8_t* record = batch.records + batch.count * batch.stride;
    std::memcpy(record, entry, stride_);
    std::memset(record + stride_, 0, batch.stride - stride_);
    if (extra != 0) moveExtras(batch, record, {entry + stride_, extra});
    ring_.pop(size);
    batch.count++;
  }
  if (batch.count != before && waiter_.exchange(false, std::memory_order_seq_cst)) {
    drained_.fetch_add(1, std::memory_order_release);
    drained_.notify_one();
  }
}

void RecordRing::abandon() {
  abandoned_.store(true, std::memory_order_release);
  drained_.fetch_add(1, std::memory_order_release);
  drained_.notify_one();
}

}  // namespace weir
