// Values in wire form: network byte order, RFC 7011 section 6.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "fields/field_table.h"

namespace weir {

template <size_t Width>
inline void storeBe(uint8_t* at, uint64_t value) {
  const uint64_t swapped = __builtin_bswap64(value << (64 - 8 * Width));
  std::memcpy(at, &swapped, Width);
}

inline void put16(uint8_t* at, uint32_t value) { storeBe<2>(at, value); }
inline void put32(uint8_t* at, uint32_t value) { storeBe<4>(at, value); }

// What does not fit a reduced size becomes the largest value that does.
template <typename Member, size_t Width>
inline void storeNumber(uint8_t* to, Member value) {
  if constexpr (sizeof(Member) > Width) {
    constexpr Member kMost = static_cast<Member>((uint64_t{1} << (8 * Width)) - 1);
    value = std::min(value, kMost);
  }
  storeBe<Width>(to, value);
}

// RFC 7011 section 6.1.5: 1 is true, 2 is false.
inline void storeBoolean(uint8_t* to, uint64_t value) { *to = value != 0 ? 1 : 2; }

// RFC 7011 sections 6.1.7 to 6.1.10. Fractions of NTP times are rounded up to the next one that can be written, so
// that a reader who cuts off still finds the microsecond or nanosecond. 0 stays 0: no time.
template <WireType Wire>
inline void storeTime(uint8_t* to, uint64_t ns) {
  constexpr uint64_t kNsPerSecond = 1000000000;
  constexpr uint64_t kNtpEpoch = 2208988800;  // 1900 to 1970 in seconds, RFC 5905
  const uint64_t seconds = ns / kNsPerSecond;
  if constexpr (Wire == WireType::dateTimeSeconds) {
    storeBe<4>(to, seconds);
  } else if constexpr (Wire == WireType::dateTimeMilliseconds) {
    storeBe<8>(to, ns / 1000000);
  } else if (ns == 0) {
    storeBe<8>(to, 0);
  } else if constexpr (Wire == WireType::dateTimeMicroseconds) {
    constexpr uint64_t kPerSecond = 1000000, kUnit = 1 << 11;  // the low 11 bits are zero
    const uint64_t us = ns % kNsPerSecond / 1000;
    const uint64_t units = ((us << 32) + kPerSecond * kUnit - 1) / (kPerSecond * kUnit);
    storeBe<8>(to, (seconds + kNtpEpoch) << 32 | units * kUnit);
  } else {
    const uint64_t fraction = ((ns % kNsPerSecond << 32) + kNsPerSecond - 1) / kNsPerSecond;
    storeBe<8>(to, (seconds + kNtpEpoch) << 32 | fraction);
  }
}

}  // namespace weir
