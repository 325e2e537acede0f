#include "metering/record_ring.h"

#include <cstring>

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

}  // namespace

RecordRing::RecordRing(const RecordRingOptions& options, std::function<void()> wake)
    : options_(options),
      stride_(recordStride(options.needs & kMeasuredNeeds)),
      ring_(options.octets),
      wake_(std::move(wake)),
      waits_(options.waitWhenFull) {}

bool RecordRing::put(const FlowView& view) {
  const size_t sequenceSize = (options_.needs & needsText) != 0 ? view.sequence.size_bytes() : 0;
  uint8_t* record = ring_.reserve(stride_ + sequenceSize);
  if (record == nullptr && waits_) record = waitForRoom(stride_ + sequenceSize);
  if (record == nullptr) {
    ++dropped_;
    return false;
  }
  std::memcpy(record, &view.hot, sizeof(FlowHot));
  std::memcpy(record + offsetof(FlowRecord, link), &view.link, sizeof(FlowLink));
  if (stride_ > offsetof(FlowRecord, tcp)) copyBlock(record, offsetof(FlowRecord, tcp), view.tcp);
  if (stride_ > offsetof(FlowRecord, stats)) copyBlock(record, offsetof(FlowRecord, stats), view.stats);
  if (stride_ > offsetof(FlowRecord, tunnel)) copyBlock(record, offsetof(FlowRecord, tunnel), view.tunnel);
  if (stride_ > offsetof(FlowRecord, text)) {
    FlowText text{};
    text.sequence.length = static_cast<uint32_t>(sequenceSize);
    std::memcpy(record + offsetof(FlowRecord, text), &text, sizeof text);
    // Who is at the ends is filled in when the record is handed over.
    std::memset(record + offsetof(FlowRecord, endpoint), 0, stride_ - offsetof(FlowRecord, endpoint));
    if (sequenceSize != 0) std::memcpy(record + stride_, view.sequence.data(), sequenceSize);
  }
  ring_.commit();
  unannounced_++;
  return true;
}

uint8_t* RecordRing::waitForRoom(size_t size) {
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

void RecordRing::take(BatchBuffer& batch) {
  const uint32_t before = batch.count;
  size_t size = 0;
  while (batch.count < batch.capacity) {
    const uint8_t* entry = ring_.peek(size);
    if (entry == nullptr) break;
    const size_t extra = size - stride_;
    if (batch.heapUsed + extra > batch.heapSize) break;
    uint8_t* record = batch.records + batch.count * batch.stride;
    std::memcpy(record, entry, stride_);
    std::memset(record + stride_, 0, batch.stride - stride_);
    if (extra != 0) {
      const auto offset = static_cast<uint32_t>(batch.heapUsed);
      std::memcpy(record + offsetof(FlowRecord, text) + offsetof(FlowText, sequence), &offset, sizeof offset);
      std::memcpy(batch.heap + batch.heapUsed, entry + stride_, extra);
      batch.heapUsed += extra;
    }
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
