// Which waits of a worker the watchdog may take for a fault.
#include <doctest/doctest.h>

#include <atomic>
#include <latch>

#include "../capture/capture_bytes.h"
#include "base/clock.h"
#include "metering/list_source.h"
#include "metering/meter.h"
#include "metering/packet_builder.h"

using namespace weir;
using namespace weir::test;

namespace {

constexpr uint64_t kAnHourNs = 3'600'000'000'000;
constexpr uint64_t kLongestNs = 30'000'000'000;

// read() comes back when the test says so.
class StuckSource final : public FrameSource {
 public:
  StuckSource(bool live, std::latch& reading, std::latch& goesOn) : live_(live), reading_(reading), goesOn_(goesOn) {}
  void open() override {}
  size_t read(std::span<Frame>, int) override {
    if (ended_) return 0;
    reading_.count_down();
    goesOn_.wait();
    ended_ = true;
    return 0;
  }
  bool ended() const override { return ended_; }
  bool live() const override { return live_; }

 private:
  const bool live_;
  bool ended_ = false;
  std::latch& reading_;
  std::latch& goesOn_;
};

bool stalledInAnHour(const Worker& worker) { return worker.stalled(monotonicNs() + kAnHourNs, kLongestNs); }

}  // namespace

TEST_CASE("worker: a live read that does not come back is a stall, a file's or a pipe's is not") {
  for (const bool live : {true, false}) {
    std::latch reading(1), goesOn(1);
    std::vector<std::unique_ptr<FrameSource>> sources;
    sources.push_back(std::make_unique<StuckSource>(live, reading, goesOn));
    Worker worker(WorkerOptions{}, std::move(sources), [] {});
    CHECK_FALSE(stalledInAnHour(worker));  // not started
    worker.start();
    reading.wait();
    CHECK(stalledInAnHour(worker) == live);
    CHECK_FALSE(worker.stalled(monotonicNs(), kAnHourNs));
    goesOn.count_down();
    waitFor(worker);
    CHECK_FALSE(stalledInAnHour(worker));
  }
}

TEST_CASE("worker: a file that waits for room in the record ring is no stall, however long") {
  std::vector<ListSource::Entry> entries;
  for (uint16_t i = 0; i < 1000; i++) entries.push_back({kBaseNs + i * kMs, udpFrame(static_cast<uint16_t>(1000 + i))});
  WorkerOptions options;
  options.cache.capacity = 4096;
  options.ring = {4096, 0, true};
  std::atomic<unsigned> wakes{0};
  Worker worker(options, sourceOf(std::move(entries)), [&] {
    ++wakes;
    wakes.notify_one();
  });
  worker.start();
  wakes.wait(0);  // called in the wait for room: the ring is far smaller than the records
  CHECK_FALSE(stalledInAnHour(worker));
  CHECK_FALSE(worker.finished());
  worker.ring().abandon();
  waitFor(worker);
  CHECK(worker.ring().dropped() > 0);
}
