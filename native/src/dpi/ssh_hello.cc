// SSH: the identification string (RFC 4253 section 4.2), KEXINIT (section 7.1) and its HASSH: MD5 of the lists of key
// exchange, encryption, MAC and compression of the sender's direction, with semicolons between them.
#include <string>
#include <string_view>

#include "base/cursor.h"
#include "dpi/digest.h"
#include "dpi/parsers.h"

namespace weir {
namespace {

constexpr size_t kLongestIdentification = 255;  // with CR LF
constexpr uint32_t kLongestPacket = 35000;
constexpr uint8_t kKexInit = 20;
constexpr size_t kCookie = 16;
constexpr size_t kLists = 8;  // key exchange, host keys, then encryption, MAC and compression of either direction

// MD5 input of HASSH; empty when the lists do not fit the packet.
std::string algorithms(Cursor payload, bool client) {
  if (!payload.has(1 + kCookie) || payload.u8() != kKexInit) return {};
  payload.skip(1 + kCookie);
  std::string text;
  for (size_t i = 0; i < kLists; i++) {
    if (!payload.has(4) || payload.left() - 4 < payload.be32()) return {};
    const uint32_t length = payload.be32();
    const bool mine = i == 0 || (i >= 2 && (i % 2 == 0) == client);
    if (mine) {
      if (i != 0) text.push_back(';');
      text.append(reinterpret_cast<const char*>(payload.at) + 4, length);
    }
    payload.skip(4 + length);
  }
  return text;
}

ParseResult readKexInit(Octets stream, size_t at, bool client, FactBuffer& facts) {
  Cursor packet(stream.data() + at, stream.size() - at);
  if (!packet.has(6)) return {Parse::more, at + 6};
  const uint32_t length = packet.be32();
  const uint8_t padding = packet.u8(4);
  if (length > kLongestPacket || length < padding + 2u || packet.u8(5) != kKexInit) return {Parse::done, 0};
  if (!packet.has(4 + length)) return {Parse::more, at + 4 + length};
  const std::string text = algorithms({packet.at + 5, length - padding - 1}, client);
  if (!text.empty()) facts.add(client ? Fact::sshHasshClient : Fact::sshHasshServer, md5Hex(text));
  return {Parse::done, 0};
}

}  // namespace

bool looksLikeSsh(Octets stream) {
  return stream.size() >= 7 && std::string_view(reinterpret_cast<const char*>(stream.data()), 4) == "SSH-" &&
         (stream[4] == '1' || stream[4] == '2') && stream[5] == '.';
}

ParseResult parseSsh(Octets stream, bool client, FactBuffer& facts) {
  if (!looksLikeSsh(stream)) return {};
  const std::string_view text(reinterpret_cast<const char*>(stream.data()), stream.size());
  const size_t end = text.find('\n');
  if (end == std::string_view::npos) return {stream.size() < kLongestIdentification ? Parse::more : Parse::no, 0};
  if (end >= kLongestIdentification) return {};
  std::string_view identification = text.substr(0, end);
  if (identification.ends_with('\r')) identification.remove_suffix(1);
  facts.add(client ? Fact::sshClient : Fact::sshServer, identification);
  const bool hasKexInit = identification.starts_with("SSH-2.") || identification.starts_with("SSH-1.99");
  return hasKexInit ? readKexInit(stream, end + 1, client, facts) : ParseResult{Parse::done, 0};
}

}  // namespace weir
