// Finished flow records on their way from one worker to the Node thread: a ByteRing of FlowRecord prefixes.
// Producer: the worker (put, wake). Consumer: the Node thread (take).
#pragma once

#include <atomic>
#include <functional>
#include <span>

#include "base/byte_ring.h"
#include "base/counter.h"
#include "base/heartbeat.h"
#include "fields/batch_buffer.h"
#include "metering/flow_cache.h"

namespace weir {

struct RecordRingOptions {
  size_t octets = 8u << 20;
  uint32_t needs = 0;  // beyond kMeasuredNeeds a batch's records are zero when they are taken
  // Full ring: true waits for the consumer (files: nothing may be lost), false drops and counts (live).
  bool waitWhenFull = false;
};

class RecordRing final : public RecordSink {
 public:
  // wake: called on the worker thread when the consumer should look; must be cheap and thread-safe. heartbeat: the worker's,
  // which rests while put() waits.
  RecordRing(const RecordRingOptions& options, std::function<void()> wake, Heartbeat* heartbeat = nullptr);

  bool put(const FlowView& view) override;
  // Worker thread, before the last flush of a live run: nobody captures any more, so waiting for room loses nothing.
  void waitFromNow() { waits_ = true; }
  // Worker thread, after each burst: wakes the consumer when enough waits or the oldest waits long (nowNs: any clock).
  void wakeIfDue(uint64_t nowNs);
  // Worker thread: wakes the consumer when anything waits.
  void wakeNow();
  // Consumer thread: moves records into the batch until it is full or the ring is empty.
  void take(BatchBuffer& batch);
  // Any thread: a put() that waits for room gives up (counted as dropped).
  void abandon();

  bool empty() const { return ring_.empty(); }
  size_t used() const { return ring_.used(); }
  size_t capacity() const { return ring_.capacity(); }
  uint64_t dropped() const { return dropped_.get(); }

 private:
  uint8_t* waitForRoom(size_t size);
  uint8_t* sleepForRoom(size_t size);
  void moveExtras(BatchBuffer& batch, uint8_t* record, std::span<const uint8_t> extras);

  const RecordRingOptions options_;
  const size_t stride_;
  ByteRing ring_;
  std::function<void()> wake_;
  Heartbeat* heartbeat_;
  Counter dropped_;
  uint64_t waitingSinceNs_ = 0;  // worker: when the oldest unannounced record was put, 0 = none
  size_t unannounced_ = 0;
  bool waits_;  // worker: a full ring makes put() wait
  std::atomic<bool> abandoned_{false};
  std::atomic<uint32_t> drained_{0};  // bumped by take(); a waiting put() sleeps on it
  std::atomic<bool> waiter_{false};
};

}  // namespace weir
