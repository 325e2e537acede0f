#include "dpi/stream_facts.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/cursor.h"
#include "dpi/dns_exchange.h"
#include "dpi/fact_collector.h"
#include "dpi/tls_records.h"

namespace weir {
namespace {

constexpr size_t kEnough = 8;           // octets before a protocol is ruled out
constexpr unsigned kFewSegments = 5;    // of a connection that says nothing known
constexpr unsigned kTalkSegments = 16;  // of one that may turn to TLS: STARTTLS, proxies
constexpr unsigned kSilentSegments = 24;  // while only one side was understood
constexpr unsigned kUploadSegments = 1024;  // of HTTP, whose response comes behind the request's body
constexpr size_t kHandshakeType = 5;      // behind the first record's header

// Lines of text, or the hello of SSL 2 that old clients send to servers which answer in TLS.
bool mayTurnToTls(Octets stream) {
  if (stream.size() > 4 && (stream[0] & 0x80) != 0 && stream[2] == 1 && stream[3] == 3) return true;
  return std::all_of(stream.begin(), stream.begin() + static_cast<ptrdiff_t>(std::min(stream.size(), kEnough)),
                     [](uint8_t octet) { return (octet >= 0x20 && octet < 0x7f) || octet == '\r' || octet == '\n'; });
}

// Of a segment's first octet: a SYN counts as one before it.
uint32_t firstSequence(const Packet& packet) { return packet.sequence + ((packet.tcpFlags & kTcpSyn) != 0 ? 1 : 0); }

// What the snap length or fragmentation took away does not come any more.
bool isCut(const Packet& packet) {
  return packet.payloadCaptured < packet.payload || (packet.present & isFragment) != 0;
}

bool isDnsPort(const Packet& packet) { return packet.key.port[0] == 53 || packet.key.port[1] == 53; }

// The message of DNS over TCP that begins at an offset, as far as it is there.
Octets dnsMessage(Octets stream, size_t at, size_t& length) {
  length = loadBe16(stream.data() + at);
  return stream.subspan(at + 2, std::min(length, stream.size() - at - 2));
}

bool looksLikeDnsStream(const Packet& packet, Octets stream) {
  size_t length = 0;
  const Octets message = dnsMessage(stream, 0, length);
  if (length < 17) return false;
  if (!isDnsPort(packet)) return length == message.size() && looksLikeDns(message);
  return message.size() < 12 || (message[2] >> 3 & 15) <= 6;
}

FactProtocol protocolOf(const Packet& packet, Octets stream) {
  if (stream.size() < kEnough) return FactProtocol::unknown;
  if (looksLikeTls(stream)) return FactProtocol::tls;
  if (looksLikeHttpRequest(stream) || looksLikeHttpResponse(stream)) return FactProtocol::http;
  if (looksLikeSsh(stream)) return FactProtocol::ssh;
  return looksLikeDnsStream(packet, stream) ? FactProtocol::dns : FactProtocol::unknown;
}

bool isConnect(Octets stream) {
  static constexpr std::string_view kConnect = "CONNECT ";
  return stream.size() >= kConnect.size() && std::equal(kConnect.begin(), kConnect.end(), stream.begin());
}

}  // namespace

void StreamFacts::begin(uint32_t needs) {
  sides_ = {};
  needs_ = needs;
  queryNs_ = 0;
  segments_ = 0;
  patience_ = 0;
  protocol_ = FactProtocol::unknown;
  proxied_ = false;
  complete_ = false;
}

void StreamFacts::packet(const Packet& packet, unsigned side, FactBuffer& facts) {
  if (complete_ || (packet.present & hasTcp) == 0) return;
  const bool syn = (packet.tcpFlags & kTcpSyn) != 0;
  if (syn) expect(side, firstSequence(packet));
  if ((packet.present & hasPayload) == 0 || (packet.present & isLaterFragment) != 0) return;
  if ((packet.tcpFlags & kTcpAck) != 0 && !syn) sides_[side ^ 1].prefix.expect(packet.acknowledgment, false);
  ++segments_;
  const Octets segment(packet.payloadData, packet.payloadCaptured);
  if (protocol_ == FactProtocol::unknown) {
    recognise(packet, side, segment, facts);
    if (!complete_ && protocol_ == FactProtocol::unknown && segments_ >= patience_) finish();
    return;
  }
  if (!sides_[side].done) continueSide(packet, side, segment, facts);
  const unsigned patience = protocol_ == FactProtocol::http ? kUploadSegments : kSilentSegments;
  if (!complete_ && segments_ >= patience && (sides_[0].done || sides_[1].done)) finish();
}

// Looks at the stream's beginning and, where that tells nothing, at this segment alone: a protocol may begin later.
void StreamFacts::recognise(const Packet& packet, unsigned side, Octets segment, FactBuffer& facts) {
  Side& here = sides_[side];
  const uint32_t sequence = firstSequence(packet);
  if (patience_ == 0) patience_ = (needs_ & needsTls) != 0 && mayTurnToTls(segment) ? kTalkSegments : kFewSegments;
  const Octets stream = here.lost ? Octets{} : here.prefix.add(sequence, segment, room());
  if (tryProtocols(packet, side, stream, facts)) return;
  if (stream.data() != segment.data()) {
    Side before = std::exchange(here, {});
    here.prefix.expect(sequence, true);
    if (tryProtocols(packet, side, segment, facts)) return;
    here = std::move(before);
  }
  if (here.lost) return;
  here.lost = here.prefix.stuck() || (stream.size() >= kEnough && !here.prefix.mayMoveBack());
  if (here.lost) {
    here.prefix.clear();
  } else {
    here.prefix.keep(stream, room());
  }
}

// Takes a protocol on when the stream looks like its beginning and its parser does not object.
bool StreamFacts::tryProtocols(const Packet& packet, unsigned side, Octets stream, FactBuffer& facts) {
  const FactProtocol protocol = protocolOf(packet, stream);
  if (protocol == FactProtocol::unknown) return false;
  if ((needs_ & needOf(protocol)) == 0) {
    proxied_ |= protocol == FactProtocol::http && (needs_ & needsTls) != 0 && isConnect(stream);
    if (proxied_ && protocol == FactProtocol::http) {
      patience_ = kTalkSegments;
      return false;
    }
    finish();
    return true;
  }
  protocol_ = protocol;
  const ParseResult result = parse(packet, side, stream, facts);
  if (result.state == Parse::no) {
    protocol_ = FactProtocol::unknown;
    return false;
  }
  restartOther(packet, side);
  segments_ = 0;
  take(result, packet, side, stream, facts);
  return true;
}

// A protocol begins here: the other side's beginning is what this one has acknowledged.
void StreamFacts::restartOther(const Packet& packet, unsigned side) {
  Side& other = sides_[side ^ 1];
  if ((packet.tcpFlags & kTcpAck) == 0 || (other.prefix.mayBeginAt(packet.acknowledgment) && !other.lost)) return;
  other = {};
  other.prefix.expect(packet.acknowledgment, false);
}

void StreamFacts::continueSide(const Packet& packet, unsigned side, Octets segment, FactBuffer& facts) {
  Side& here = sides_[side];
  Octets stream = here.prefix.add(firstSequence(packet), segment, room());
  // What the other side acknowledged was not captured; here is another beginning.
  if (here.prefix.waits() && protocolOf(packet, segment) == protocol_) {
    here.prefix.clear();
    here.prefix.expect(firstSequence(packet), true);
    stream = segment;
  }
  if (here.prefix.stuck()) {
    finishSide(side, facts);
  } else if (!stream.empty()) {
    const bool early = stream.size() < std::max(here.wanted, kEnough);
    const ParseResult result =
        early ? ParseResult{Parse::more, here.wanted} : parse(packet, side, stream, facts);
    take(result, packet, side, stream, facts);
  }
}

ParseResult StreamFacts::parse(const Packet& packet, unsigned side, Octets stream, FactBuffer& facts) {
  const uint16_t senderPort = packet.key.port[packet.side], receiverPort = packet.key.port[packet.side ^ 1];
  switch (protocol_) {
    case FactProtocol::tls:
      return stream[kHandshakeType] == handshake::kClientHello ? parseTlsClient(stream, facts) : parseTlsServer(stream, facts);
    case FactProtocol::http:
      return looksLikeHttpResponse(stream) ? parseHttpResponse(stream, facts) : parseHttpRequest(stream, facts);
    case FactProtocol::ssh:
      // Both sides speak alike; a flow seen from its middle may have its ends the wrong way round.
      return parseSsh(stream, senderPort != 22 && (side == 0 || receiverPort == 22), facts);
    case FactProtocol::dns: return parseDns(packet, stream, facts);
    default: return {};
  }
}

// Messages follow each other; the response that counts is the one to the first query.
ParseResult StreamFacts::parseDns(const Packet& packet, Octets stream, FactBuffer& facts) {
  for (size_t at = 0; at + 2 <= stream.size();) {
    size_t length = 0;
    const Octets message = dnsMessage(stream, at, length);
    const bool last = isCut(packet) || stream.size() >= FactCollector::kLongestStream;
    if (message.size() < length && !last) return {Parse::more, at + 2 + length};
    const ParseResult result = readDnsExchange(message, packet.ns, queryNs_, facts);
    if (result.state != Parse::no || message.size() < 12) return {result.state == Parse::more ? Parse::done : result.state, 0};
    if (at == 0 && !facts.has(Fact::dnsQueryId)) return {};
    at += 2 + length;
  }
  return {Parse::more, 0};
}

void StreamFacts::take(ParseResult result, const Packet& packet, unsigned side, Octets stream, FactBuffer& facts) {
  Side& here = sides_[side];
  if (result.state == Parse::no && here.prefix.mayMoveBack()) result = {Parse::more, 0};
  if (result.state != Parse::more) {
    finishSide(side, facts);
    return;
  }
  here.wanted = result.wanted;
  if (isCut(packet) || result.wanted > FactCollector::kLongestStream || room() == 0) {
    finishSide(side, facts);
    return;
  }
  here.prefix.keep(stream, room());
}

void StreamFacts::finishSide(unsigned side, FactBuffer& facts) {
  sides_[side].prefix.clear();
  sides_[side].done = true;
  segments_ = 0;
  if (!sides_[side ^ 1].done) return;
  const bool connected = protocol_ == FactProtocol::http && facts.text(Fact::httpMethod) == "CONNECT" &&
                         facts.number(Fact::httpStatus) / 100 == 2;
  if (!connected || (needs_ & needsTls) == 0) {
    finish();
    return;
  }
  begin(needs_ & ~needsHttp);
  patience_ = kTalkSegments;
}

void StreamFacts::finish() {
  for (Side& side : sides_) side.prefix.clear();
  complete_ = true;
}

size_t StreamFacts::room() const {
  const size_t kept = sides_[0].prefix.kept() + sides_[1].prefix.kept();
  return FactCollector::kLongestStream - std::min(kept, FactCollector::kLongestStream);
}

}  // namespace weir
