#include "dpi/fingerprints.h"

#include <algorithm>

#include "base/cursor.h"
#include "dpi/digest.h"
#include "dpi/fixed_text.h"

namespace weir {
namespace {

constexpr size_t kLongestFingerprint = 8192;
constexpr size_t kValues = 512;       // of a sorted list
constexpr size_t kHashDigits = 12;    // of JA4
using Text = FixedText<kLongestFingerprint>;

// Decimal values of a list, without GREASE.
void addDecimals(Octets list, Text& text) {
  bool first = true;
  for (size_t i = 0; i + 2 <= list.size(); i += 2) {
    const uint16_t value = loadBe16(list.data() + i);
    if (isGrease(value)) continue;
    if (!first) text.add('-');
    text.decimal(value);
    first = false;
  }
}

void addDecimals(const ExtensionTypes& extensions, Text& text) {
  bool first = true;
  for (size_t i = 0; i < extensions.count; i++) {
    if (isGrease(extensions.type[i])) continue;
    if (!first) text.add('-');
    text.decimal(extensions.type[i]);
    first = false;
  }
}

// Values without GREASE, for JA4.
struct Values {
  size_t count = 0;
  bool cut = false;
  std::array<uint16_t, kValues> value;

  void add(uint16_t one) {
    if (isGrease(one)) return;
    if (count == kValues) cut = true;
    else value[count++] = one;
  }
  void sort() { std::sort(value.begin(), value.begin() + static_cast<std::ptrdiff_t>(count)); }
  void write(Text& text) const {
    for (size_t i = 0; i < count; i++) {
      if (i > 0) text.add(',');
      text.hex16(value[i]);
    }
  }
};

Values valuesOf(Octets list) {
  Values values;
  for (size_t i = 0; i + 2 <= list.size(); i += 2) values.add(loadBe16(list.data() + i));
  return values;
}

// The newest version that is offered; those of DTLS count downwards.
uint16_t newestVersion(const ClientHello& hello, char transport) {
  const Values versions = valuesOf(hello.versions);
  if (versions.count == 0) return hello.version;
  const auto begin = versions.value.begin(), end = begin + static_cast<std::ptrdiff_t>(versions.count);
  return transport == 'd' ? *std::min_element(begin, end) : *std::max_element(begin, end);
}

std::string_view versionCode(uint16_t version) {
  switch (version) {
    case 0x0304: return "13";
    case 0x0303: return "12";
    case 0x0302: return "11";
    case 0x0301: return "10";
    case 0x0300: return "s3";
    case 0x0002: return "s2";
    case 0xfeff: return "d1";
    case 0xfefd: return "d2";
    case 0xfefc: return "d3";
    default: return "00";
  }
}

bool isAlphanumeric(uint8_t octet) {
  return (octet >= '0' && octet <= '9') || (octet >= 'A' && octet <= 'Z') || (octet >= 'a' && octet <= 'z');
}

// First and last character of the first protocol; of its hexadecimal form when one of them is not alphanumeric.
void addProtocol(Octets protocols, FixedText<64>& text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  const size_t length = protocols.empty() ? 0 : protocols[0];
  if (length == 0 || length >= protocols.size()) {
    text.add("00");
    return;
  }
  const uint8_t first = protocols[1], last = protocols[length];
  const bool plain = isAlphanumeric(first) && isAlphanumeric(last);
  text.add(plain ? static_cast<char>(first) : kDigits[first >> 4]);
  text.add(plain ? static_cast<char>(last) : kDigits[last & 15]);
}

void addCount(size_t count, FixedText<64>& text) {
  const auto shown = static_cast<unsigned>(std::min<size_t>(count, 99));
  if (shown < 10) text.add('0');
  text.decimal(shown);
}

std::string hashOf(const Text& text) {
  return text.empty() ? std::string(kHashDigits, '0') : sha256Hex(text.view(), kHashDigits);
}

}  // namespace

std::string ja3(const ClientHello& hello) {
  Text text;
  text.decimal(hello.version);
  text.add(',');
  addDecimals(hello.ciphers, text);
  text.add(',');
  addDecimals(hello.extensions, text);
  text.add(',');
  addDecimals(hello.groups, text);
  text.add(',');
  for (size_t i = 0; i < hello.pointFormats.size(); i++) {
    if (i > 0) text.add('-');
    text.decimal(hello.pointFormats[i]);
  }
  return text.isCut() ? std::string() : md5Hex(text.view());
}

std::string ja3s(const ServerHello& hello) {
  Text text;
  text.decimal(hello.version);
  text.add(',');
  text.decimal(hello.cipher);
  text.add(',');
  addDecimals(hello.extensions, text);
  return text.isCut() ? std::string() : md5Hex(text.view());
}

std::string ja4(const ClientHello& hello, char transport) {
  Values ciphers = valuesOf(hello.ciphers);
  Values extensions;
  size_t extensionCount = 0;
  for (size_t i = 0; i < hello.extensions.count; i++) {
    const uint16_t type = hello.extensions.type[i];
    if (!isGrease(type)) extensionCount++;
    if (type != tls::kServerName && type != tls::kAlpn) extensions.add(type);
  }
  FixedText<64> whole;
  whole.add(transport);
  whole.add(versionCode(newestVersion(hello, transport)));
  whole.add(hello.hasServerName ? 'd' : 'i');
  addCount(ciphers.count, whole);
  addCount(extensionCount, whole);
  addProtocol(hello.protocols, whole);

  Text sortedCiphers, sortedExtensions;
  ciphers.sort();
  ciphers.write(sortedCiphers);
  extensions.sort();
  extensions.write(sortedExtensions);
  const Values algorithms = valuesOf(hello.signatureAlgorithms);
  if (extensions.count > 0 && algorithms.count > 0) {
    sortedExtensions.add('_');
    algorithms.write(sortedExtensions);
  }
  if (ciphers.cut || sortedCiphers.isCut() || sortedExtensions.isCut()) return {};
  whole.add('_');
  whole.add(hashOf(sortedCiphers));
  whole.add('_');
  whole.add(hashOf(sortedExtensions));
  return std::string(whole.view());
}

}  // namespace weir
