// Octets of hellos, records and extensions, built by hand; and loops over what hostile octets may look like.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "dpi/parsers.h"

namespace weir::test {

using Bytes = std::vector<uint8_t>;

inline Bytes fromHex(std::string_view text) {
  const auto digit = [](char character) {
    return static_cast<uint8_t>(character <= '9' ? character - '0' : (character | 32) - 'a' + 10);
  };
  Bytes octets;
  for (size_t i = 0; i + 2 <= text.size(); i += 2) {
    octets.push_back(static_cast<uint8_t>(digit(text[i]) << 4 | digit(text[i + 1])));
  }
  return octets;
}

inline Bytes text(std::string_view characters) { return Bytes(characters.begin(), characters.end()); }

inline Bytes join(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

inline Bytes number(uint64_t value, size_t octets) {
  Bytes out(octets);
  for (size_t i = 0; i < octets; i++) out[octets - 1 - i] = static_cast<uint8_t>(value >> 8 * i);
  return out;
}

// With its length in so many octets before it.
inline Bytes vector(size_t lengthOctets, const Bytes& body) { return join({number(body.size(), lengthOctets), body}); }

inline Bytes values(std::initializer_list<uint16_t> list) {
  Bytes out;
  for (const uint16_t value : list) out = join({out, number(value, 2)});
  return out;
}

inline Bytes extension(uint16_t type, const Bytes& body = {}) { return join({number(type, 2), vector(2, body)}); }

inline Bytes serverName(std::string_view name) {
  return extension(0, vector(2, join({{0}, vector(2, text(name))})));
}

inline Bytes alpn(std::initializer_list<std::string_view> names) {
  Bytes list;
  for (const std::string_view name : names) list = join({list, vector(1, text(name))});
  return extension(16, vector(2, list));
}

inline Bytes listExtension(uint16_t type, std::initializer_list<uint16_t> list) {
  return extension(type, vector(2, values(list)));
}

inline Bytes supportedVersions(std::initializer_list<uint16_t> list) {
  return extension(43, vector(1, values(list)));
}

// A handshake message: type, length, body.
inline Bytes message(uint8_t type, const Bytes& body) { return join({{type}, vector(3, body)}); }

inline Bytes clientHello(uint16_t version, const Bytes& ciphers, const Bytes& extensions) {
  Bytes body = join({number(version, 2), Bytes(32, 7), vector(1, Bytes(32, 9)), vector(2, ciphers), vector(1, {0})});
  if (!extensions.empty()) body = join({body, vector(2, extensions)});
  return message(1, body);
}

inline Bytes serverHello(uint16_t version, uint16_t cipher, const Bytes& extensions, const Bytes& random = Bytes(32, 5)) {
  Bytes body = join({number(version, 2), random, vector(1, {}), number(cipher, 2), {0}});
  if (!extensions.empty()) body = join({body, vector(2, extensions)});
  return message(2, body);
}

inline Bytes record(uint8_t type, const Bytes& body, uint16_t version = 0x0301) {
  return join({{type}, number(version, 2), vector(2, body)});
}

// In records of so many octets.
inline Bytes records(const Bytes& handshake, size_t each) {
  Bytes out;
  for (size_t at = 0; at < handshake.size(); at += each) {
    const size_t end = std::min(handshake.size(), at + each);
    out = join({out, record(22, Bytes(handshake.begin() + static_cast<std::ptrdiff_t>(at),
                                      handshake.begin() + static_cast<std::ptrdiff_t>(end)))});
  }
  return out;
}

// A copy of exactly this size on the heap, so that a sanitizer sees the first octet read behind it.
inline Bytes prefix(const Bytes& octets, size_t size) {
  Bytes copy(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(size));
  copy.shrink_to_fit();
  return copy;
}

// Every cut prefix is to be continued: `wanted` never exceeds what is needed and is never reached already.
template <typename Parser>
void checkPrefixes(const Bytes& octets, Parser parse) {
  for (size_t size = 0; size < octets.size(); size++) {
    CAPTURE(size);
    const Bytes cut = prefix(octets, size);
    FactBuffer facts;
    const ParseResult result = parse(Octets(cut), facts);
    CHECK(result.state == Parse::more);
    CHECK(result.wanted <= octets.size());
    if (result.wanted != 0) CHECK(result.wanted > size);
  }
}

// Any octet may be anything: the parser says what it likes and stays within its span.
template <typename Parser>
void corrupt(const Bytes& octets, Parser parse) {
  for (size_t at = 0; at < octets.size(); at++) {
    for (const int change : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
      Bytes changed = octets;
      changed[at] = static_cast<uint8_t>(changed[at] ^ change);
      if (change == 0) changed[at] = 0;
      FactBuffer facts;
      parse(Octets(changed), facts);
    }
  }
}

}  // namespace weir::test
