// The Metering Process: Observation Points -> workers -> record rings. Made, started and drained by one thread (Node's).
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "attribution/attribution.h"
#include "capture/af_packet.h"
#include "capture/interfaces.h"
#include "fields/observation_points.h"
#include "metering/worker.h"

namespace weir {

struct SourceSpec {
  enum Kind : uint8_t { interface, file, sockets } kind = interface;  // sockets: flows that the Attribution makes
  std::string name;   // path, `-`, interface, `any`, glob or comma list
  std::string netns;  // path, empty = own
};

struct MeterOptions {
  std::vector<SourceSpec> sources;  // all of them files, or none
  unsigned workers = 1;
  FlowCacheOptions cache;
  DecoderOptions decoder;
  std::string filter;
  uint32_t snapLength = 0;
  bool promiscuous = true;
  CaptureDirection direction = CaptureDirection::both;
  size_t captureRing = 16u << 20;
  size_t recordRing = 8u << 20;
  PacketSamplingOptions sampling;  // seed 0 = drawn at start
  uint32_t flowSampling = 1;       // one of so many flows is handed on
  bool upscale = false;            // counters of records are multiplied by sampling.interval
  std::optional<DpiOptions> dpi;   // its needs come from cache.needs; none = nobody looks inside flows
};

struct DpiSums {
  uint64_t states = 0, statesMissing = 0, packets = 0, classified = 0, givenUp = 0, guessed = 0, factsOctets = 0;
};

struct MeterCounters {
  Worker::Sums source;
  std::array<uint64_t, kOutcomes> outcomes{};
  uint64_t wirePackets = 0, fragmentsUnmatched = 0, fragmentsEvicted = 0, misplaced = 0;
  uint64_t packets = 0, octets = 0, flowsCreated = 0, flows = 0, cacheCapacity = 0;
  std::array<uint64_t, 6> records{};
  uint64_t recordsDropped = 0, recordsNotSelected = 0, recordsNotWanted = 0, ringUsed = 0, ringCapacity = 0;
  DpiSums dpi;
  bool kernelFilter = false;  // what it hid is unknown
};

class Meter {
 public:
  // wake: any thread; records, notices or the end are there to be fetched. attribution: who is at the ends of live flows;
  // null = nobody is asked. Started before this one, closed after it.
  Meter(const MeterOptions& options, std::function<void()> wake, Attribution* attribution = nullptr);
  ~Meter();

  // Opens everything; throws Error and leaves nothing running when one Observation Point cannot be opened.
  void start();
  // Moves waiting records into the batch, fair over the workers, and lets the Attribution fill in who is at their ends.
  // Times are since the Unix epoch: of files as the packets have them, else as the system clock is now.
  void take(BatchBuffer& batch);
  bool finished();
  std::vector<FrameSource::Notice> takeNotices();
  MeterCounters counters();
  // Names of the threads that have not turned their loops for longer than this.
  std::vector<std::string> stalled(uint64_t longestNs);
  void setTimeouts(uint64_t activeNs, uint64_t idleNs);
  // Reads the files of protocols and categories anew; throws Error and changes nothing when one is wrong.
  void reloadDpi();
  // Asks for the end: all flows leave with reason forced.
  void stop();
  // Joins all threads; records still in the rings are lost, so take() first until finished() and 0 records.
  void close();

  const ObservationPointTable& observationPoints() const { return points_; }
  size_t stride() const { return recordStride(options_.cache.needs); }

 private:
  struct Team {
    SourceSpec spec;
    std::string interface;  // empty for files
    std::vector<std::unique_ptr<Worker>> workers;
    std::shared_ptr<FanoutState> fanout;
    uint16_t point = 0;
    bool leaving = false;
  };

  void startFiles();
  void startSockets();
  void startInterfaces(const SourceSpec& spec);
  void startPattern(const SourceSpec& spec);
  void startTeam(const SourceSpec& spec, const InterfaceInfo& interface);
  void runTeam(const SourceSpec& spec, const InterfaceInfo& interface, uint16_t point);
  WorkerOptions workerOptions(const std::string& name, bool live, unsigned index, unsigned team);
  void watch();
  void follow(size_t spec);
  void retire();
  bool workersDone();
  void takeSockets(BatchBuffer& batch);
  void attribute(BatchBuffer& batch, uint32_t first);
  bool live() const;
  void addCounters(const Team& team, MeterCounters& sums);
  void notice(FrameSource::Notice::Level level, const std::string& code, const std::string& text);

  void makeDpi();

  MeterOptions options_;
  std::shared_ptr<DpiEngine> dpi_;  // null = nobody looks inside flows
  std::function<void()> wake_;
  Attribution* attribution_;
  ObservationPointTable points_;
  const std::shared_ptr<ProbeClock> clock_ = std::make_shared<ProbeClock>();
  bool takesSockets_ = false, socketsStopped_ = false;
  uint16_t socketsPoint_ = 0;
  std::mutex mutex_;  // teams_, retired_, notices_
  std::vector<std::unique_ptr<Team>> teams_;
  MeterCounters retired_;  // of teams whose interface is gone
  std::vector<FrameSource::Notice> notices_;
  std::vector<SourceSpec> patterns_;
  std::vector<std::unique_ptr<InterfaceMonitor>> monitors_;
  size_t nextTeam_ = 0;
  uint32_t workersMade_ = 0;
  std::atomic<bool> stopping_{false};
  Heartbeat watching_;
  std::thread watcher_;
};

}  // namespace weir
