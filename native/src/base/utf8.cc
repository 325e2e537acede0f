#include "base/utf8.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace weir::utf8 {
namespace {

// RFC 3629 section 4: what the octet behind a lead octet may be; later ones are 0x80 to 0xBF.
struct Lead {
  size_t length = 0;  // 0: no lead octet
  uint8_t low = 0x80, high = 0xbf;
};

Lead leadOf(uint8_t octet) {
  if (octet < 0x80) return {1};
  if (octet < 0xc2) return {};
  if (octet < 0xe0) return {2};
  if (octet == 0xe0) return {3, 0xa0, 0xbf};
  if (octet == 0xed) return {3, 0x80, 0x9f};  // no surrogates
  if (octet < 0xf0) return {3};
  if (octet == 0xf0) return {4, 0x90, 0xbf};
  if (octet < 0xf4) return {4};
  if (octet == 0xf4) return {4, 0x80, 0x8f};
  return {};
}

// Octets from `at` on that belong to one sequence, complete or not.
size_t matching(const Lead& lead, const uint8_t* at, size_t left) {
  const size_t most = std::min(lead.length, left);
  for (size_t i = 1; i < most; i++) {
    const bool second = i == 1;
    if (at[i] < (second ? lead.low : 0x80) || at[i] > (second ? lead.high : 0xbf)) return i;
  }
  return most;
}

}  // namespace

size_t sequenceLength(const uint8_t* at, size_t left) {
  if (left == 0) return 0;
  const Lead lead = leadOf(at[0]);
  return lead.length != 0 && matching(lead, at, left) == lead.length ? lead.length : 0;
}

size_t brokenLength(const uint8_t* at, size_t left) {
  const Lead lead = leadOf(at[0]);
  return lead.length == 0 ? 1 : matching(lead, at, left);
}

size_t wellFormedPrefix(const uint8_t* text, size_t size) {
  size_t at = 0;
  while (at < size) {
    uint64_t eight;
    if (size - at >= 8) {
      std::memcpy(&eight, text + at, 8);
      if ((eight & 0x8080808080808080u) == 0) {
        at += 8;
        continue;
      }
    }
    const size_t length = sequenceLength(text + at, size - at);
    if (length == 0) break;
    at += length;
  }
  return at;
}

size_t boundary(const uint8_t* text, size_t size, size_t limit) {
  if (limit >= size) return size;
  while (limit > 0 && (text[limit] & 0xc0) == 0x80) limit--;
  return limit;
}

size_t sanitize(uint8_t* text, size_t size, size_t capacity) {
  size_t good = wellFormedPrefix(text, size);
  if (good == size) return size;
  const std::vector<uint8_t> rest(text + good, text + size);
  size_t at = 0;
  while (at < rest.size()) {
    const size_t length = sequenceLength(rest.data() + at, rest.size() - at);
    const size_t written = length != 0 ? length : kReplacementSize;
    if (capacity - good < written) break;
    std::memcpy(text + good, length != 0 ? rest.data() + at : reinterpret_cast<const uint8_t*>(kReplacement), written);
    good += written;
    at += length != 0 ? length : brokenLength(rest.data() + at, rest.size() - at);
  }
  return good;
}

}  // namespace weir::utf8
