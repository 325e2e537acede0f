// The parts of Attribution: tables under one mutex, the source of events under another (taken first), two threads.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "attribution/attribution.h"
#include "attribution/clock_offset.h"
#include "attribution/container_table.h"
#include "attribution/event_queue.h"
#include "attribution/flow_join.h"
#include "attribution/interface_owners.h"
#include "attribution/local_addresses.h"
#include "attribution/process_completer.h"
#include "attribution/process_table.h"
#include "attribution/profile_writer.h"
#include "attribution/socket_diag.h"
#include "attribution/socket_flows.h"
#include "attribution/socket_table.h"
#include "base/heartbeat.h"
#include "base/probe_clock.h"

namespace weir {

struct Attribution::Impl final : EventHandler {
  Impl(const AttributionOptions& given, std::function<void()> wakeUp);
  ~Impl() override { close(); }

  // attribution.cc: life cycle, threads.
  void start();
  bool startBpf();
  void followTranslations();
  void close();
  void stop();
  void runEvents();     // thread "weir attrib"
  void runProcesses();  // thread "weir proc"
  void drain();
  void pass();          // a look at all sockets
  bool passDue(uint64_t nowNs);
  void turn(uint64_t nowNs);
  void lookAtHost();
  void keepAddresses(std::vector<uint64_t> netnsCookies, bool complete);
  void tellFlows();
  void observeClocks();

  // attribution_events.cc: what events change. With the mutex.
  void onEvent(const weir_event& event, EventOrigin origin) override;
  void onProcess(const weir_process_event& event);
  void onSocket(const weir_event& event, EventOrigin origin);
  void tell(const weir_event& event, const SocketTable::Change& change, uint32_t mask);
  void request(ProcessEntry& entry);
  void completed(CompletedProcess& process);
  bool asks(EventType type) const { return (options.events & 1u << static_cast<unsigned>(type)) != 0; }

  // attribution_records.cc: what records get. With the mutex.
  void attribute(FlowRecord& record, BatchBuffer& batch, const ObservationPointTable& points);
  void direct(FlowRecord& record, BatchBuffer& batch, FlowEnds& ends);
  void fill(FlowRecord& record, BatchBuffer& batch, const FlowEnds& ends, const FlowPlace& place);
  void fillKernel(FlowRecord& record, const FlowEnds& ends);
  bool wantsHealth(const BatchBuffer& batch, uint32_t first, const ObservationPointTable& points);
  void told(const FlowEnds& ends);
  uint32_t profileOfUser(BatchBuffer& batch, const SocketUser& user, const FlowPlace& place);
  uint32_t containerOf(BatchBuffer& batch, const FlowRecord& record, unsigned side);
  const FlowPlace* placeOf(uint16_t point, const ObservationPointTable& points);
  void learnPlace(uint16_t point, const ObservationPointInfo& info);
  FlowSpan spanOf(const FlowRecord& record) const;
  void takeFlow(const SocketFlow& flow, BatchBuffer& batch);
  void nameConnecting(PendingEvent& event) const;
  bool isRipe(const PendingEvent& event, uint64_t nowNs) const;
  void takeEvent(const PendingEvent& event, BatchBuffer& batch);

  const AttributionOptions options;
  const std::function<void()> wake;

  std::mutex sourceMutex;  // before `mutex`
  std::unique_ptr<BpfPrograms> bpf;
  std::unique_ptr<SocketDiag> diag;

  mutable std::mutex mutex;  // everything down to the threads
  AttributionStatus status;
  AttributionCounters counters;
  ProbeClock probeClock;
  ClockOffset clock;
  SocketTable sockets;
  ProcessTable processes;
  ContainerTable containers;
  LocalAddresses addresses;
  uint64_t addressesKeptNs = 0;
  std::unique_ptr<Conntrack> conntrack;
  FlowJoin join;
  ProfileWriter writer;
  std::unique_ptr<SocketFlows> flows;
  uint64_t flowsTaken = 0;
  EventQueue events;
  std::vector<FrameSource::Notice> notices;
  std::function<void()> flowsWake;
  std::deque<ProcessKey> readQueue;
  std::vector<FlowPlace> places;       // by Observation Point
  std::vector<uint32_t> placeSerials;  // which point that was, same order; 0 = none yet
  std::vector<InterfaceKey> interfaces;  // of Observation Points, same order
  InterfaceOwners owners;
  std::string diagTrouble;
  bool stopped = false;

  std::atomic<uint64_t> drainedNs{0};  // CLOCK_MONOTONIC: events up to then are in the tables
  std::atomic<bool> passWanted{false}, placesChanged{false};
  std::mutex passMutex;  // before `sourceMutex`: one pass at a time
  std::atomic<uint64_t> passedNs{0}, passTookNs{0};
  uint64_t forgottenNs = 0;

  ProcessCompleter completer;
  std::mutex sleepMutex;
  std::condition_variable eventsTurn, processesTurn;
  bool closing = false;  // with sleepMutex
  Heartbeat eventsTurned, processesTurned;
  std::thread eventsThread, processesThread;
};

}  // namespace weir
