#include "dpi/stream_prefix.h"

#include <algorithm>

namespace weir {
namespace {

constexpr int32_t kFarthestBack = 16'384;  // an earlier segment than this belongs to another connection

int32_t distance(uint32_t from, uint32_t to) { return static_cast<int32_t>(to - from); }

// A keep-alive probe repeats the last octet, mostly as a zero: no beginning.
bool isProbe(Octets segment) { return segment.size() == 1 && segment[0] == 0; }

}  // namespace

void StreamPrefix::clear() { *this = StreamPrefix(); }

void StreamPrefix::expect(uint32_t sequence, bool certain) {
  if (start_ == Start::certain || (start_ == Start::probable && !certain)) return;
  if (kept() != 0 && distance(sequence, first_) != 0) moveBack(sequence);
  first_ = sequence;
  start_ = certain ? Start::certain : Start::probable;
}

Octets StreamPrefix::add(uint32_t sequence, Octets segment, size_t room) {
  if (segment.empty() || stuck_) return {};
  if (start_ == Start::unknown) {
    expect(sequence, false);
  } else if (segments_ == 0 && sequence == first_) {
    start_ = Start::certain;  // the other side's acknowledgment was right
  }
  const bool early = mayMoveBack();
  ++segments_;
  int32_t offset = distance(first_, sequence);
  if (offset < 0 && early && -offset <= kFarthestBack && !isProbe(segment)) {
    moveBack(sequence);
    offset = 0;
  }
  if (offset < 0) {
    if (static_cast<size_t>(-static_cast<int64_t>(offset)) >= segment.size()) return {};
    segment = segment.subspan(static_cast<size_t>(-offset));
    offset = 0;
  }
  const auto place = static_cast<size_t>(offset);
  if (place > octets_.size()) {
    hold(sequence, segment, room);
    return !octets_.empty() || !startsBehindGap() ? Octets{} : Octets{octets_};
  }
  if (place + segment.size() <= octets_.size()) return {};  // seen before: the first copy counts
  segment = segment.subspan(octets_.size() - place);
  if (octets_.empty() && held_.empty()) return segment;
  segment = segment.first(std::min(segment.size(), room));
  octets_.insert(octets_.end(), segment.begin(), segment.end());
  joinHeld();
  return octets_;
}

void StreamPrefix::keep(Octets stream, size_t room) {
  if (!octets_.empty() || stream.empty()) return;
  stream = stream.first(std::min(stream.size(), room));
  octets_.assign(stream.begin(), stream.end());
}

void StreamPrefix::hold(uint32_t sequence, Octets segment, size_t room) {
  const auto same = [&](const Held& held) { return held.sequence == sequence && held.octets.size() >= segment.size(); };
  if (std::any_of(held_.begin(), held_.end(), same)) return;
  if (held_.size() == kMostHeld || segment.size() > room) {
    stuck_ = start_ == Start::certain || !octets_.empty();
    return;
  }
  held_.push_back({sequence, {segment.begin(), segment.end()}});
  heldOctets_ += segment.size();
}

// What was the beginning comes behind a gap that may close.
void StreamPrefix::moveBack(uint32_t sequence) {
  if (!octets_.empty()) {
    heldOctets_ += octets_.size();
    held_.push_back({first_, std::move(octets_)});
    octets_.clear();
  }
  first_ = sequence;
}

// The other side's acknowledgment told a beginning that does not come: the earliest of those that wait is taken for it.
bool StreamPrefix::startsBehindGap() {
  if (start_ == Start::certain || segments_ < kSettled || held_.empty()) return false;
  const auto earliest = std::min_element(held_.begin(), held_.end(), [](const Held& a, const Held& b) {
    return distance(a.sequence, b.sequence) > 0;
  });
  first_ = earliest->sequence;
  joinHeld();
  return true;
}

void StreamPrefix::joinHeld() {
  for (bool again = true; again;) {
    again = false;
    for (size_t i = 0; i < held_.size(); i++) {
      const int32_t place = distance(first_, held_[i].sequence);
      if (place > static_cast<int32_t>(octets_.size())) continue;
      const Held held = std::move(held_[i]);
      held_.erase(held_.begin() + static_cast<ptrdiff_t>(i));
      heldOctets_ -= held.octets.size();
      const auto known = static_cast<int64_t>(octets_.size()) - place;  // of them, octets that are there already
      if (known >= 0 && known < static_cast<int64_t>(held.octets.size())) {
        octets_.insert(octets_.end(), held.octets.begin() + known, held.octets.end());
      }
      again = true;
      break;
    }
  }
}

}  // namespace weir
