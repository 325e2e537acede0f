#include "encode/options_value.h"

#include <arpa/inet.h>

#include <bit>
#include <cmath>

#include "base/error.h"
#include "base/utf8.h"
#include "encode/wire_value.h"

namespace weir {
namespace {

constexpr uint64_t kNsPerMs = 1000000;

[[noreturn]] void refuse(const OptionsField& field, const std::string& wanted) {
  throw Error("WEIR_INTERNAL", "options field " + std::to_string(field.enterprise) + "." + std::to_string(field.id) +
                                   " needs " + wanted);
}

const std::string& textOf(const OptionsField& field, const OptionsValue& value) {
  const auto* const text = std::get_if<std::string>(&value);
  if (text == nullptr) refuse(field, "a text");
  return *text;
}

double realOf(const OptionsField& field, const OptionsValue& value) {
  if (const auto* const whole = std::get_if<uint64_t>(&value)) return static_cast<double>(*whole);
  const auto* const real = std::get_if<double>(&value);
  if (real == nullptr) refuse(field, "a number");
  return *real;
}

// Clamped to 64 bits; a fraction is cut off.
uint64_t wholeOf(const OptionsField& field, const OptionsValue& value) {
  if (const auto* const whole = std::get_if<uint64_t>(&value)) return *whole;
  const double real = realOf(field, value);
  if (!(real > 0)) return 0;
  return real >= 0x1p64 ? UINT64_MAX : static_cast<uint64_t>(real);
}

uint64_t nanoseconds(const OptionsField& field, const OptionsValue& value) {
  const uint64_t ms = wholeOf(field, value);
  if (ms > UINT64_MAX / kNsPerMs - 1) refuse(field, "a time before 2554");
  const auto* const real = std::get_if<double>(&value);
  const double fraction = real != nullptr && *real > 0 ? *real - std::floor(*real) : 0;
  return ms * kNsPerMs + static_cast<uint64_t>(fraction * kNsPerMs);
}

void appendInteger(std::vector<uint8_t>& to, uint64_t value, size_t length) {
  if (length < 8 && value >> (8 * length) != 0) value = UINT64_MAX;
  for (size_t i = length; i-- > 0;) to.push_back(static_cast<uint8_t>(value >> (8 * i)));
}

void append(std::vector<uint8_t>& to, std::span<const uint8_t> octets) {
  to.insert(to.end(), octets.begin(), octets.end());
}

void appendReal(std::vector<uint8_t>& to, const OptionsField& field, double value) {
  if (field.length == 4) return appendInteger(to, std::bit_cast<uint32_t>(static_cast<float>(value)), 4);
  appendInteger(to, std::bit_cast<uint64_t>(value), 8);
}

void appendTime(std::vector<uint8_t>& to, const OptionsField& field, uint64_t ns) {
  uint8_t octets[8];
  switch (field.type) {
    case WireType::dateTimeSeconds: storeTime<WireType::dateTimeSeconds>(octets, ns); break;
    case WireType::dateTimeMilliseconds: storeTime<WireType::dateTimeMilliseconds>(octets, ns); break;
    case WireType::dateTimeMicroseconds: storeTime<WireType::dateTimeMicroseconds>(octets, ns); break;
    default: storeTime<WireType::dateTimeNanoseconds>(octets, ns); break;
  }
  append(to, {octets, field.type == WireType::dateTimeSeconds ? size_t{4} : size_t{8}});
}

void appendAddress(std::vector<uint8_t>& to, const OptionsField& field, const std::string& text) {
  uint8_t octets[16];
  const bool is4 = field.type == WireType::ipv4Address;
  if (inet_pton(is4 ? AF_INET : AF_INET6, text.c_str(), octets) != 1) {
    refuse(field, std::string(is4 ? "an IPv4" : "an IPv6") + " address, not '" + text + "'");
  }
  append(to, {octets, is4 ? size_t{4} : size_t{16}});
}

// Hex digits, two an octet; `between` stands between octets, 0: nothing.
std::vector<uint8_t> octetsOf(const OptionsField& field, const std::string& text, char between) {
  const auto digit = [&](size_t i) -> unsigned {
    const char c = i < text.size() ? text[i] : '-';
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
    refuse(field, "hex digits, not '" + text + "'");
  };
  std::vector<uint8_t> octets;
  for (size_t i = 0; i < text.size(); i += 2) {
    if (between != 0 && i != 0 && text[i++] != between) refuse(field, "a MAC address, not '" + text + "'");
    octets.push_back(static_cast<uint8_t>(digit(i) << 4 | digit(i + 1)));
  }
  return octets;
}

// Texts and octets, which RFC 7011 section 7 allows a length of their own; false when some were lost.
bool appendOctets(std::vector<uint8_t>& to, const OptionsField& field, std::vector<uint8_t> octets, bool isString) {
  size_t size = octets.size();
  const size_t most = field.length == kVariableLength ? kLongestMessage : field.length;
  if (size > most) size = isString ? utf8::boundary(octets.data(), size, most) : 0;  // octets are never cut
  const bool whole = size == octets.size();
  octets.resize(size);
  if (field.length != kVariableLength) {
    octets.resize(most);  // zeros
  } else if (size < 255) {
    to.push_back(static_cast<uint8_t>(size));
  } else {
    to.push_back(255);
    append16(to, static_cast<uint32_t>(size));
  }
  append(to, octets);
  return whole;
}

bool appendString(std::vector<uint8_t>& to, const OptionsField& field, const std::string& text) {
  std::vector<uint8_t> octets(text.begin(), text.end());
  octets.resize(text.size() * utf8::kReplacementSize);  // each octet may turn into U+FFFD
  octets.resize(utf8::sanitize(octets.data(), text.size(), octets.size()));
  return appendOctets(to, field, std::move(octets), true);
}

}  // namespace

bool appendValue(std::vector<uint8_t>& to, const OptionsField& field, const OptionsValue& value) {
  switch (field.type) {
    case WireType::boolean: to.push_back(wholeOf(field, value) != 0 ? 1 : 2); return true;
    case WireType::float32:
    case WireType::float64: appendReal(to, field, realOf(field, value)); return true;
    case WireType::dateTimeSeconds:
    case WireType::dateTimeMilliseconds:
    case WireType::dateTimeMicroseconds:
    case WireType::dateTimeNanoseconds: appendTime(to, field, nanoseconds(field, value)); return true;
    case WireType::ipv4Address:
    case WireType::ipv6Address: appendAddress(to, field, textOf(field, value)); return true;
    case WireType::macAddress: {
      const std::vector<uint8_t> octets = octetsOf(field, textOf(field, value), ':');
      if (octets.size() != 6) refuse(field, "a MAC address");
      append(to, octets);
      return true;
    }
    case WireType::string: return appendString(to, field, textOf(field, value));
    case WireType::octetArray: return appendOctets(to, field, octetsOf(field, textOf(field, value), 0), false);
    default: appendInteger(to, wholeOf(field, value), field.length); return true;
  }
}

}  // namespace weir
