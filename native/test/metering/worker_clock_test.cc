// A live worker while the system clock is set, slewed, and while the machine sleeps: flows keep their lives and durations.
#include <doctest/doctest.h>

#include <functional>
#include <map>

#include "../base/manual_clocks.h"
#include "../capture/capture_bytes.h"
#include "metering/list_source.h"
#include "metering/meter.h"
#include "metering/packet_builder.h"
#include "metering/wall_time.h"

using namespace weir;
using namespace weir::test;

namespace {

constexpr uint64_t kHour = 3600 * kSecond;
constexpr uint64_t kTurnNs = 20 * kMs;  // how long a worker waits in a ring

// A live interface and the clocks around it, turn by turn: the script runs in read(), on the worker's thread.
class ScriptedLink final : public FrameSource {
 public:
  using Turn = std::function<void(ScriptedLink&)>;
  ScriptedLink(ManualClocks& around, std::vector<Turn> script) : clocks(around), script_(std::move(script)) {}
  void open() override {}
  size_t read(std::span<Frame> out, int) override {
    frames_.clear();
    sent_.clear();
    clocks.pass(kTurnNs);
    script_[at_++](*this);
    for (size_t i = 0; i < sent_.size(); i++) {
      Frame& frame = out[i] = {};
      frame.data = frames_[i].data();
      frame.captured = frame.wire = static_cast<uint32_t>(frames_[i].size());
      frame.ns = sent_[i];
      frame.linkType = LinkType::ethernet;
    }
    counters_.frames.add(sent_.size());
    return sent_.size();
  }
  bool ended() const override { return at_ == script_.size(); }
  bool live() const override { return true; }

  // A packet of the flow to this port, stamped as the kernel would now.
  void send(uint16_t port) {
    frames_.push_back(udpFrame(port));
    sent_.push_back(clocks.real());
  }

  ManualClocks& clocks;

 private:
  std::vector<Turn> script_;
  size_t at_ = 0;
  std::vector<Octets> frames_;
  std::vector<uint64_t> sent_;
};

using Script = std::vector<ScriptedLink::Turn>;

// So many seconds with a packet of each of these flows every 100 ms.
void talk(Script& script, unsigned seconds, std::vector<uint16_t> ports) {
  for (unsigned i = 0; i < seconds * 50; i++) {
    script.push_back([ports, sends = i % 5 == 0](ScriptedLink& link) {
      if (!sends) return;
      for (const uint16_t port : ports) link.send(port);
    });
  }
}

void set(Script& script, int64_t byNs) {
  script.push_back([byNs](ScriptedLink& link) { link.clocks.set(byNs); });
}

struct Told {
  std::vector<FlowRecord> records;
  uint64_t packets = 0;
  uint64_t durationNs() const { return records.back().hot.endNs - records.front().hot.startNs; }
};

struct Run {
  ManualClocks clocks;
  FlowCacheCounters* counters = nullptr;
  uint64_t created = 0, evicted = 0;

  // Records by server port, as they are handed to exporters after the last turn.
  std::map<uint16_t, Told> run(Script script, uint32_t capacity = 4096) {
    WorkerOptions options;
    options.cache.capacity = capacity;
    options.cache.needs = options.ring.needs = needsStats;
    options.clock = std::make_shared<ProbeClock>(clocks);
    std::vector<std::unique_ptr<FrameSource>> sources;
    sources.push_back(std::make_unique<ScriptedLink>(clocks, std::move(script)));
    Worker worker(options, std::move(sources), [] {});
    counters = &worker.cache();
    worker.start();
    waitFor(worker);
    CHECK(worker.ring().dropped() == 0);
    created = worker.cache().flowsCreated.get();
    evicted = worker.cache().records[static_cast<size_t>(EndReason::lackOfResources)].get();
    options.clock->observe();
    return taken(worker, *options.clock);
  }

 private:
  static std::map<uint16_t, Told> taken(Worker& worker, ProbeClock& clock) {
    constexpr size_t kStride = recordStride(needsStats);
    constexpr uint32_t kMost = 16384;
    std::vector<uint8_t> records(kStride * kMost), heap(64);
    BatchBuffer batch{records.data(), kStride, kMost, heap.data(), heap.size()};
    worker.ring().take(batch);
    toWallTime(batch, 0, clock.wallOffsetNs());
    std::map<uint16_t, Told> told;
    for (uint32_t i = 0; i < batch.count; i++) {
      FlowRecord record{};
      std::memcpy(static_cast<void*>(&record), records.data() + i * kStride, kStride);
      Told& flow = told[record.hot.key.port[1]];
      flow.packets += record.hot.packets[0] + record.hot.packets[1];
      flow.records.push_back(record);
    }
    return told;
  }
};

// Reading the clocks takes some time too.
bool about(uint64_t ns, uint64_t expected) { return ns <= expected + 2 * kMs && ns + 2 * kMs >= expected; }

}  // namespace

TEST_CASE("live: flows around a step of the system clock come out once, with their durations") {
  for (const int64_t hours : {1, -1, 24, -24}) {
    CAPTURE(hours);
    const int64_t step = hours * static_cast<int64_t>(kHour);
    Script script;
    talk(script, 2, {1});           // over before
    talk(script, 5, {2});           // goes on
    set(script, step);
    talk(script, 5, {2, 3});        // 3 begins behind
    Run run;
    const uint64_t real = run.clocks.real();
    uint64_t flowsAtStep = 0, flowsBehind = 0;
    script.push_back([&](ScriptedLink&) { flowsBehind = run.counters->flows.get(); });
    script.insert(script.begin() + 351, [&](ScriptedLink&) { flowsAtStep = run.counters->flows.get(); });
    const auto told = run.run(script);
    CHECK(flowsAtStep == 2);
    CHECK(flowsBehind == 3);  // no leap of time that ends flows
    CHECK(run.created == 3);
    for (const auto& [port, flow] : told) CHECK(flow.records.size() == 1);
    CHECK(told.at(1).packets == 20);
    CHECK(told.at(2).packets == 100);
    CHECK(told.at(3).packets == 50);
    CHECK(about(told.at(1).durationNs(), 1900 * kMs));
    CHECK(about(told.at(2).durationNs(), 9900 * kMs + 2 * kTurnNs));
    CHECK(about(told.at(3).durationNs(), 4900 * kMs));
    // All of it by the clock as it is now.
    const FlowRecord& record = told.at(3).records.front();
    CHECK(about(record.hot.startNs, real + static_cast<uint64_t>(step) + 7 * kSecond + 3 * kTurnNs));
    CHECK(record.hot.startNs == record.link.firstSeenNs);
    CHECK(record.stats.firstNs[0] == record.hot.startNs);
    CHECK(record.stats.lastNs[0] == record.hot.endNs);
    CHECK(record.stats.lastNs[1] == 0);
  }
}

TEST_CASE("live: idle and active timeouts pass at the pace of time, steps or not") {
  for (const int64_t hours : {0, 1, -1, 24, -24}) {
    CAPTURE(hours);
    Run run;
    Script script;
    talk(script, 5, {1, 2});
    set(script, hours * static_cast<int64_t>(kHour));
    uint64_t idleAt = 0, activeAt = 0;
    unsigned turns = 0;
    for (unsigned i = 0; i < 70 * 50; i++) {
      script.push_back([&, sends = i % 5 == 0](ScriptedLink& link) {
        turns++;
        if (sends) link.send(2);
        const auto records = [&](EndReason reason) { return run.counters->records[static_cast<size_t>(reason)].get(); };
        if (idleAt == 0 && records(EndReason::idle) != 0) idleAt = turns * kTurnNs;
        if (activeAt == 0 && records(EndReason::active) != 0) activeAt = turns * kTurnNs;
      });
    }
    const auto told = run.run(script);
    CHECK(idleAt >= 15 * kSecond);
    CHECK(idleAt <= 15 * kSecond + 700 * kMs);
    CHECK(activeAt >= 55 * kSecond - 200 * kMs);
    CHECK(activeAt <= 55 * kSecond + 700 * kMs);
    CHECK(told.at(1).packets == 50);
    CHECK(told.at(2).packets == 750);
    CHECK(about(told.at(2).durationNs(), 74'900 * kMs + kTurnNs));
  }
}

TEST_CASE("live: flows that come and go while the clock is set again and again fill no cache") {
  Run run;
  Script script;
  uint16_t port = 1;
  for (unsigned i = 0; i < 60 * 50; i++) {
    script.push_back([&, i](ScriptedLink& link) {
      if (i % 150 == 149) link.clocks.set((i % 300 == 149 ? -1 : 1) * static_cast<int64_t>(24 * kHour));
      for (int n = 0; n < 2; n++) link.send(port++);
    });
  }
  const auto told = run.run(script, 2000);  // of 100 a second for 15 s
  CHECK(run.evicted == 0);
  CHECK(told.size() == 6000);
  for (const auto& [key, flow] : told) {
    REQUIRE(flow.records.size() == 1);
    REQUIRE(flow.durationNs() == 0);
  }
}

TEST_CASE("live: a clock that is nudged all the time") {
  Run run;
  Script script;
  for (unsigned i = 0; i < 30 * 50; i++) {
    script.push_back([&, i](ScriptedLink& link) {
      link.clocks.set(i % 3 == 0 ? -500'000 : 300'000);
      if (i % 5 == 0) link.send(1);
    });
  }
  const auto told = run.run(script);
  REQUIRE(told.at(1).records.size() == 1);
  CHECK(told.at(1).packets == 300);
  CHECK(told.at(1).durationNs() <= 29'900 * kMs + 20 * kMs);
  CHECK(told.at(1).durationNs() >= 29'900 * kMs - 20 * kMs);
}

TEST_CASE("live: what was open when the machine fell asleep is idle when it wakes, at the times it had") {
  Run run;
  Script script;
  talk(script, 5, {1});
  uint64_t lastReal = 0;
  script.push_back([&](ScriptedLink& link) {
    link.send(1);
    lastReal = link.clocks.real();
  });
  script.push_back([](ScriptedLink& link) { link.clocks.sleep(kHour); });
  talk(script, 5, {1});
  const auto told = run.run(script);
  REQUIRE(told.at(1).records.size() == 2);
  const FlowRecord& before = told.at(1).records.front();
  CHECK(before.hot.endReason == EndReason::idle);
  CHECK(about(before.hot.endNs, lastReal));
  CHECK(about(before.hot.endNs - before.hot.startNs, 5 * kSecond));
  CHECK(about(told.at(1).records.back().hot.startNs, lastReal + kHour + 2 * kTurnNs));
  CHECK(told.at(1).packets == 101);
}
