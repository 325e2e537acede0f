#include "fields/flow_facts.h"

#include <algorithm>

#include "base/utf8.h"

namespace weir {

bool FactBuffer::append(Fact fact, const void* value, size_t size) {
  if (has(fact) || used_ + facts::kHeader + size > octets_.size()) return false;
  octets_[used_] = static_cast<uint8_t>(fact);
  const auto length = static_cast<uint16_t>(size);
  std::memcpy(octets_.data() + used_ + 1, &length, sizeof length);
  std::memcpy(octets_.data() + used_ + facts::kHeader, value, size);
  used_ += facts::kHeader + size;
  known_ |= uint64_t{1} << static_cast<unsigned>(fact);
  return true;
}

void FactBuffer::assign(std::span<const uint8_t> facts) {
  known_ = 0;
  used_ = std::min(facts.size(), octets_.size());
  if (used_ != 0) std::memcpy(octets_.data(), facts.data(), used_);
  for (size_t at = 0; at + facts::kHeader <= used_;) {
    uint16_t length;
    std::memcpy(&length, octets_.data() + at + 1, sizeof length);
    known_ |= uint64_t{1} << octets_[at];
    at += facts::kHeader + length;
  }
}

bool FactBuffer::add(Fact fact, std::string_view text) {
  if (text.empty()) return false;
  std::array<uint8_t, facts::kLongestText> clean;
  const size_t taken = std::min(text.size(), clean.size());
  std::memcpy(clean.data(), text.data(), taken);
  const size_t size = utf8::sanitize(clean.data(), taken, clean.size());
  return append(fact, clean.data(), size);
}

bool FactBuffer::replace(Fact fact, std::string_view text) {
  if (text.empty()) return false;
  remove(fact);
  return add(fact, text);
}

void FactBuffer::remove(Fact fact) {
  if (!has(fact)) return;
  const std::string_view stored = this->text(fact);
  const size_t end = static_cast<size_t>(reinterpret_cast<const uint8_t*>(stored.data()) - octets_.data()) + stored.size();
  const size_t start = end - stored.size() - facts::kHeader;
  std::memmove(octets_.data() + start, octets_.data() + end, used_ - end);
  used_ -= end - start;
  known_ &= ~(uint64_t{1} << static_cast<unsigned>(fact));
}

bool FactBuffer::add(Fact fact, uint64_t number) { return append(fact, &number, sizeof number); }

}  // namespace weir
