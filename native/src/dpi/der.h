// Reading DER (X.690): one element after the other within a bounded view, definite lengths only.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/cursor.h"
#include "dpi/parsers.h"

namespace weir {

namespace der {
inline constexpr uint8_t kInteger = 0x02, kOctetString = 0x04, kOid = 0x06, kBmpString = 0x1e, kUtcTime = 0x17,
                         kGeneralizedTime = 0x18, kSequence = 0x30, kSet = 0x31, kBoolean = 0x01;
// Context-specific: [0] of a certificate's version, [3] of its extensions, [2] dNSName of a GeneralName.
inline constexpr uint8_t kVersion = 0xa0, kExtensions = 0xa3, kDnsName = 0x82;
}  // namespace der

struct DerElement {
  uint8_t tag = 0;
  Octets whole;    // with tag and length
  Octets content;
  bool is(uint8_t wanted) const { return tag == wanted; }
};

class DerReader {
 public:
  explicit DerReader(Octets octets) : at_(octets.data(), octets.size()) {}
  // False at the end and where the octets are no element.
  bool next(DerElement& element) {
    if (!at_.has(2)) return false;
    size_t header = 2;
    size_t length = at_.u8(1);
    if (length >= 0x80) {
      const size_t count = length & 0x7f;
      if (count == 0 || count > 3 || !at_.has(2 + count)) return false;
      length = 0;
      for (size_t i = 0; i < count; i++) length = length << 8 | at_.u8(2 + i);
      header += count;
    }
    if (!at_.has(header + length)) return false;
    element = {at_.u8(), {at_.at, header + length}, {at_.at + header, length}};
    at_.skip(header + length);
    return true;
  }
  // The next one, if it has this tag.
  bool next(uint8_t tag, DerElement& element) {
    const Cursor before = at_;
    if (next(element) && element.is(tag)) return true;
    at_ = before;
    return false;
  }

 private:
  Cursor at_;
};

}  // namespace weir
