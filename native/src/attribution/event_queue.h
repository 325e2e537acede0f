// Events on their way to takeEvents(): bounded, and how one becomes a record. Not thread-safe.
#pragma once

#include <cstdint>
#include <deque>

#include "attribution/socket_table.h"
#include "fields/flow_record.h"

namespace weir {

struct PendingEvent {
  EventType type = EventType::none;
  uint64_t timeNs = 0;  // CLOCK_MONOTONIC
  SocketTuple tuple;    // protocol 0: of a process alone
  uint64_t cookie = 0;
  uint64_t netnsCookie = 0;
  uint32_t netns = 0;
  uint64_t firstSeenNs = 0;
  SocketUser user;      // tgid 0: nobody is known
  uint64_t sent = 0, received = 0;  // payload so far
  KernelTcp kernel{};
};

class EventQueue {
 public:
  explicit EventQueue(size_t capacity = 65536) : capacity_(capacity) {}

  // mask: 1 << EventType, one event each.
  void push(PendingEvent event, uint32_t mask);
  const PendingEvent* front() const { return queue_.empty() ? nullptr : &queue_.front(); }
  PendingEvent* front() { return queue_.empty() ? nullptr : &queue_.front(); }
  void pop() { queue_.pop_front(); }
  uint64_t made() const { return made_; }
  uint64_t dropped() const { return dropped_; }

 private:
  size_t capacity_;
  std::deque<PendingEvent> queue_;
  uint64_t made_ = 0, dropped_ = 0;
};

// Without profiles. realNs: the event's time, CLOCK_REALTIME.
FlowRecord recordOf(const PendingEvent& event, uint64_t realNs, uint64_t firstSeenRealNs);

}  // namespace weir
