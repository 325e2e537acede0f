#include "attribution/attribution.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>

#include "attribution/attribution_impl.h"
#include "attribution/namespace_view.h"
#include "base/error.h"

namespace weir {

namespace {

constexpr uint64_t kSecondNs = 1'000'000'000;
constexpr uint64_t kHandOverNs = 5 * kSecondNs;    // records wait in rings and batches behind their timeout
constexpr uint64_t kLookAtHostNs = 5 * kSecondNs;  // addresses, namespaces and veth peers of this host
constexpr uint64_t kKeepAddressesNs = 60 * kSecondNs;  // a walk over all sockets
constexpr uint64_t kReadNs = 200'000'000;
constexpr size_t kApplyAtOnce = 512;               // events of a pass while the tables are locked
constexpr uint64_t kPassShare = 20;                // passes take a twentieth of the time at most

// Events of a pass, kept until they are applied in small parts; no more than the table holds.
class Collected final : public EventHandler {
 public:
  explicit Collected(size_t most) : most_(most) {}
  bool isCut() const { return isCut_; }
  void onEvent(const weir_event& event, EventOrigin origin) override {
    isCut_ = isCut_ || events_.size() >= most_;
    if (isCut_) return;
    weir_snapshot_event& kept = events_.emplace_back();
    std::memcpy(&kept, &event, std::min<size_t>(event.size, sizeof kept));
    origin_ = origin;
  }
  template <class Lock>
  void apply(EventHandler& handler, Lock&& lock) const {
    for (size_t i = 0; i < events_.size();) {
      const auto guard = lock();
      const size_t end = std::min(events_.size(), i + kApplyAtOnce);
      for (; i < end; i++) handler.onEvent(events_[i].event, origin_);
    }
  }

 private:
  const size_t most_;
  bool isCut_ = false;
  std::deque<weir_snapshot_event> events_;
  EventOrigin origin_ = EventOrigin::snapshot;
};

// A flow of packets that saw no end of it (UDP, or a lost FIN) is told of when it is idle. Sockets alone wait until /proc of
// young processes is read.
uint64_t waitFor(const AttributionOptions& options, uint64_t idleNs) {
  return options.packets ? std::max(idleNs, options.lingerNs) + 2 * kSecondNs : kReadNs;
}

SocketFlowOptions flowOptions(const AttributionOptions& options) {
  SocketFlowOptions flows;
  flows.activeTimeoutNs = options.activeTimeoutNs;
  flows.idleTimeoutNs = options.idleTimeoutNs;
  flows.waitNs = waitFor(options, options.idleTimeoutNs);
  flows.capacity = options.sockets;
  return flows;
}

uint64_t keepFor(uint64_t idleNs, uint64_t lingerNs) { return std::max(idleNs, lingerNs) + kHandOverNs; }

// Of TCP that was seen to close; beside packets the records of its sockets come no sooner than others.
uint64_t keepClosedFor(const AttributionOptions& options, uint64_t idleNs) {
  return options.flows && options.packets ? keepFor(idleNs, options.lingerNs) : options.lingerNs + kHandOverNs;
}

SocketTableOptions socketOptions(const AttributionOptions& options) {
  const uint64_t idleNs = options.idleTimeoutNs;
  return {options.sockets, keepFor(idleNs, options.lingerNs), keepClosedFor(options, idleNs)};
}

}  // namespace

Attribution::Impl::Impl(const AttributionOptions& given, std::function<void()> wakeUp)
    : options(given),
      wake(std::move(wakeUp)),
      sockets(socketOptions(given)),
      processes({given.processes, keepFor(given.idleTimeoutNs, given.lingerNs) + 60 * kSecondNs}),
      join(sockets, addresses,
           [this](const NatTuple& tuple, uint64_t atNs) {
             return conntrack ? conntrack->find(tuple, atNs) : std::optional<NatView>();
           },
           [this](const ProcessKey& key) {
             const ProcessEntry* entry = std::as_const(processes).find(key);
             const bool ended = entry != nullptr && entry->exitedNs != 0;
             const bool known = entry != nullptr && entry->carried.start_ns != 0;
             const uint64_t bornNs = known ? entry->carried.start_ns : key.startTicks * kNsPerTick;
             return FlowSpan{clock.toMonotonic(bornNs), ended ? entry->exitedNs : UINT64_MAX};
           }),
      writer({given.commandLines, given.redact, given.ancestors, given.nodeName}, processes, containers),
      flows(given.flows ? std::make_unique<SocketFlows>(flowOptions(given)) : nullptr),
      completer(given.procRoot, 1 + given.ancestors) {
  observeClocks();
}

void Attribution::Impl::start() {
  if (!startBpf()) {
    diag = std::make_unique<SocketDiag>(options.procRoot, options.sockets);
    status.tier = AttributionTier::diag;
  }
  if (options.conntrack) followTranslations();
  else status.conntrack = "off";
  status.cgroup = completer.cgroupMount();
  completer.scanCgroups();
  lookAtHost();
  pass();  // sockets that are older than the probe
  if (diag) pass();  // and who still has them: once seen is not yet certain
  eventsThread = std::thread([this] { runEvents(); });
  processesThread = std::thread([this] { runProcesses(); });
}

bool Attribution::Impl::startBpf() {
  if (options.tier != AttributionTier::bpf) {
    status.reason = "as asked for";
    return false;
  }
  try {
    bpf = std::make_unique<BpfPrograms>(options.bpf);
  } catch (const Error& error) {
    if (options.required) throw;
    status.reason = error.what();
    return false;
  }
  status.tier = AttributionTier::bpf;
  status.programs = bpf->status();
  for (const BpfProgramStatus& program : status.programs) {
    if (!program.wanted || program.attached) continue;
    status.reason += (status.reason.empty() ? "" : "; ") + program.name + ": " + program.reason;
  }
  return true;
}

void Attribution::Impl::followTranslations() {
  try {
    conntrack = std::make_unique<Conntrack>(std::string(), 65536, keepFor(options.idleTimeoutNs, options.lingerNs));
    status.conntrack = conntrack->trouble();
  } catch (const Error& error) {
    status.conntrack = error.what();
  }
}

void Attribution::Impl::observeClocks() {
  probeClock.observe();
  clock.observe(monotonicNs(), probeClock.sleptNs());
}

// Events up to now are in the tables.
void Attribution::Impl::drain() {
  const std::lock_guard source(sourceMutex);
  if (!bpf) return;
  const uint64_t nowNs = monotonicNs();
  const std::lock_guard lock(mutex);
  observeClocks();
  bpf->poll(*this);
  drainedNs.store(nowNs);
}

void Attribution::Impl::pass() {
  const std::lock_guard one(passMutex);
  passWanted.store(false);
  const uint64_t sinceNs = monotonicNs();
  passedNs.store(sinceNs);
  Collected collected(options.sockets);
  DiagResult result;
  {
    const std::lock_guard source(sourceMutex);
    const bool some = bpf ? bpf->snapshot(collected) != 0 : diag != nullptr;
    if (!some) return;
    if (diag) result = diag->dump(collected);
  }
  if (bpf) drain();  // what happened before is told before
  {
    const std::lock_guard lock(mutex);
    observeClocks();
    sockets.beginPass(sinceNs);
  }
  collected.apply(*this, [this] { return std::unique_lock(mutex); });
  const std::lock_guard lock(mutex);
  if (!collected.isCut()) sockets.endPass(diag != nullptr && result.complete);
  counters.snapshots++;
  if (!result.trouble.empty() && result.trouble != diagTrouble) {
    notices.push_back({FrameSource::Notice::warning, "", "sock_diag: " + result.trouble});
  }
  diagTrouble = result.trouble;
  passTookNs.store(monotonicNs() - sinceNs);
}

// Tier T0 looks regularly, BPF when something asks for it, once a second at most; both less often where it takes long.
bool Attribution::Impl::passDue(uint64_t nowNs) {
  const uint64_t pauseNs = nowNs - passedNs.load();
  if (pauseNs < passTookNs.load() * kPassShare) return false;
  if (diag && pauseNs >= uint64_t{options.diagMs} * 1'000'000) return true;
  return passWanted.load() && pauseNs >= kSecondNs;
}

void Attribution::Impl::runEvents() {
  ::pthread_setname_np(::pthread_self(), "weir attrib");
  for (;;) {
    {
      std::unique_lock sleep(sleepMutex);
      eventsTurn.wait_for(sleep, std::chrono::milliseconds(options.drainMs), [this] { return closing; });
      if (closing) break;
    }
    eventsTurned.beat(monotonicNs());
    drain();
    const uint64_t nowNs = monotonicNs();
    if (passDue(nowNs)) pass();
    turn(nowNs);
  }
  eventsTurned.rest();
}

// What time alone brings.
void Attribution::Impl::turn(uint64_t nowNs) {
  bool flowsWait = false, eventsWait = false;
  {
    const std::lock_guard lock(mutex);
    if (flows && !stopped && flows->tick(clock.toProbe(nowNs))) passWanted.store(true);
    flowsWait = flows && flows->made() > flowsTaken;
    eventsWait = events.front() != nullptr || !notices.empty();
    if (nowNs - forgottenNs >= kSecondNs) {
      forgottenNs = nowNs;
      sockets.forget(nowNs);
      processes.forget(nowNs);
    }
  }
  if (flowsWait) tellFlows();
  if (eventsWait) wake();
}

void Attribution::Impl::tellFlows() {
  std::function<void()> call;
  {
    const std::lock_guard lock(mutex);
    call = flowsWake;
  }
  if (call) call();
}

void Attribution::Impl::runProcesses() {
  ::pthread_setname_np(::pthread_self(), "weir proc");
  uint64_t lookedNs = monotonicNs();
  for (;;) {
    {
      std::unique_lock sleep(sleepMutex);
      if (closing) break;
    }
    ProcessKey key;
    weir_process carried{};
    {
      const std::lock_guard lock(mutex);
      if (!readQueue.empty()) {
        key = readQueue.front();
        readQueue.pop_front();
        if (const ProcessEntry* entry = std::as_const(processes).find(key)) carried = entry->carried;
      }
    }
    const uint64_t nowNs = monotonicNs();
    processesTurned.beat(nowNs);
    if (nowNs - lookedNs >= kLookAtHostNs || placesChanged.exchange(false)) {
      lookedNs = nowNs;
      completer.forget(nowNs);
      lookAtHost();
    }
    if (key.tgid == 0) {
      std::unique_lock sleep(sleepMutex);
      processesTurn.wait_for(sleep, std::chrono::milliseconds(20), [this] { return closing; });
      continue;
    }
    CompletedProcess process = completer.complete(key, carried);
    const std::lock_guard lock(mutex);
    completed(process);
  }
  processesTurned.rest();
}

// Of namespaces that are gone none stays. Where not all can be entered (CAP_SYS_ADMIN), those with open sockets are there.
void Attribution::Impl::keepAddresses(std::vector<uint64_t> netnsCookies, bool complete) {
  const uint64_t nowNs = monotonicNs();
  if (!complete) {
    if (nowNs - addressesKeptNs < kKeepAddressesNs) return;
    const auto open = sockets.namespaces();
    netnsCookies.insert(netnsCookies.end(), open.begin(), open.end());
  }
  addressesKeptNs = nowNs;
  addresses.keepOnly(netnsCookies);
}

// Addresses of all namespaces, and who is behind the interfaces that are watched.
void Attribution::Impl::lookAtHost() {
  const NamespaceViews views = viewNamespaces(options.procRoot);
  std::vector<InterfaceKey> asked;
  {
    const std::lock_guard lock(mutex);
    std::vector<uint64_t> cookies;
    for (const NamespaceView& view : views.list) cookies.push_back(view.cookie);
    keepAddresses(std::move(cookies), views.complete);
    for (const NamespaceView& view : views.list) {
      for (const Address& address : view.addresses) addresses.learn(view.cookie, address);
    }
    for (const InterfaceKey& key : interfaces) {
      if (key.second != 0) asked.push_back(key);
    }
  }
  InterfaceOwners found = findInterfaceOwners(asked, options.procRoot);
  std::vector<CompletedProcess> read;
  for (auto& [key, owner] : found) {
    for (const NamespaceView& view : views.list) {
      if (view.inode == owner.netns) owner.netnsCookie = view.cookie;
    }
    read.push_back(completer.complete(owner.process, {}));
  }
  const std::lock_guard lock(mutex);
  owners = std::move(found);
  for (CompletedProcess& process : read) {
    if (process.facts && processes.find(process.key) == nullptr) processes.add(*process.facts);
    completed(process);
  }
}

void Attribution::Impl::stop() {
  drain();
  if (flows) pass();  // what open connections counted until now
  {
    const std::lock_guard lock(mutex);
    if (flows && !stopped) flows->flush();
    stopped = true;
  }
  tellFlows();
}

void Attribution::Impl::close() {
  {
    const std::lock_guard sleep(sleepMutex);
    closing = true;
  }
  eventsTurn.notify_all();
  processesTurn.notify_all();
  if (eventsThread.joinable()) eventsThread.join();
  if (processesThread.joinable()) processesThread.join();
  const std::lock_guard source(sourceMutex);
  const std::lock_guard lock(mutex);
  if (bpf) counters.kernel = bpf->counters();
  if (conntrack) counters.conntrack = conntrack->counters();
  bpf.reset();
  diag.reset();
  conntrack.reset();
}

Attribution::Attribution(const AttributionOptions& options, std::function<void()> wake)
    : impl_(std::make_unique<Impl>(options, std::move(wake))) {}

Attribution::~Attribution() = default;

void Attribution::start() { impl_->start(); }
void Attribution::stop() { impl_->stop(); }
void Attribution::close() { impl_->close(); }

AttributionStatus Attribution::status() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->status;
}

AttributionCounters Attribution::counters() const {
  Impl& all = *impl_;
  const std::lock_guard source(all.sourceMutex);
  const std::lock_guard lock(all.mutex);
  AttributionCounters sums = all.counters;
  if (all.bpf) sums.kernel = all.bpf->counters();
  if (all.conntrack) sums.conntrack = all.conntrack->counters();
  sums.sockets = all.sockets.size();
  sums.socketsEnded = all.sockets.ended();
  sums.socketsEvicted = all.sockets.evicted();
  sums.socketsForgottenEarly = all.sockets.forgottenEarly();
  sums.processes = all.processes.size();
  sums.processesEvicted = all.processes.evicted();
  sums.containers = all.containers.size();
  sums.flowsMade = all.flows ? all.flows->made() : 0;
  sums.flowsDropped = all.flows ? all.flows->dropped() : 0;
  sums.eventsMade = all.events.made();
  sums.eventsDropped = all.events.dropped();
  sums.profilesShortened = all.writer.shortened();
  sums.profilesDropped = all.writer.dropped();
  return sums;
}

// Without the mutex: one who stalls may hold it.
std::vector<std::string> Attribution::stalled(uint64_t longestNs) const {
  std::vector<std::string> names;
  const uint64_t nowNs = monotonicNs();
  if (impl_->eventsTurned.stalled(nowNs, longestNs)) names.emplace_back("weir attrib");
  if (impl_->processesTurned.stalled(nowNs, longestNs)) names.emplace_back("weir proc");
  if (impl_->conntrack && impl_->conntrack->stalled(nowNs, longestNs)) names.emplace_back("weir conntrack");
  return names;
}

void Attribution::onFlows(std::function<void()> wake) {
  const std::lock_guard lock(impl_->mutex);
  impl_->flowsWake = std::move(wake);
}

std::vector<FrameSource::Notice> Attribution::takeNotices() {
  const std::lock_guard lock(impl_->mutex);
  return std::exchange(impl_->notices, {});
}

std::vector<WantedContainer> Attribution::wantedContainers() {
  const std::lock_guard lock(impl_->mutex);
  return impl_->containers.wanted(monotonicNs());
}

void Attribution::setContainers(const std::vector<ContainerFacts>& facts) {
  const std::lock_guard lock(impl_->mutex);
  impl_->containers.set(facts);
}

void Attribution::setTimeouts(uint64_t activeNs, uint64_t idleNs) {
  const std::lock_guard lock(impl_->mutex);
  impl_->sockets.setKeep(keepFor(idleNs, impl_->options.lingerNs), keepClosedFor(impl_->options, idleNs));
  if (impl_->flows) impl_->flows->setTimeouts(activeNs, idleNs, waitFor(impl_->options, idleNs));
}

bool Attribution::finished() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->stopped && (!impl_->flows || impl_->flows->made() <= impl_->flowsTaken);
}

AttributionStatus probeAttribution(const AttributionOptions& options) {
  AttributionStatus status;
  status.tier = AttributionTier::diag;
  try {
    const BpfPrograms programs(options.bpf);
    status.tier = AttributionTier::bpf;
    status.programs = programs.status();
  } catch (const Error& error) {
    status.reason = error.what();
  }
  try {
    status.conntrack = Conntrack().trouble();
  } catch (const Error& error) {
    status.conntrack = error.what();
  }
  status.cgroup = Cgroups().mount();
  return status;
}

}  // namespace weir
