// Who is at the ends of the flows: owns the tier (BPF or diag) and its threads, the socket, process and container tables,
// and joins flow records with them when they are handed over. Made, asked and closed on Node's thread; one mutex guards
// the tables, which the workers never see.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "attribution/bpf_programs.h"
#include "attribution/conntrack.h"
#include "capture/frame.h"
#include "fields/batch_buffer.h"
#include "fields/observation_points.h"

namespace weir {

enum class AttributionTier : uint8_t { off = 0, diag = 1, bpf = 2 };

struct AttributionOptions {
  AttributionTier tier = AttributionTier::bpf;  // the best one to try; diag: do not try BPF
  bool required = false;       // the tier asked for, or an Error
  bool flows = false;          // -i ebpf:: records from socket events (takeFlows)
  bool packets = true;         // packets are metered too: a socket flow they told of is not told again
  uint32_t events = 0;         // 1 << EventType: what takeEvents() gives
  uint64_t activeTimeoutNs = 60'000'000'000;
  uint64_t idleTimeoutNs = 15'000'000'000;
  uint64_t lingerNs = 2'000'000'000;
  uint32_t drainMs = 20;       // the ring buffer is read so often
  uint32_t diagMs = 2000;      // pause between two passes of tier T0
  uint32_t sockets = 1u << 19; // bound of the socket table; ended ones go first
  uint32_t processes = 1u << 16;
  bool commandLines = true;
  bool redact = true;          // secrets in command lines become ***
  unsigned ancestors = 0;      // how many beyond the parent
  bool conntrack = true;
  std::string nodeName;        // of Kubernetes, as exported
  std::string procRoot = "/proc";
  BpfOptions bpf;
};

struct AttributionStatus {
  AttributionTier tier = AttributionTier::off;
  std::string reason;          // why it is not the better one; empty for bpf in full
  std::vector<BpfProgramStatus> programs;
  std::string conntrack;       // empty = followed, else why not
  std::string cgroup;          // mount of the v2 hierarchy, empty = none
};

struct AttributionCounters {
  BpfCounters kernel;
  uint64_t sockets = 0, socketsEnded = 0;  // gauges: in the table, of them ended
  uint64_t socketsEvicted = 0;    // open ones given up for lack of room
  uint64_t socketsForgottenEarly = 0;  // ended ones given up for lack of room before their records came
  uint64_t processes = 0;         // gauge
  uint64_t processesEvicted = 0;
  uint64_t processesRead = 0;     // completed from /proc
  uint64_t processesMissed = 0;   // gone before /proc was read
  uint64_t readsDropped = 0;      // queue of processes to be read was full
  uint64_t snapshots = 0;         // passes over all sockets: at start, on demand, tier T0
  uint64_t containers = 0;        // gauge: with facts
  uint64_t endsMatched[7] = {};   // ends of records by MatchMethod
  uint64_t endsTentative = 0;
  uint64_t flowsMade = 0;         // records from sockets
  uint64_t flowsDropped = 0;      // nobody took them in time
  uint64_t eventsMade = 0;
  uint64_t eventsDropped = 0;
  uint64_t profilesShortened = 0;  // heap nearly full: without command line and labels
  uint64_t profilesDropped = 0;    // heap full: the end stays unknown
  ConntrackCounters conntrack;
};

// A container that processes were seen in and nothing was told about yet.
struct WantedContainer {
  std::string id;
  std::string runtime;   // as far as the cgroup path tells
  uint32_t processId = 0;  // one of its processes
};

struct ContainerFacts {
  std::string id, name, image, runtime, labels;  // labels: JSON object
  std::string podName, podNamespace, podUid, podLabels, workload, nodeName;
};

class Attribution {
 public:
  // wake: any thread; flows, events, notices or wanted containers are there to be fetched.
  Attribution(const AttributionOptions& options, std::function<void()> wake);
  ~Attribution();

  // Starts the best tier there is; throws Error only when options.required and that tier cannot be had.
  void start();
  AttributionStatus status() const;
  AttributionCounters counters() const;
  // Names of the threads that have not turned their loops for longer than this. On the thread of start() and close().
  std::vector<std::string> stalled(uint64_t longestNs) const;

  // Fills the endpoint and kernel blocks of records [first, batch.count) as far as the stride has them, and turns TCP
  // flows around whose initiator only the sockets know. Consumes the events up to now before (at most once in drainMs).
  // Times of these records and those of takeFlows() are probe time (base/probe_clock.h), of takeEvents() since the Unix epoch.
  void attribute(BatchBuffer& batch, uint32_t first, const ObservationPointTable& points);
  // Records of socket flows that are due, behind those attribute() filled; see socket_flows.h.
  void takeFlows(BatchBuffer& batch, uint16_t observationPoint = UINT16_MAX);
  // Event records (FlowEndpoint.event is set), side 0 the process that acts.
  void takeEvents(BatchBuffer& batch);

  // Called beside wake when takeFlows() has something; empty = nobody asks. Not while other calls are under way.
  void onFlows(std::function<void()> wake);
  // Events since the last call.
  std::vector<FrameSource::Notice> takeNotices();

  std::vector<WantedContainer> wantedContainers();
  void setContainers(const std::vector<ContainerFacts>& facts);
  void setTimeouts(uint64_t activeNs, uint64_t idleNs);
  // Socket flows leave with reason forced; finished() once they are all taken.
  void stop();
  bool finished() const;
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What BPF and conntrack allow here, tried and taken back at once.
AttributionStatus probeAttribution(const AttributionOptions& options = {});

}  // namespace weir
