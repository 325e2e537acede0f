#include "metering/worker.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "capture/fanout.h"

namespace weir {

namespace {

constexpr int kIdleWaitMs = 20;
constexpr uint64_t kRefreshEveryNs = 500'000'000;
// A live ring hands blocks over late; expiry looks at the clock of that long ago, so that waiting packets count first.
constexpr uint64_t kRingDelayNs = 200'000'000;
constexpr size_t kInboxOctets = 1u << 20;
constexpr size_t kInspectedInboxOctets = 8u << 20;  // packets come with what was captured of them
constexpr uint32_t kLongestHanded = 65'535;         // octets of one
constexpr size_t kExpireAtOnce = 2048;  // flows looked at between two reads of a live source
// At the end a live source is read this long: what the kernel took before stop() is handed over within its block timeout.
constexpr uint64_t kLastReadNs = 60'000'000;

// What travels between workers: the packet without its frame; with DPI its octets from the IP header on stand behind.
struct HandedPacket {
  Packet packet;
  uint8_t mac[12];
};

// How many octets of a packet go along.
uint32_t handedOctets(const Packet& packet) { return std::min(packet.ipCaptured, kLongestHanded); }

// Pointers into `octets`, which is where the packet's own from ip on are now.
void repoint(Packet& packet, const uint8_t* octets) {
  const auto payload = static_cast<uint32_t>(packet.payloadData - packet.ip);
  packet.ipCaptured = handedOctets(packet);
  packet.ip = octets;
  if ((packet.present & hasPayload) == 0) return;
  const uint32_t before = std::min(payload, packet.ipCaptured);
  packet.payloadData = octets + before;
  packet.payloadCaptured = std::min(packet.payloadCaptured, packet.ipCaptured - before);
}

FlowCacheOptions inspectedBy(FlowInspector* inspector, FlowCacheOptions options) {
  options.inspector = inspector;
  return options;
}

}  // namespace

Worker::Worker(const WorkerOptions& options, std::vector<std::unique_ptr<FrameSource>> sources,
               std::function<void()> wake)
    : options_(options),
      sources_(std::move(sources)),
      wake_(std::move(wake)),
      live_(!sources_.empty() && sources_.front()->live()),
      ring_(options.ring, wake_, &heartbeat_),
      decoder_(options.decoder),
      inspector_(options.dpi ? std::make_unique<FlowInspector>(*options.dpi) : nullptr),
      cache_(inspectedBy(inspector_.get(), options.cache), ring_),
      sampler_(options.sampling),
      packetClock_(*options_.clock),
      frames_(kBurst),
      packets_(kBurst) {}

Worker::~Worker() {
  stop();
  ring_.abandon();
  if (thread_.joinable()) thread_.join();
}

void Worker::joinTeam(std::vector<Worker*> team, std::shared_ptr<std::latch> allDone) {
  team_ = std::move(team);
  allDone_ = std::move(allDone);
  inboxes_.resize(team_.size());
  for (size_t from = 0; from < team_.size(); from++) {
    if (from == options_.index) continue;
    inboxes_[from] = std::make_unique<ByteRing>(inspector_ ? kInspectedInboxOctets : kInboxOctets);
  }
}

void Worker::start() {
  std::future<void> opened = opened_.get_future();
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), options_.name.substr(0, 15).c_str());
  opened.get();
}

void Worker::run() {
  bool announced = false;
  for (auto& source : sources_) {
    try {
      source->open();
    } catch (const Error& error) {
      if (!announced) {
        if (allDone_) allDone_->count_down();
        opened_.set_exception(std::current_exception());
        finished_.store(true, std::memory_order_release);
        return;
      }
      // A later file of a list: say so and go on with the next.
      ++source->counters().readErrors;
      const std::lock_guard lock(noticesMutex_);
      notices_.push_back({FrameSource::Notice::error, error.code(), error.what()});
      current_.fetch_add(1, std::memory_order_relaxed);
      continue;
    }
    if (!announced) opened_.set_value();
    announced = true;
    heartbeat_.beat(monotonicNs());
    while (!stopping_.load(std::memory_order_acquire) && !source->ended()) readOnce(*source);
    if (live_) readLast(*source);
    source->refresh();
    collectNotices(*source);
    if (stopping_.load(std::memory_order_acquire)) break;
    current_.fetch_add(1, std::memory_order_relaxed);
  }
  heartbeat_.rest();
  if (allDone_) {
    allDone_->count_down();
    while (!allDone_->try_wait()) {  // others may still hand over
      drainInboxes();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  drainInboxes();
  ring_.waitFromNow();
  cache_.flush(EndReason::forced);
  finished_.store(true, std::memory_order_release);
  ring_.wakeNow();
  wake_();
}

void Worker::readOnce(FrameSource& source) {
  if (!live_) heartbeat_.rest();  // a pipe or a disk
  size_t frames = source.read(frames_, expiring_ ? 0 : kIdleWaitMs);
  const uint64_t monotonic = turnClock(frames);
  if (sampler_.active() && frames != 0) frames = sampleBurst(frames);
  if (frames != 0) {
    const size_t packets = decodeBurst(frames);
    if (packets != 0) cache_.update(std::span(packets_.data(), packets));
  }
  if (!inboxes_.empty()) drainInboxes();
  expire();
  if (monotonic >= nextRefreshNs_) {
    nextRefreshNs_ = monotonic + kRefreshEveryNs;
    if (live_) options_.clock->observe();
    source.refresh();
    position_.store(source.position(), std::memory_order_relaxed);
    collectNotices(source);
    if (const uint64_t activeNs = timeoutActiveNs_.exchange(0)) cache_.setTimeouts(activeNs, timeoutIdleNs_.load());
  }
  ring_.wakeIfDue(monotonic);
}

// Behind the read, so that no packet's stamp is of after a step that the look did not see. Gives CLOCK_MONOTONIC.
uint64_t Worker::turnClock(size_t frames) {
  uint64_t monotonic = 0;
  if (live_) {
    const ProbeClock::Now now = packetClock_.turn(frames != 0);
    nowNs_ = now.probeNs;
    monotonic = now.monotonicNs;
    if (inspector_) inspector_->setWallOffset(options_.clock->wallOffsetNs());
  } else {
    monotonic = systemClocks().read(CLOCK_MONOTONIC_COARSE);
  }
  heartbeat_.beat(monotonic);
  return monotonic;
}

// Live, many flows that are due at once leave in portions and only while the ring has room, so that none is dropped.
void Worker::expire() {
  if (!live_) {
    cache_.tick(std::max(cache_.now(), std::exchange(seenNs_, 0)));
    return;
  }
  const bool room = ring_.used() < ring_.capacity() / 2;
  expiring_ = room && !cache_.tick(nowNs_ - kRingDelayNs, kExpireAtOnce);
}

void Worker::readLast(FrameSource& source) {
  const uint64_t end = monotonicNs() + kLastReadNs;
  while (!source.ended() && monotonicNs() < end) readOnce(source);
}

// Moves the frames to be metered to the front and counts the others; their times still move the clock of a file.
size_t Worker::sampleBurst(size_t frames) {
  seenNs_ = frames_[frames - 1].ns;
  const size_t kept = sampler_.select(std::span(frames_.data(), frames));
  decoder_.counters().frames[static_cast<size_t>(Outcome::notSampled)].add(frames - kept);
  return kept;
}

size_t Worker::decodeBurst(size_t frames) {
  const bool place = options_.team > 1 && options_.placementKnown && options_.placementKnown();
  size_t count = 0;
  for (size_t i = 0; i < frames; i++) {
    Packet& packet = packets_[count];
    if (live_) frames_[i].ns = packetClock_.timeOf(frames_[i].ns);
    if (decoder_.decode(frames_[i], packet) != Outcome::metered) continue;
    if (place && handOver(packet)) continue;
    count++;
  }
  return count;
}

// True when the packet's flow lives with another worker of the team and went there.
bool Worker::handOver(const Packet& packet) {
  const FlowKey& key = packet.key;
  const uint32_t hash =
      fanoutHash(key.address[0].data(), key.address[1].data(), key.port[0], key.port[1], false);
  const unsigned owner = fanoutWorker(hash, options_.team);
  if (owner == options_.index) return false;
  ByteRing& inbox = *team_[owner]->inboxes_[options_.index];
  const uint32_t octets = inspector_ ? handedOctets(packet) : 0;
  uint8_t* room = inbox.reserve(sizeof(HandedPacket) + octets);
  if (room == nullptr) {
    ++misplaced_;  // metered here instead: the flow splits, nothing is lost
    return false;
  }
  auto* handed = reinterpret_cast<HandedPacket*>(room);
  handed->packet = packet;
  if (octets != 0) {
    std::memcpy(room + sizeof(HandedPacket), packet.ip, octets);
    repoint(handed->packet, room + sizeof(HandedPacket));
  } else {
    handed->packet.present &= static_cast<uint16_t>(~hasPayload);
    handed->packet.payloadCaptured = 0;
    handed->packet.ipCaptured = 0;
  }
  if ((packet.present & hasMac) != 0) std::memcpy(handed->mac, packet.mac, sizeof handed->mac);
  inbox.commit();
  return true;
}

void Worker::drainInboxes() {
  for (auto& inbox : inboxes_) {
    if (!inbox) continue;
    size_t size = 0;
    while (const uint8_t* entry = inbox->peek(size)) {
      const auto* handed = reinterpret_cast<const HandedPacket*>(entry);
      Packet& packet = packets_[0];
      packet = handed->packet;
      packet.mac = handed->mac;
      cache_.update(std::span(packets_.data(), 1));
      inbox->pop(size);
    }
  }
}

void Worker::setTimeouts(uint64_t activeNs, uint64_t idleNs) {
  timeoutIdleNs_.store(idleNs);
  timeoutActiveNs_.store(activeNs);
}

void Worker::collectNotices(FrameSource& source) {
  std::vector<FrameSource::Notice> fresh = source.takeNotices();
  if (fresh.empty()) return;
  {
    const std::lock_guard lock(noticesMutex_);
    notices_.insert(notices_.end(), std::make_move_iterator(fresh.begin()), std::make_move_iterator(fresh.end()));
  }
  wake_();
}

std::vector<FrameSource::Notice> Worker::takeNotices() {
  const std::lock_guard lock(noticesMutex_);
  return std::exchange(notices_, {});
}

Worker::Sums Worker::sourceSums() const {
  Sums sums;
  const size_t current = current_.load(std::memory_order_relaxed);
  for (size_t i = 0; i < sources_.size(); i++) {
    SourceCounters& counters = sources_[i]->counters();
    sums.frames += counters.frames.get();
    sums.wireOctets += counters.wireOctets.get();
    sums.kernelDrops += counters.kernelDrops.get();
    sums.filtered += counters.filtered.get();
    sums.readErrors += counters.readErrors.get();
    sums.interfaceLosses += counters.interfaceLosses.get();
    sums.reattached += counters.reattached.get();
    const uint64_t size = sources_[i]->size();
    sums.size += size;
    sums.position += i < current ? size : i == current ? position_.load(std::memory_order_relaxed) : 0;
  }
  return sums;
}

}  // namespace weir
