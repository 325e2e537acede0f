#include "dpi/quic.h"

#include <cstring>

#include "base/cursor.h"
#include "dpi/quic_frames.h"
#include "dpi/quic_hello.h"
#include "dpi/quic_packet.h"
#include "dpi/tls_hello.h"
#include "dpi/tls_records.h"

namespace weir {
namespace {

constexpr size_t kLongestPacket = 4096;   // that is decrypted; a jumbo frame is no Initial
constexpr size_t kCoalesced = 8;          // packets looked at in a datagram
constexpr uint8_t kFailures = 6;          // datagrams that may tell nothing

using Room = std::array<uint8_t, kLongestPacket>;

void useKeys(QuicCrypto& crypto, const QuicKeys& keys, uint32_t version, Octets connectionId) {
  crypto.keys = keys;
  crypto.version = version;
  crypto.connectionIdSize = static_cast<uint8_t>(connectionId.size());
  std::memmove(crypto.connectionId.data(), connectionId.data(), connectionId.size());
}

bool tryKeys(QuicCrypto& crypto, const QuicPacket& packet, Octets connectionId, Room& room, Octets& frames) {
  const QuicKeys keys = quicInitialKeys(quicVersion(packet.version).protection, connectionId, false);
  frames = openQuicPacket(keys, packet.octets, packet.numberOffset, room);
  if (frames.empty()) return false;
  useKeys(crypto, keys, packet.version, connectionId);
  return true;
}

// The keys stay those of the first Initial, unless the server sent a Retry (then its connection ID makes new ones) or
// another version was agreed on (RFC 9369 section 4: new salt, first connection ID).
Octets openInitial(QuicCrypto& crypto, const QuicPacket& packet, Room& room) {
  Octets frames;
  if (crypto.version == packet.version) {
    frames = openQuicPacket(crypto.keys, packet.octets, packet.numberOffset, room);
    if (!frames.empty()) return frames;
  } else if (crypto.version != 0 &&
             tryKeys(crypto, packet, {crypto.connectionId.data(), crypto.connectionIdSize}, room, frames)) {
    return frames;
  }
  tryKeys(crypto, packet, packet.destination, room, frames);
  return frames;
}

bool beginsGoogleHello(Octets octets) { return octets.size() >= 4 && std::memcmp(octets.data(), "CHLO", 4) == 0; }

void keepPieces(QuicFrames frames, bool tls, QuicCrypto& crypto) {
  HandshakePiece piece;
  while (frames.next(piece)) {
    // A client that was rejected sends another CHLO behind the first one, which may not have been seen.
    if (!tls && piece.offset != crypto.base && crypto.stream.beginning().empty() && beginsGoogleHello(piece.octets)) {
      crypto.stream.clear();
      crypto.base = piece.offset;
    }
    if (piece.offset >= crypto.base) crypto.stream.put(piece.offset - crypto.base, piece.octets);
  }
}

// What the stream tells so far.
Parse readStream(const QuicCrypto& crypto, const QuicVersion& version, FactBuffer& facts) {
  const Octets stream = crypto.stream.beginning();
  if (stream.empty()) return Parse::more;
  if (!version.tls) return readGoogleHello(stream, facts);
  ClientHello hello;
  const Parse state = readClientHello(stream, false, hello);
  if (state != Parse::no) addClientFacts(hello, 'q', facts);
  if (state == Parse::done) addQuicUserAgent(hello.transportParameters, version.variableParameters, facts);
  return state;
}

// Datagrams that tell nothing are borne only so long.
ParseResult unfinished(QuicCrypto& crypto) { return {++crypto.failures > kFailures ? Parse::no : Parse::more}; }

bool keepInitials(Octets datagram, QuicCrypto& crypto, QuicVersion& version) {
  Room room;
  QuicPacket packet;
  bool kept = false;
  for (size_t i = 0; i < kCoalesced && takeQuicPacket(datagram, packet); i++) {
    const QuicVersion found = quicVersion(packet.version);
    if (found.kind != QuicKind::ietf && found.kind != QuicKind::googleProtected) continue;
    if (packet.type != QuicPacket::Type::initial) continue;
    const Octets frames = openInitial(crypto, packet, room);
    if (frames.empty()) continue;
    version = found;
    keepPieces(QuicFrames(frames, found.kind, packet.version), found.tls, crypto);
    kept = true;
  }
  return kept;
}

// The server's hello, perhaps behind one that asks for another ClientHello.
Parse readServerPieces(QuicFrames frames, QuicCrypto& crypto, FactBuffer& facts) {
  HandshakePiece piece;
  while (frames.next(piece)) {
    if (piece.offset != crypto.serverBase) continue;
    ServerHello hello;
    if (readServerHello(piece.octets, hello) != Parse::done) return Parse::no;
    addServerFacts(hello, facts);
    if (!hello.retry) return Parse::done;
    crypto.serverBase += handshakeLength(piece.octets);
  }
  return Parse::more;
}

}  // namespace

ParseResult parseQuicClient(Octets datagram, QuicCrypto& crypto, FactBuffer& facts) {
  QuicVersion version;
  GooglePacket google;
  if (readGooglePacket(datagram, google)) {
    facts.add(Fact::quicVersion, google.version);
    version = quicVersion(google.version);
    keepPieces(QuicFrames(google.frames, version.kind, google.version), version.tls, crypto);
  } else if (looksLikeQuic(datagram)) {
    const uint32_t number = loadBe32(datagram.data() + 1);
    if (quicVersion(number).kind != QuicKind::reserved) facts.add(Fact::quicVersion, number);
    if (!keepInitials(datagram, crypto, version)) return unfinished(crypto);
  } else {
    return facts.has(Fact::quicVersion) ? unfinished(crypto) : ParseResult{};
  }
  const Parse state = readStream(crypto, version, facts);
  return state == Parse::more ? unfinished(crypto) : ParseResult{state};
}

ParseResult parseQuicServer(Octets datagram, QuicCrypto& crypto, FactBuffer& facts) {
  if (crypto.version == 0) return {};
  Room room;
  QuicPacket packet;
  for (size_t i = 0; i < kCoalesced && takeQuicPacket(datagram, packet); i++) {
    const QuicVersion version = quicVersion(packet.version);
    if (!version.tls || version.kind == QuicKind::reserved) continue;
    if (packet.type == QuicPacket::Type::retry) {
      useKeys(crypto, quicInitialKeys(version.protection, packet.source, false), packet.version, packet.source);
    }
    if (packet.type != QuicPacket::Type::initial) continue;
    const QuicKeys keys =
        quicInitialKeys(version.protection, {crypto.connectionId.data(), crypto.connectionIdSize}, true);
    const Octets frames = openQuicPacket(keys, packet.octets, packet.numberOffset, room);
    const Parse state = readServerPieces(QuicFrames(frames, version.kind, packet.version), crypto, facts);
    if (state != Parse::more) return {state};
  }
  return {++crypto.serverFailures > kFailures ? Parse::no : Parse::more};
}

}  // namespace weir
