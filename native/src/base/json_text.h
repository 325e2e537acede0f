// Texts inside JSON strings (RFC 8259 section 7): escaped as far as needed, so that they end neither the string nor a line.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/utf8.h"

namespace weir::json {

namespace detail {

inline constexpr uint8_t kPlain = 0, kByNumber = 1, kBeyondAscii = 2;  // other classes: the letter behind the backslash

inline constexpr auto kClasses = [] {
  std::array<uint8_t, 256> classes{};
  for (size_t octet = 0; octet < 256; octet++) {
    classes[octet] = octet < 0x20 || octet == 0x7f ? kByNumber : octet >= 0x80 ? kBeyondAscii : kPlain;
  }
  classes['"'] = '"';
  classes['\\'] = '\\';
  classes['\b'] = 'b';
  classes['\f'] = 'f';
  classes['\n'] = 'n';
  classes['\r'] = 'r';
  classes['\t'] = 't';
  return classes;
}();

inline char* writeCode(char* to, uint16_t code) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::memcpy(to, "\\u", 2);
  for (int i = 0; i < 4; i++) to[2 + i] = kDigits[code >> (12 - 4 * i) & 15];
  return to + 6;
}

// U+2028 and U+2029 end lines in JavaScript.
inline bool isLineSeparator(const uint8_t* at, size_t length) {
  return length == 3 && at[0] == 0xe2 && at[1] == 0x80 && (at[2] == 0xa8 || at[2] == 0xa9);
}

}  // namespace detail

// What one octet of a text grows to at most.
inline constexpr size_t kWorstEscape = 6;

// Returns the end of what was written; room: kWorstEscape octets for each of the text.
inline char* writeEscaped(char* to, std::span<const uint8_t> text) {
  using namespace detail;
  for (size_t at = 0; at < text.size();) {
    const uint8_t octet = text[at];
    const uint8_t kind = kClasses[octet];
    if (kind == kPlain) {
      *to++ = static_cast<char>(octet);
      at++;
    } else if (kind == kByNumber) {
      to = writeCode(to, octet);
      at++;
    } else if (kind != kBeyondAscii) {
      *to++ = '\\';
      *to++ = static_cast<char>(kind);
      at++;
    } else if (const size_t length = utf8::sequenceLength(&text[at], text.size() - at); length == 0) {
      std::memcpy(to, utf8::kReplacement, utf8::kReplacementSize);
      to += utf8::kReplacementSize;
      at += utf8::brokenLength(&text[at], text.size() - at);
    } else if (isLineSeparator(&text[at], length)) {
      to = writeCode(to, text[at + 2] == 0xa8 ? 0x2028 : 0x2029);
      at += length;
    } else {
      std::memcpy(to, &text[at], length);
      to += length;
      at += length;
    }
  }
  return to;
}

}  // namespace weir::json
