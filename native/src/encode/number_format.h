// Fast writers of numbers, addresses and times as text. Each writes at `to`, without a terminating zero, and returns
// the place behind what it wrote; the caller guarantees the room named k...Room.
#pragma once

#include <array>
#include <bit>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace weir::format {

inline constexpr size_t kUnsignedRoom = 20;
inline constexpr size_t kRealRoom = 32;
inline constexpr size_t kAddress4Room = 15;
inline constexpr size_t kAddress6Room = 45;
inline constexpr size_t kMacRoom = 17;
inline constexpr size_t kTimeRoom = 30;  // 2026-11-21T02:29:10.000000000Z

namespace tables {

inline constexpr auto kDecimalPairs = [] {
  std::array<char, 200> pairs{};
  for (size_t i = 0; i < 100; i++) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

inline constexpr auto kHexPairs = [] {
  constexpr char kDigits[] = "0123456789abcdef";
  std::array<char, 512> pairs{};
  for (size_t i = 0; i < 256; i++) {
    pairs[2 * i] = kDigits[i >> 4];
    pairs[2 * i + 1] = kDigits[i & 15];
  }
  return pairs;
}();

inline constexpr auto kPowersOfTen = [] {
  std::array<uint64_t, 20> powers{};
  uint64_t power = 1;
  for (auto& entry : powers) {
    entry = power;
    power *= 10;
  }
  return powers;
}();

}  // namespace tables

inline void writePair(char* to, uint64_t below100) { std::memcpy(to, &tables::kDecimalPairs[2 * below100], 2); }

inline char* writeHexOctet(char* to, uint8_t octet) {
  std::memcpy(to, &tables::kHexPairs[size_t{2} * octet], 2);
  return to + 2;
}

inline unsigned decimalDigits(uint64_t value) {
  const auto bits = static_cast<unsigned>(std::bit_width(value | 1));
  const unsigned guess = bits * 1233 >> 12;  // 1233 / 4096 is log10(2) from above
  return guess + ((value | 1) >= tables::kPowersOfTen[guess] ? 1 : 0);
}

inline char* writeUnsigned(char* to, uint64_t value) {
  if (value < 10) {
    *to = static_cast<char>('0' + value);
    return to + 1;
  }
  char* const end = to + decimalDigits(value);
  char* at = end;
  while (value >= 100) {
    at -= 2;
    writePair(at, value % 100);
    value /= 100;
  }
  if (value >= 10) {
    writePair(at - 2, value);
  } else {
    at[-1] = static_cast<char>('0' + value);
  }
  return end;
}

// Exactly `digits` digits, leading zeros included.
inline char* writeFixedDigits(char* to, uint64_t value, unsigned digits) {
  char* at = to + digits;
  while (at - to >= 2) {
    at -= 2;
    writePair(at, value % 100);
    value /= 100;
  }
  if (at != to) *to = static_cast<char>('0' + value % 10);
  return to + digits;
}

// Shortest decimal that reads back equal. JSON has no infinities and no NaN: they become null.
inline char* writeReal(char* to, double value) {
  if (!std::isfinite(value)) {
    std::memcpy(to, "null", 4);
    return to + 4;
  }
  return std::to_chars(to, to + kRealRoom, value).ptr;
}

// address: 4 octets, network order.
inline char* writeAddress4(char* to, const uint8_t* address) {
  for (int i = 0; i < 4; i++) {
    const uint8_t octet = address[i];
    if (i != 0) *to++ = '.';
    if (octet >= 100) {
      *to++ = static_cast<char>('0' + octet / 100);
      writePair(to, octet % 100);
      to += 2;
    } else if (octet >= 10) {
      writePair(to, octet);
      to += 2;
    } else {
      *to++ = static_cast<char>('0' + octet);
    }
  }
  return to;
}

// address: 16 octets, network order. RFC 5952: lower case, no leading zeros, the first longest run of two or more zero
// groups shortened; IPv4-mapped addresses (section 5) end in dotted decimal.
inline char* writeAddress6(char* to, const uint8_t* address) {
  static constexpr uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::memcmp(address, kMapped, sizeof kMapped) == 0) {
    std::memcpy(to, "::ffff:", 7);
    return writeAddress4(to + 7, address + 12);
  }
  int best = 8, bestLength = 1;
  for (int i = 0, run = 0; i < 8; i++) {
    run = (address[2 * i] | address[2 * i + 1]) == 0 ? run + 1 : 0;
    if (run > bestLength) {
      bestLength = run;
      best = i - run + 1;
    }
  }
  for (int i = 0; i < 8; i++) {
    if (i == best) {
      *to++ = ':';
      if (i == 0) *to++ = ':';
      i += bestLength - 1;
      continue;
    }
    const uint8_t high = address[2 * i], low = address[2 * i + 1];
    char digits[4];
    writeHexOctet(writeHexOctet(digits, high), low);
    const int skip = high >= 16 ? 0 : high != 0 ? 1 : low >= 16 ? 2 : 3;
    for (int d = skip; d < 4; d++) *to++ = digits[d];
    if (i != 7) *to++ = ':';
  }
  return to;
}

// 02-00-00-AB-CD-EF (RFC 7042 section 2.1)
inline char* writeMacHyphens(char* to, const uint8_t* mac) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  for (int i = 0; i < 6; i++) {
    if (i != 0) *to++ = '-';
    *to++ = kDigits[mac[i] >> 4];
    *to++ = kDigits[mac[i] & 15];
  }
  return to;
}

inline char* writeMac(char* to, const uint8_t* mac) {
  for (int i = 0; i < 6; i++) {
    if (i != 0) *to++ = ':';
    to = writeHexOctet(to, mac[i]);
  }
  return to;
}

// ISO 8601 times in UTC. The date and time of a second are kept: flows of a batch share few of them.
class TimeWriter {
 public:
  // 2026-11-21T02:29:10.000Z; fraction: 0, 3, 6 or 9 digits.
  char* writeIso(char* to, uint64_t ns, unsigned fraction) {
    const uint64_t seconds = ns / kNsPerSecond;
    std::memcpy(to, at(seconds).text, kSecondLength);
    to = writeFraction(to + kSecondLength, ns - seconds * kNsPerSecond, fraction);
    *to = 'Z';
    return to + 1;
  }
  // 02:29:10.000
  char* writeClock(char* to, uint64_t ns, unsigned fraction) {
    const uint64_t seconds = ns / kNsPerSecond;
    std::memcpy(to, at(seconds).text + kDateLength, kSecondLength - kDateLength);
    return writeFraction(to + kSecondLength - kDateLength, ns - seconds * kNsPerSecond, fraction);
  }

 private:
  static constexpr uint64_t kNsPerSecond = 1000000000;
  static constexpr size_t kDateLength = 11;    // 2026-11-21T
  static constexpr size_t kSecondLength = 19;  // 2026-11-21T02:29:10
  struct Entry {
    uint64_t second = UINT64_MAX;
    char text[24] = {};
  };

  static char* writeFraction(char* to, uint64_t ns, unsigned digits) {
    if (digits == 0) return to;
    *to = '.';
    return writeFixedDigits(to + 1, ns / tables::kPowersOfTen[9 - digits], digits);
  }

  const Entry& at(uint64_t second) {
    Entry& entry = entries_[second % entries_.size()];
    if (entry.second != second) fill(entry, second);
    return entry;
  }

  static void fill(Entry& entry, uint64_t second) {
    constexpr uint64_t kDay = 86400;
    const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{second / kDay}}};
    const uint64_t rest = second % kDay;
    char* to = writeFixedDigits(entry.text, static_cast<uint64_t>(static_cast<int>(date.year())), 4);
    *to++ = '-';
    to = writeFixedDigits(to, static_cast<unsigned>(date.month()), 2);
    *to++ = '-';
    to = writeFixedDigits(to, static_cast<unsigned>(date.day()), 2);
    *to++ = 'T';
    to = writeFixedDigits(to, rest / 3600, 2);
    *to++ = ':';
    to = writeFixedDigits(to, rest / 60 % 60, 2);
    *to++ = ':';
    writeFixedDigits(to, rest % 60, 2);
    entry.second = second;
  }

  std::array<Entry, 64> entries_{};
};

}  // namespace weir::format
