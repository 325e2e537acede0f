// What the events change: tables, socket flows, the stream of events.
#include "attribution/attribution_impl.h"
#include "attribution/flow_kernel.h"

namespace weir {

namespace {

constexpr size_t kReadQueue = 16384;

// Events that name the process which acts.
const weir_process* processIn(const weir_event& event) {
  switch (event.kind) {
    case WEIR_CONNECT:
    case WEIR_LISTEN:
    case WEIR_OWNER:
    case WEIR_RELEASE:
    case WEIR_SNAPSHOT: {
      const weir_process& process = reinterpret_cast<const weir_owner_event&>(event).process;
      return process.tgid != 0 ? &process : nullptr;
    }
    default: return nullptr;
  }
}

}  // namespace

void Attribution::Impl::onEvent(const weir_event& event, EventOrigin origin) {
  switch (event.kind) {
    case WEIR_CGROUP: {
      const auto& cgroup = reinterpret_cast<const weir_cgroup_event&>(event);
      if (cgroup.hierarchy == 0) {
        completer.learn(cgroup.cgroup_id, {cgroup.path, ::strnlen(cgroup.path, sizeof cgroup.path)});
      }
      break;
    }
    case WEIR_EXEC:
    case WEIR_EXIT:
    case WEIR_FORK: onProcess(reinterpret_cast<const weir_process_event&>(event)); break;
    default: onSocket(event, origin);
  }
}

void Attribution::Impl::onProcess(const weir_process_event& event) {
  const EventType type = event.event.kind == WEIR_EXEC   ? EventType::exec
                         : event.event.kind == WEIR_EXIT ? EventType::exit
                                                         : EventType::fork;
  const bool asked = asks(type);
  processes.apply(event, asked);
  const ProcessKey key = processKeyOf(event.process);
  ProcessEntry* entry = processes.find(key);
  if (entry != nullptr && type != EventType::exit) request(*entry);
  if (!asked) return;
  PendingEvent pending;
  pending.timeNs = pending.firstSeenNs = event.event.time_ns;
  pending.user = {key, event.process.tid, event.event.time_ns};
  events.push(std::move(pending), 1u << static_cast<unsigned>(type));
}

void Attribution::Impl::onSocket(const weir_event& event, EventOrigin origin) {
  if (const weir_process* process = processIn(event)) request(processes.carry(*process, event.time_ns));
  const SocketTable::Change change = sockets.apply(event, origin);
  if (change.binding == nullptr) return;
  if (change.added) addresses.learn(change.binding->netnsCookie, change.binding->tuple.local);
  if (flows && !stopped) flows->onEvent(event, origin, clock.toProbe(event.time_ns) - event.time_ns);
  const uint32_t mask = change.events & options.events;
  if (mask != 0) tell(event, change, mask);
}

void Attribution::Impl::tell(const weir_event& event, const SocketTable::Change& change, uint32_t mask) {
  const SocketBinding& binding = *change.binding;
  PendingEvent pending;
  pending.timeNs = event.time_ns;
  pending.firstSeenNs = binding.firstNs;
  pending.tuple = binding.tuple;
  pending.cookie = binding.cookie;
  pending.netnsCookie = binding.netnsCookie;
  pending.netns = binding.netns;
  if (const SocketUser* user = binding.userAt(event.time_ns)) pending.user = *user;
  pending.kernel = kernelOf(binding, event.time_ns);
  const bool tcp = binding.tuple.protocol == IPPROTO_TCP;
  pending.sent = tcp ? pending.kernel.octetsAcknowledged : binding.health.bytes_sent;
  pending.received = tcp ? pending.kernel.octetsReceived : binding.health.bytes_received;
  events.push(std::move(pending), mask);
}

// Asks the other thread to complete the process.
void Attribution::Impl::request(ProcessEntry& entry) {
  if (entry.reading != ProcessEntry::unread || entry.exitedNs != 0) return;
  if (readQueue.size() >= kReadQueue) {
    counters.readsDropped++;
    return;
  }
  entry.reading = ProcessEntry::queued;
  readQueue.push_back(entry.key);
  processesTurn.notify_one();
}

void Attribution::Impl::completed(CompletedProcess& process) {
  (process.facts ? counters.processesRead : counters.processesMissed)++;
  const uint64_t nowNs = monotonicNs();
  const CgroupPlace place = process.names.place;
  processes.complete(process.key, process.facts, std::move(process.names), process.readNs);
  ProcessEntry* entry = processes.find(process.key);
  if (entry != nullptr && entry->reading == ProcessEntry::unread) request(*entry);  // exec() while it was read
  for (const ProcessFacts& above : process.above) {
    if (processes.find(above.key) == nullptr) processes.add(above);
  }
  if (containers.want(place.containerId, place.runtime, process.key.tgid, nowNs)) wake();
}

}  // namespace weir
