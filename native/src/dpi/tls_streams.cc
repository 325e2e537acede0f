// Facts of one direction of a TLS connection over TCP: its handshake messages in clear.
#include "dpi/tls_certificate.h"
#include "dpi/tls_hello.h"
#include "dpi/tls_records.h"

namespace weir {
namespace {

// A message that is not all there, of which so many octets are needed.
ParseResult unfinished(Octets stream, const HandshakeReader& reader, const HandshakeMessage& message, size_t needed) {
  const size_t wanted = reader.wantedFor(message, needed);
  // Longer than what is read of a message: what was found is all.
  if (wanted <= stream.size()) return {Parse::done};
  return {Parse::more, wanted};
}

// What a message of the server tells; Parse::more with octets of this message that are needed, or 0: the next one.
ParseResult readServerMessage(const HandshakeMessage& message, HandshakeReader& reader, FactBuffer& facts) {
  switch (message.type) {
    case handshake::kHelloRequest:
    case handshake::kSupplementalData: return {Parse::more};
    case handshake::kServerHello: {
      ServerHello hello;
      const Parse state = readServerHello(message.octets, hello);
      if (state != Parse::done) return {state, message.length};
      addServerFacts(hello, facts);
      if (hello.retry) reader.passChangeCipherSpec();
      const bool certificate = wantsCertificate(facts) && !hidesCertificate(hello.chosenVersion);
      return {hello.retry || certificate ? Parse::more : Parse::done};
    }
    case handshake::kCertificate: {
      const ParseResult result = addCertificateFacts(message.octets, facts);
      return result.state == Parse::more ? result : ParseResult{Parse::done};
    }
    default: return {facts.has(Fact::tlsVersion) ? Parse::done : Parse::no};
  }
}

size_t neededOf(Octets message) {
  return message.size() < kHandshakeHeader ? kHandshakeHeader : handshakeLength(message);
}

}  // namespace

ParseResult parseClientHello(Octets message, char transport, FactBuffer& facts) {
  ClientHello hello;
  const Parse state = readClientHello(message, transport == 'd', hello);
  if (state != Parse::no) addClientFacts(hello, transport, facts);
  return {state, state == Parse::more ? neededOf(message) : 0};
}

ParseResult parseServerHello(Octets message, FactBuffer& facts) {
  ServerHello hello;
  const Parse state = readServerHello(message, hello);
  if (state == Parse::done) addServerFacts(hello, facts);
  return {state, state == Parse::more ? neededOf(message) : 0};
}

ParseResult parseTlsClient(Octets stream, FactBuffer& facts) {
  if (stream.size() >= 3 && !looksLikeTls(stream)) return {};
  HandshakeReader reader(stream);
  HandshakeMessage message;
  switch (reader.next(message)) {
    case HandshakeReader::State::message: break;
    case HandshakeReader::State::more: return {Parse::more, reader.wanted()};
    default: return {};
  }
  const ParseResult result = parseClientHello(message.octets, 't', facts);
  return result.state == Parse::more ? unfinished(stream, reader, message, message.length) : result;
}

ParseResult parseTlsServer(Octets stream, FactBuffer& facts) {
  HandshakeReader reader(stream);
  HandshakeMessage message;
  for (;;) {
    switch (reader.next(message)) {
      case HandshakeReader::State::message: break;
      case HandshakeReader::State::more: return {Parse::more, reader.wanted()};
      default: return {facts.has(Fact::tlsVersion) ? Parse::done : Parse::no};
    }
    const ParseResult result = readServerMessage(message, reader, facts);
    if (result.state != Parse::more) return result;
    if (result.wanted != 0) return unfinished(stream, reader, message, result.wanted);
  }
}

}  // namespace weir
