#include "metering/meter.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>

#include "base/clock.h"
#include "base/error.h"
#include "capture/fanout.h"
#include "capture/pcap_file.h"
#include "capture/user_filter.h"
#include "metering/wall_time.h"

namespace weir {

namespace {

constexpr auto kWatchEvery = std::chrono::milliseconds(200);
constexpr unsigned kWorkerBits = 40;  // flow ids: worker number above, counter below

bool isPattern(const std::string& name) {
  return name == "any" || name.find_first_of("*?[") != std::string::npos;
}

void add(Worker::Sums& to, const Worker::Sums& from) {
  to.frames += from.frames;
  to.wireOctets += from.wireOctets;
  to.kernelDrops += from.kernelDrops;
  to.filtered += from.filtered;
  to.readErrors += from.readErrors;
  to.interfaceLosses += from.interfaceLosses;
  to.reattached += from.reattached;
  to.position += from.position;
  to.size += from.size;
}

void add(DpiSums& to, const DpiCounters& from, bool gauges) {
  to.statesMissing += from.statesMissing.get();
  to.packets += from.packets.get();
  to.classified += from.classified.get();
  to.givenUp += from.givenUp.get();
  to.guessed += from.guessed.get();
  if (!gauges) return;
  to.states += from.states.get();
  to.factsOctets += from.factsOctets.get();
}

}  // namespace

Meter::Meter(const MeterOptions& options, std::function<void()> wake, Attribution* attribution)
    : options_(options), wake_(std::move(wake)), attribution_(attribution) {
  if (options_.workers == 0) options_.workers = 1;
  options_.cache.seed = randomSeed();
  if (options_.sampling.seed == 0) options_.sampling.seed = randomSeed().b;
  options_.sampling.interval = std::max(options_.sampling.interval, 1u);
  options_.cache.packetSampling = options_.sampling.interval;
  options_.cache.upscale = options_.upscale;
  options_.cache.flowSampling = std::max(options_.flowSampling, 1u);
  if (options_.dpi) makeDpi();
}

// Files and filter are checked even when no template asks for what is inside flows.
void Meter::makeDpi() {
  DpiOptions& dpi = *options_.dpi;
  if (!dpi.filter.empty()) options_.cache.needs |= needsLabel;
  dpi.needs = options_.cache.needs & kApplicationNeeds;
  if (dpi.needs == 0 && dpi.protocolsFile.empty() && dpi.categoryFiles.empty()) return;
  dpi_ = std::make_shared<DpiEngine>(dpi);
}

Meter::~Meter() { close(); }

void Meter::start() {
  startFiles();
  for (const SourceSpec& spec : options_.sources) {
    if (spec.kind == SourceSpec::interface) startInterfaces(spec);
  }
  startSockets();
  if (!patterns_.empty()) watcher_ = std::thread([this] { watch(); });
}

WorkerOptions Meter::workerOptions(const std::string& name, bool live, unsigned index, unsigned team) {
  WorkerOptions options;
  options.name = "weir " + name;
  options.decoder = options_.decoder;
  options.cache = options_.cache;
  options.clock = clock_;
  options.cache.needs &= kMeasuredNeeds;
  // Templates may name what is switched off: records carry the block (stride()), empty; the cache keeps none.
  if (!options_.decoder.tunnels) options.cache.needs &= ~uint32_t{needsTunnel};
  if (!dpi_) options.cache.needs &= ~kApplicationNeeds;
  if ((options.cache.needs & kApplicationNeeds) != 0) options.dpi = dpi_;
  options.cache.capacity = std::max<uint32_t>(1024, options_.cache.capacity / team);
  options.sampling = options_.sampling;
  options.sampling.seed += workersMade_;  // workers choose independently
  options.cache.flowIdBase = static_cast<uint64_t>(workersMade_++) << kWorkerBits;
  options.ring.octets = options_.recordRing;
  options.ring.needs = options_.cache.needs;
  options.ring.waitWhenFull = !live;
  options.index = index;
  options.team = team;
  return options;
}

// All files are one stream through one worker and one cache: a capture that was split over files keeps its flows.
void Meter::startFiles() {
  std::vector<std::unique_ptr<FrameSource>> sources;
  uint16_t point = 0;
  for (const SourceSpec& spec : options_.sources) {
    if (spec.kind != SourceSpec::file) continue;
    if (sources.empty()) {
      const size_t slash = spec.name.find_last_of('/');
      point = points_.add({slash == std::string::npos ? spec.name : spec.name.substr(slash + 1), 0, ""});
    }
    sources.push_back(makeFileSource({spec.name, point, options_.filter, options_.snapLength}));
  }
  if (sources.empty()) return;
  auto team = std::make_unique<Team>();
  team->workers.push_back(std::make_unique<Worker>(workerOptions("file", false, 0, 1), std::move(sources), wake_));
  team->workers.front()->start();
  const std::lock_guard lock(mutex_);
  teams_.push_back(std::move(team));
}

void Meter::startSockets() {
  for (const SourceSpec& spec : options_.sources) {
    if (spec.kind != SourceSpec::sockets || takesSockets_) continue;
    if (attribution_ == nullptr) throw Error("WEIR_INTERNAL", "flows of sockets need an Attribution");
    socketsPoint_ = points_.add({"ebpf:", 0, ""});
    takesSockets_ = true;
    attribution_->onFlows(wake_);
  }
}

void Meter::startInterfaces(const SourceSpec& spec) {
  if (isPattern(spec.name)) {
    startPattern(spec);
    return;
  }
  const std::vector<InterfaceInfo> interfaces = listInterfaces(spec.netns);
  const auto found = std::find_if(interfaces.begin(), interfaces.end(),
                                  [&](const InterfaceInfo& interface) { return interface.name == spec.name; });
  if (found == interfaces.end()) {
    std::string names;
    for (const InterfaceInfo& interface : interfaces) names += (names.empty() ? "" : ", ") + interface.name;
    // At boot it may be a moment away, and others are there to be metered.
    notice(FrameSource::Notice::warning, "WEIR_INTERFACE",
           "no interface '" + spec.name + "'" + (spec.netns.empty() ? "" : " in " + spec.netns) +
               " yet: waiting for it; there are " + (names.empty() ? "none" : names));
    startPattern(spec);
    return;
  }
  startTeam(spec, *found);
}

// Also one name that is not there yet. The monitor comes first: what changes after its list is an event.
void Meter::startPattern(const SourceSpec& spec) {
  patterns_.push_back(spec);
  monitors_.push_back(std::make_unique<InterfaceMonitor>(spec.netns));
  for (const auto& [index, interface] : monitors_.back()->interfaces()) {
    if (!interface.up || !matchesInterface(interface.name, spec.name)) continue;
    try {
      startTeam(spec, interface);
    } catch (const Error& error) {
      // One that cannot be read, or is gone again already, does not keep the others from being watched.
        if (error.code() != "WEIR_LINKTYPE" && error.code() != "WEIR_INTERFACE") throw;
      notice(FrameSource::Notice::info, error.code(), interface.name + " is left out: " + error.what());
    }
  }
}

void Meter::startTeam(const SourceSpec& spec, const InterfaceInfo& interface) {
  const uint16_t point = points_.add({interface.name, interface.index, spec.netns});
  if (point == ObservationPointTable::kMax) {
    throw Error("WEIR_INTERFACE", "more than " + std::to_string(ObservationPointTable::kMax) + " Observation Points at once");
  }
  try {
    runTeam(spec, interface, point);
  } catch (...) {
    points_.release(point);
    throw;
  }
}

void Meter::runTeam(const SourceSpec& spec, const InterfaceInfo& interface, uint16_t point) {
  auto team = std::make_unique<Team>();
  team->spec = spec;
  team->interface = interface.name;
  team->point = point;
  team->fanout = std::make_shared<FanoutState>();
  const unsigned size = options_.workers;
  for (unsigned i = 0; i < size; i++) {
    PacketSourceOptions source;
    source.interface = interface.name;
    source.interfaceIndex = interface.index;
    source.netns = spec.netns;
    source.observationPoint = point;
    source.direction = options_.direction;
    source.promiscuous = options_.promiscuous && !isPattern(spec.name);
    source.snapLength = options_.snapLength;
    source.ringBytes = options_.captureRing;
    source.workerIndex = i;
    source.workers = size;
    source.tunnels = options_.decoder.tunnels;
    source.filter = options_.filter;
    source.fanout = team->fanout;
    std::vector<std::unique_ptr<FrameSource>> sources;
    sources.push_back(makePacketSource(source));
    WorkerOptions options = workerOptions(interface.name, true, i, size);
    if (size > 1) options.placementKnown = [state = team->fanout] { return state->programInUse(); };
    team->workers.push_back(std::make_unique<Worker>(options, std::move(sources), wake_));
  }
  if (size > 1) {
    std::vector<Worker*> members;
    for (auto& worker : team->workers) members.push_back(worker.get());
    auto allDone = std::make_shared<std::latch>(size);
    for (auto& worker : team->workers) worker->joinTeam(members, allDone);
  }
  for (size_t i = 0; i < team->workers.size(); i++) {
    try {
      team->workers[i]->start();
    } catch (...) {
      // Those not started never arrive at the team's latch; those started wait for all.
      for (size_t later = i + 1; later < team->workers.size(); later++) team->workers[later]->leaveTeam();
      throw;
    }
  }
  const std::lock_guard lock(mutex_);
  if (stopping_.load(std::memory_order_acquire)) {  // stop() did not see this team
    for (auto& worker : team->workers) worker->stop();
  }
  teams_.push_back(std::move(team));
}

// Watcher thread: follows interfaces that patterns name, and names that were not there.
void Meter::watch() {
  ::pthread_setname_np(::pthread_self(), "weir watcher");
  while (!stopping_.load(std::memory_order_acquire)) {
    watching_.beat(monotonicNs());
    for (size_t i = 0; i < patterns_.size(); i++) follow(i);
    retire();
    std::this_thread::sleep_for(kWatchEvery);
  }
  watching_.rest();
}

void Meter::follow(size_t index) {
  const SourceSpec& spec = patterns_[index];
  for (const InterfaceEvent& event : monitors_[index]->poll()) {
    const bool gone = event.kind == InterfaceEvent::vanished;
    if (!gone && !(event.kind == InterfaceEvent::up && matchesInterface(event.interface.name, spec.name))) continue;
    const bool known = [&] {
      const std::lock_guard lock(mutex_);
      return std::any_of(teams_.begin(), teams_.end(), [&](const auto& team) {
        return !team->leaving && team->interface == event.interface.name && team->spec.netns == spec.netns;
      });
    }();
    if (gone) {
      const std::lock_guard lock(mutex_);
      for (auto& team : teams_) {
        if (team->leaving || team->interface != event.interface.name || team->spec.netns != spec.netns) continue;
        team->leaving = true;
        for (auto& worker : team->workers) worker->stop();
        notices_.push_back({FrameSource::Notice::info, "", event.interface.name + " is gone"});
      }
      wake_();
    } else if (!known) {
      try {
        startTeam(spec, event.interface);
        notice(FrameSource::Notice::info, "", "now watching " + event.interface.name);
      } catch (const Error& error) {
        notice(FrameSource::Notice::warning, error.code(), event.interface.name + ": " + error.what());
      }
    }
  }
}

// Watcher thread: teams whose interface is gone leave once their records are taken; their counters stay in the sums, and their
// Observation Point is another's one day.
void Meter::retire() {
  const std::lock_guard lock(mutex_);
  std::erase_if(teams_, [&](const std::unique_ptr<Team>& team) {
    if (!team->leaving) return false;
    for (const auto& worker : team->workers) {
      if (!worker->finished() || !worker->ring().empty()) return false;
    }
    addCounters(*team, retired_);
    points_.release(team->point);
    return true;
  });
}

void Meter::take(BatchBuffer& batch) {
  const uint32_t first = batch.count;
  const size_t heapSize = batch.heapSize;
  // What workers read of flows leaves room to who is at their ends.
  if (attribution_ != nullptr) batch.heapSize = heapSize / 2;
  {
    const std::lock_guard lock(mutex_);
    // Start behind where the last call stopped, so that a busy worker cannot starve the others.
    for (size_t turn = 0; turn < teams_.size() && batch.count < batch.capacity; turn++) {
      nextTeam_ = (nextTeam_ + 1) % teams_.size();
      for (auto& worker : teams_[nextTeam_]->workers) worker->ring().take(batch);
    }
  }
  batch.heapSize = heapSize;
  if (attribution_ != nullptr) attribute(batch, first);
  if (!live()) return;
  clock_->observe();
  toWallTime(batch, first, clock_->wallOffsetNs());
}

bool Meter::live() const {
  return options_.sources.empty() || options_.sources.front().kind != SourceSpec::file;
}

void Meter::attribute(BatchBuffer& batch, uint32_t first) {
  // Packets' flows first: what they told of makes no socket flow.
  attribution_->attribute(batch, first, points_);
  if (takesSockets_) takeSockets(batch);
}

// The end of socket flows comes behind the last record of packets, so that none is told twice.
void Meter::takeSockets(BatchBuffer& batch) {
  if (!socketsStopped_ && stopping_.load(std::memory_order_acquire) && workersDone()) {
    socketsStopped_ = true;
    attribution_->stop();
  }
  attribution_->takeFlows(batch, socketsPoint_);
}

bool Meter::workersDone() {
  const std::lock_guard lock(mutex_);
  return std::all_of(teams_.begin(), teams_.end(), [](const auto& team) {
    return std::all_of(team->workers.begin(), team->workers.end(),
                       [](const auto& worker) { return worker->finished() && worker->ring().empty(); });
  });
}

bool Meter::finished() {
  const std::lock_guard lock(mutex_);
  if (!patterns_.empty() && !stopping_.load(std::memory_order_acquire)) return false;
  if (takesSockets_ && !attribution_->finished()) return false;
  return std::all_of(teams_.begin(), teams_.end(), [](const auto& team) {
    return std::all_of(team->workers.begin(), team->workers.end(), [](const auto& worker) { return worker->finished(); });
  });
}

std::vector<FrameSource::Notice> Meter::takeNotices() {
  const std::lock_guard lock(mutex_);
  std::vector<FrameSource::Notice> all = std::exchange(notices_, {});
  for (auto& team : teams_) {
    for (auto& worker : team->workers) {
      for (FrameSource::Notice& line : worker->takeNotices()) {
        // A vanished interface of a pattern is told once, by the watcher.
        if (!team->leaving) all.push_back(std::move(line));
      }
    }
  }
  return all;
}

void Meter::notice(FrameSource::Notice::Level level, const std::string& code, const std::string& text) {
  {
    const std::lock_guard lock(mutex_);
    notices_.push_back({level, code, text});
  }
  wake_();
}

void Meter::addCounters(const Team& team, MeterCounters& sums) {
  for (const auto& worker : team.workers) {
    add(sums.source, worker->sourceSums());
    DecoderCounters& decoder = worker->decoder();
    for (size_t i = 0; i < kOutcomes; i++) sums.outcomes[i] += decoder.frames[i].get();
    sums.wirePackets += decoder.wirePackets.get();
    sums.fragmentsUnmatched += decoder.fragmentsUnmatched.get();
    sums.fragmentsEvicted += decoder.fragmentsEvicted.get();
    sums.misplaced += worker->misplaced();
    FlowCacheCounters& cache = worker->cache();
    sums.packets += cache.packets.get();
    sums.octets += cache.octets.get();
    sums.flowsCreated += cache.flowsCreated.get();
    for (size_t i = 0; i < sums.records.size(); i++) sums.records[i] += cache.records[i].get();
    sums.recordsNotSelected += cache.recordsNotSelected.get();
    sums.recordsNotWanted += cache.recordsNotWanted.get();
    sums.recordsDropped += worker->ring().dropped();
    if (DpiCounters* dpi = worker->dpi()) add(sums.dpi, *dpi, !team.leaving);
    if (team.leaving) continue;  // gauges
    sums.flows += cache.flows.get();
    sums.ringUsed += worker->ring().used();
    sums.ringCapacity += worker->ring().capacity();
  }
}

MeterCounters Meter::counters() {
  const std::lock_guard lock(mutex_);
  MeterCounters sums = retired_;
  sums.kernelFilter = !options_.filter.empty();
  for (const auto& team : teams_) {
    addCounters(*team, sums);
    if (team->interface.empty()) sums.kernelFilter = false;
    sums.cacheCapacity += options_.cache.capacity;
  }
  return sums;
}

std::vector<std::string> Meter::stalled(uint64_t longestNs) {
  std::vector<std::string> names;
  const uint64_t nowNs = monotonicNs();
  if (watching_.stalled(nowNs, longestNs)) names.emplace_back("weir watcher");
  const std::lock_guard lock(mutex_);
  for (const auto& team : teams_) {
    for (const auto& worker : team->workers) {
      if (worker->stalled(nowNs, longestNs)) names.push_back(worker->name());
    }
  }
  return names;
}

void Meter::setTimeouts(uint64_t activeNs, uint64_t idleNs) {
  const std::lock_guard lock(mutex_);
  options_.cache.activeTimeoutNs = activeNs;
  options_.cache.idleTimeoutNs = idleNs;
  for (auto& team : teams_) {
    for (auto& worker : team->workers) worker->setTimeouts(activeNs, idleNs);
  }
  if (attribution_ != nullptr) attribution_->setTimeouts(activeNs, idleNs);
}

void Meter::reloadDpi() {
  if (dpi_) dpi_->reload();
}

void Meter::stop() {
  stopping_.store(true, std::memory_order_release);
  const std::lock_guard lock(mutex_);
  for (auto& team : teams_) {
    for (auto& worker : team->workers) worker->stop();
  }
}

void Meter::close() {
  stop();
  if (takesSockets_) attribution_->onFlows({});
  takesSockets_ = false;
  if (watcher_.joinable()) watcher_.join();
  // Outside the lock: a worker that ends may still call wake_.
  std::vector<std::unique_ptr<Team>> teams;
  {
    const std::lock_guard lock(mutex_);
    for (auto& team : teams_) {
      addCounters(*team, retired_);
      for (auto& worker : team->workers) worker->ring().abandon();
    }
    teams.swap(teams_);
  }
  teams.clear();
}

}  // namespace weir
