#include "dpi/quic_hello.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/cursor.h"
#include "dpi/quic_packet.h"

namespace weir {
namespace {

std::string_view textOf(Octets octets) { return {reinterpret_cast<const char*>(octets.data()), octets.size()}; }

// Integers of Google's messages have the octet order of x86.
uint32_t loadLe32(const uint8_t* at) {
  return static_cast<uint32_t>(at[3]) << 24 | static_cast<uint32_t>(at[2]) << 16 | static_cast<uint32_t>(at[1]) << 8 | at[0];
}

}  // namespace

// "CHLO", number of tags, padding; each tag with where its value ends; the values.
Parse readGoogleHello(Octets stream, FactBuffer& facts) {
  constexpr size_t kHeader = 8, kEntry = 8, kTags = 128;
  static constexpr std::string_view kMagic = "CHLO";
  const std::string_view magic = textOf(stream.first(std::min(stream.size(), kMagic.size())));
  if (kMagic.substr(0, magic.size()) != magic) return Parse::no;
  if (stream.size() < kHeader) return Parse::more;
  const size_t tags = stream[4] | static_cast<size_t>(stream[5]) << 8;
  if (tags == 0 || tags > kTags) return Parse::no;
  const size_t values = kHeader + tags * kEntry;
  if (stream.size() < values) return Parse::more;
  size_t begin = 0;
  for (size_t i = 0; i < tags; i++) {
    const uint8_t* entry = stream.data() + kHeader + i * kEntry;
    const size_t end = loadLe32(entry + 4);
    if (end < begin) return Parse::no;
    if (end > stream.size() - values) return Parse::more;
    const std::string_view tag = textOf({entry, 4}), value = textOf(stream.subspan(values + begin, end - begin));
    if (tag == std::string_view("SNI\0", 4)) facts.add(Fact::tlsServerName, value);
    if (tag == "UAID") facts.add(Fact::quicUserAgent, value);
    begin = end;
  }
  return Parse::done;
}

void addQuicUserAgent(Octets transportParameters, bool variable, FactBuffer& facts) {
  constexpr uint64_t kUserAgent = 0x3129;
  Cursor at(transportParameters.data(), transportParameters.size());
  if (!variable) {
    if (!at.has(2)) return;
    at.skip(2);  // length of all
  }
  while (at.left() > 0) {
    uint64_t id, size;
    if (variable) {
      if (!takeQuicInteger(at, id) || !takeQuicInteger(at, size)) return;
    } else {
      if (!at.has(4)) return;
      id = at.be16();
      size = at.be16(2);
      at.skip(4);
    }
    if (!at.has(size)) return;
    if (id == kUserAgent) return void(facts.add(Fact::quicUserAgent, textOf({at.at, size})));
    at.skip(size);
  }
}

}  // namespace weir
