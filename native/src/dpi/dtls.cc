#include "dpi/dtls.h"

#include <cstring>

#include "base/cursor.h"
#include "dpi/tls_certificate.h"
#include "dpi/tls_hello.h"
#include "dpi/tls_records.h"

namespace weir {
namespace {

constexpr size_t kRecordHeader = 13, kFragmentHeader = 12;
constexpr uint8_t kHandshakeRecord = 22;
constexpr uint8_t kFailures = 6;
constexpr size_t kFragments = 64;   // looked at in a datagram

bool isVersion(uint16_t version) { return version == 0xfeff || version == 0xfefd || version == 0xfefc || version == 0x0100; }

// One fragment of a handshake message: its header says where it belongs.
struct Fragment {
  uint8_t type = 0;
  uint32_t length = 0;    // of the message's body
  uint16_t sequence = 0;
  uint32_t offset = 0;
  Octets body;
};

// The fragments in clear of a datagram, record after record.
class Fragments {
 public:
  explicit Fragments(Octets datagram) : records_(datagram.data(), datagram.size()) {}
  bool next(Fragment& fragment) {
    while (inside_.left() == 0) {
      if (!enterRecord()) return false;
    }
    return read(fragment);
  }

 private:
  bool enterRecord() {
    if (!records_.has(kRecordHeader) || !isVersion(records_.be16(1))) return false;
    const uint8_t type = records_.u8();
    const bool inClear = records_.be16(3) == 0;  // epoch
    const size_t length = records_.be16(11);
    if (!records_.has(kRecordHeader + length)) return false;
    if (type == kHandshakeRecord && inClear) inside_ = Cursor(records_.at + kRecordHeader, length);
    records_.skip(kRecordHeader + length);
    return true;
  }
  bool read(Fragment& fragment) {
    if (!inside_.has(kFragmentHeader)) return false;
    const size_t size = loadBe24(inside_.at + 9);
    fragment = {inside_.u8(), loadBe24(inside_.at + 1), inside_.be16(4), loadBe24(inside_.at + 6), {}};
    if (!inside_.has(kFragmentHeader + size) || fragment.offset + size > fragment.length) return false;
    fragment.body = {inside_.at + kFragmentHeader, size};
    inside_.skip(kFragmentHeader + size);
    return true;
  }

  Cursor records_;
  Cursor inside_;
};

// The message as TLS has it, as far as it is there. Its header of 4 octets stands before the body in the buffer.
Octets assemble(const Fragment& fragment, DtlsMessages& messages) {
  if (messages.length == 0 || messages.sequence != fragment.sequence || messages.type != fragment.type) {
    // An older message comes again: the one under way goes first.
    const bool underWay = messages.length != 0 && messages.body.beginning().size() < kHandshakeHeader + messages.length;
    if (underWay && static_cast<int16_t>(fragment.sequence - messages.sequence) < 0) return {};
    const uint8_t header[kHandshakeHeader] = {fragment.type, static_cast<uint8_t>(fragment.length >> 16),
                                              static_cast<uint8_t>(fragment.length >> 8), static_cast<uint8_t>(fragment.length)};
    messages.body.clear();
    messages.body.put(0, header);
    messages.type = fragment.type;
    messages.sequence = fragment.sequence;
    messages.length = fragment.length;
  }
  if (messages.length == fragment.length) messages.body.put(kHandshakeHeader + fragment.offset, fragment.body);
  return messages.body.beginning();
}

ParseResult unfinished(DtlsMessages& messages) { return {++messages.failures > kFailures ? Parse::no : Parse::more}; }

// Whether both of the server's messages were read, in whatever order they came.
Parse stateOf(bool certificateFollows, const FactBuffer& facts) {
  const bool all = facts.has(Fact::tlsVersion) && (!certificateFollows || facts.has(Fact::tlsCertificateSha1));
  return all ? Parse::done : Parse::more;
}

Parse readServerMessage(uint8_t type, Octets message, FactBuffer& facts) {
  switch (type) {
    case handshake::kHelloRequest:
    case handshake::kHelloVerifyRequest: return Parse::more;  // a flight of its own: the cookie
    case handshake::kCertificate: {
      const Parse state = addCertificateFacts(message, facts).state;
      return state == Parse::more ? Parse::more : stateOf(false, facts);
    }
    case handshake::kServerHello: {
      ServerHello hello;
      const Parse state = readServerHello(message, hello);
      if (state != Parse::done) return state;
      addServerFacts(hello, facts);
      return hello.retry ? Parse::more : stateOf(wantsCertificate(facts) && !hidesCertificate(hello.chosenVersion), facts);
    }
    default: return facts.has(Fact::tlsVersion) ? Parse::done : Parse::no;
  }
}

}  // namespace

bool looksLikeDtls(Octets datagram) {
  Cursor at(datagram.data(), datagram.size());
  if (!at.has(kRecordHeader + kFragmentHeader)) return false;
  const uint8_t type = at.u8(kRecordHeader);
  return at.u8() == kHandshakeRecord && isVersion(at.be16(1)) && at.be16(3) == 0 && at.be16(11) >= kFragmentHeader &&
         (type == handshake::kClientHello || type == handshake::kServerHello || type == handshake::kHelloVerifyRequest);
}

ParseResult parseDtlsClient(Octets datagram, DtlsMessages& messages, FactBuffer& facts) {
  Fragments fragments(datagram);
  Fragment fragment;
  bool found = false;
  for (size_t i = 0; i < kFragments && fragments.next(fragment); i++) {
    if (fragment.type != handshake::kClientHello) return {};
    found = true;
    const ParseResult result = parseClientHello(assemble(fragment, messages), 'd', facts);
    if (result.state != Parse::more) return result;
  }
  return found || messages.length != 0 ? unfinished(messages) : ParseResult{};
}

ParseResult parseDtlsServer(Octets datagram, DtlsMessages& messages, FactBuffer& facts) {
  Fragments fragments(datagram);
  Fragment fragment;
  bool found = false;
  for (size_t i = 0; i < kFragments && fragments.next(fragment); i++) {
    found = true;
    const Octets message = assemble(fragment, messages);
    if (message.empty()) continue;
    const Parse state = readServerMessage(fragment.type, message, facts);
    if (state != Parse::more) return {state};
  }
  // Encrypted records behind the hello: no certificate comes.
  if (!found) return {facts.has(Fact::tlsVersion) ? Parse::done : Parse::no};
  return unfinished(messages);
}

ParseResult parseDtlsClient(Octets datagram, FactBuffer& facts) {
  DtlsMessages messages;
  return parseDtlsClient(datagram, messages, facts);
}

ParseResult parseDtlsServer(Octets datagram, FactBuffer& facts) {
  DtlsMessages messages;
  return parseDtlsServer(datagram, messages, facts);
}

}  // namespace weir
