#include "capture/af_packet.h"

#include <net/if.h>
#include <poll.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "base/error.h"
#include "capture/ring_opener.h"

namespace weir {
namespace {

constexpr uint64_t kRetryMs = 50;  // between attempts to find an interface that is gone

uint64_t monotonicMs() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000 + static_cast<uint64_t>(now.tv_nsec) / 1'000'000;
}

class AfPacketSource : public FrameSource {
 public:
  explicit AfPacketSource(const PacketSourceOptions& options) : options_(options), opener_(options) {}

  void open() override;
  size_t read(std::span<Frame> out, int waitMs) override;
  bool ended() const override { return ended_; }
  bool live() const override { return true; }
  void refresh() override;
  std::vector<Notice> takeNotices() override;

 private:
  // down: the kernel hooks the socket up again by itself. gone: a new socket is needed, after the old ring is empty.
  enum class State : uint8_t { attached, down, gone };

  void adopt(OpenedRing opened);
  size_t take(std::span<Frame> out);
  void follow(int waitMs);
  void lose(int reason);
  void checkDown();
  bool reopen();
  void readStatistics();
  void attachedAgain();
  void tell(Notice::Level level, const std::string& text);
  bool speaks() const { return options_.workerIndex == 0; }

  const PacketSourceOptions options_;
  RingOpener opener_;
  std::shared_ptr<PacketRing> ring_;  // null until the interface is up for the first time
  uint64_t generation_ = 0;
  LinkType linkType_ = LinkType::ethernet;
  State state_ = State::attached;
  bool ended_ = false;
  bool lost_ = false;        // a loss was counted and not yet made good
  uint64_t nextAttemptMs_ = 0;
  std::string lastFailure_;  // of re-opening, so that each reason is told once
  std::vector<Notice> notices_;
};

void AfPacketSource::open() {
  OpenedRing opened = opener_.open(0);
  if (opened.ring == nullptr && !opened.ended) {
    state_ = State::gone;
    tell(Notice::warning, "is down; capture begins when it is up");
    return;
  }
  adopt(std::move(opened));
}

void AfPacketSource::adopt(OpenedRing opened) {
  ring_ = std::move(opened.ring);
  generation_ = opened.generation;
  linkType_ = opened.linkType;
  ended_ = opened.ended;
  state_ = State::attached;
}

size_t AfPacketSource::read(std::span<Frame> out, int waitMs) {
  if (ended_) return 0;
  if (ring_ != nullptr) {
    ring_->release();
    if (const size_t count = take(out); count > 0) return count;
  }
  follow(waitMs);
  return ring_ == nullptr ? 0 : take(out);
}

size_t AfPacketSource::take(std::span<Frame> out) {
  const size_t count = ring_->take(out);
  uint64_t octets = 0;
  for (Frame& frame : out.first(count)) {
    frame.linkType = linkType_;
    frame.observationPoint = options_.observationPoint;
    octets += frame.wire;
  }
  if (count > 0) {
    counters_.frames.add(count);
    counters_.wireOctets.add(octets);
  }
  if (const uint64_t corrupt = ring_->takeCorrupt(); corrupt > 0) counters_.readErrors.add(corrupt);
  return count;
}

// The ring is empty: waits at most waitMs, or looks after the interface.
void AfPacketSource::follow(int waitMs) {
  if (state_ == State::gone && reopen()) return;
  if (state_ == State::down) checkDown();
  if (ring_ == nullptr) {
    ::poll(nullptr, 0, waitMs);
    return;
  }
  const int reason = ring_->wait(waitMs);
  if (reason != 0 && state_ != State::gone) lose(reason);
}

// ENETDOWN says down or gone alike; anything else is counted and survived.
void AfPacketSource::lose(int reason) {
  if (reason != ENETDOWN && reason != ENODEV && reason != ENXIO) {
    ++counters_.readErrors;
    tell(Notice::warning, std::string("capture socket: ") + std::strerror(reason));
    return;
  }
  if (state_ == State::attached) {
    lost_ = true;
    if (speaks()) ++counters_.interfaceLosses;
    tell(Notice::warning, "went down or vanished; capture goes on when it is back");
  }
  state_ = State::down;
  checkDown();
}

void AfPacketSource::checkDown() {
  int flags = 0;
  uint16_t arphrd = 0;
  if (!ring_->describe(ring_->index(), flags, arphrd)) {
    state_ = State::gone;
  } else if ((flags & IFF_UP) != 0) {
    state_ = State::attached;
    attachedAgain();
  }
}

// True when a new ring is there. The old one is read to its end first.
bool AfPacketSource::reopen() {
  if (ring_ != nullptr) {
    readStatistics();
    if (!ring_->drained()) return false;
  }
  const uint64_t now = monotonicMs();
  if (now < nextAttemptMs_) return false;
  nextAttemptMs_ = now + kRetryMs;
  try {
    OpenedRing opened = opener_.open(generation_);
    if (opened.ring == nullptr && !opened.ended) return false;
    if (ring_ != nullptr) readStatistics();
    adopt(std::move(opened));
    lastFailure_.clear();
    attachedAgain();
    return true;
  } catch (const Error& error) {
    if (lastFailure_ != error.what()) tell(Notice::warning, error.what());
    lastFailure_ = error.what();
    return false;
  }
}

void AfPacketSource::attachedAgain() {
  if (lost_ && speaks()) ++counters_.reattached;
  lost_ = false;
  tell(Notice::info, "is up; capturing");
}

void AfPacketSource::readStatistics() {
  if (const uint64_t dropped = ring_->statistics().dropped; dropped > 0) counters_.kernelDrops.add(dropped);
}

void AfPacketSource::refresh() {
  if (ring_ == nullptr) return;
  readStatistics();
  if (state_ == State::gone || !opener_.namespaceReplaced()) return;
  if (!lost_ && speaks()) ++counters_.interfaceLosses;
  lost_ = true;
  state_ = State::gone;
  tell(Notice::warning, "network namespace " + options_.netns + " was removed or replaced; waiting for it");
}

void AfPacketSource::tell(Notice::Level level, const std::string& text) {
  if (!speaks()) return;
  notices_.push_back({level, "WEIR_INTERFACE", options_.interface + ": " + text});
}

std::vector<FrameSource::Notice> AfPacketSource::takeNotices() {
  std::vector<Notice> notices = std::exchange(notices_, {});
  if (!speaks()) return notices;
  for (Notice& notice : opener_.takeNotices()) notices.push_back(std::move(notice));
  return notices;
}

}  // namespace

std::unique_ptr<FrameSource> makePacketSource(const PacketSourceOptions& options) {
  return std::make_unique<AfPacketSource>(options);
}

}  // namespace weir
