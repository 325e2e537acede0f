// One worker: one thread, one source at a time, one decoder, one flow cache, one record ring. No locks on the packet path.
#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <latch>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/byte_ring.h"
#include "base/heartbeat.h"
#include "capture/frame.h"
#include "decode/decoder.h"
#include "metering/flow_cache.h"
#include "metering/packet_clock.h"
#include "metering/record_ring.h"
#include "metering/sampling.h"

namespace weir {

struct WorkerOptions {
  std::string name;  // for the thread name and notices
  DecoderOptions decoder;
  FlowCacheOptions cache;
  RecordRingOptions ring;
  PacketSamplingOptions sampling;
  std::shared_ptr<const DpiEngine> dpi;  // null = nobody looks inside flows
  std::shared_ptr<ProbeClock> clock = std::make_shared<ProbeClock>();  // the Meter's
  unsigned index = 0;    // within its team
  unsigned team = 1;     // workers that share the interface's fan-out group
  std::function<bool()> placementKnown;  // team > 1: the fan-out program is ours, so a flow's worker can be computed
};

// Flows of live sources live by probe time, and so are the times in their records; flows of files by the packets' times.
// Frames of one flow that the fan-out gave to another worker of the team (fragments, deep tunnels) are handed over.
class Worker {
 public:
  // sources are read one after the other (files); wake is called from the worker thread.
  Worker(const WorkerOptions& options, std::vector<std::unique_ptr<FrameSource>> sources, std::function<void()> wake);
  ~Worker();

  // Starts the thread and waits until the first source is open; throws what its open() threw.
  void start();
  // Asks the thread to flush all flows (reason forced) and end.
  void stop() { stopping_.store(true, std::memory_order_release); }
  void setTimeouts(uint64_t activeNs, uint64_t idleNs);
  // Teams: every member's list of workers and a latch with one count each, set before start().
  void joinTeam(std::vector<Worker*> team, std::shared_ptr<std::latch> allDone);

  // Before start(), when the team will not start after all.
  void leaveTeam() {
    if (allDone_) allDone_->count_down();
  }

  bool finished() const { return finished_.load(std::memory_order_acquire); }
  std::vector<FrameSource::Notice> takeNotices();

  struct Sums {
    uint64_t frames = 0, wireOctets = 0, kernelDrops = 0, filtered = 0, readErrors = 0, interfaceLosses = 0, reattached = 0;
    uint64_t position = 0, size = 0;
  };
  Sums sourceSums() const;
  DecoderCounters& decoder() { return decoder_.counters(); }
  FlowCacheCounters& cache() { return cache_.counters(); }
  // Null without DPI.
  DpiCounters* dpi() { return inspector_ ? &inspector_->counters() : nullptr; }
  RecordRing& ring() { return ring_; }
  uint64_t misplaced() const { return misplaced_.get(); }
  bool live() const { return live_; }
  const std::string& name() const { return options_.name; }
  // Not while it waits for a pipe or for room in its ring, which may take any time.
  bool stalled(uint64_t nowNs, uint64_t longestNs) const { return heartbeat_.stalled(nowNs, longestNs); }

 private:
  void run();
  void readOnce(FrameSource& source);
  uint64_t turnClock(size_t frames);
  void expire();
  void readLast(FrameSource& source);
  size_t sampleBurst(size_t frames);
  size_t decodeBurst(size_t frames);
  bool handOver(const Packet& packet);
  void drainInboxes();
  void collectNotices(FrameSource& source);

  static constexpr size_t kBurst = 64;

  const WorkerOptions options_;
  std::vector<std::unique_ptr<FrameSource>> sources_;
  std::function<void()> wake_;
  const bool live_;
  Heartbeat heartbeat_;
  RecordRing ring_;
  Decoder decoder_;
  std::unique_ptr<FlowInspector> inspector_;
  FlowCache cache_;
  PacketSampler sampler_;
  PacketClock packetClock_;
  uint64_t nowNs_ = 0;  // probe time of this turn, when live
  std::vector<Frame> frames_;
  std::vector<Packet> packets_;
  std::vector<Worker*> team_;
  std::shared_ptr<std::latch> allDone_;  // nobody of the team hands packets over any more
  std::vector<std::unique_ptr<ByteRing>> inboxes_;  // by sender's index in the team
  Counter misplaced_;  // packets metered here because the flow's worker had no room
  uint64_t nextRefreshNs_ = 0;
  uint64_t seenNs_ = 0;  // time of the last frame read, with packet sampling
  bool expiring_ = false;  // more flows are due than the last look took
  std::atomic<size_t> current_{0};  // source being read
  std::atomic<uint64_t> position_{0};
  std::atomic<uint64_t> timeoutActiveNs_{0}, timeoutIdleNs_{0};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> finished_{false};
  std::promise<void> opened_;
  std::mutex noticesMutex_;
  std::vector<FrameSource::Notice> notices_;
  std::thread thread_;
};

}  // namespace weir
