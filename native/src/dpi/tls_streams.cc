// Facts of one direction of a TLS connection over TCP: its handshake messages in clear.
#include "dpi/tls_certificate.h"
#include "dpi/tls_hello.h"
#include "dpi/tls_records.h"

namespace weir {
namespace {

ParseResult unfinished(const HandshakeReader& reader) {
  // A message longer than this reads: what was found is all.
  if (reader.wanted() == 0) return {Parse::done};
  return {Parse::more, reader.wanted()};
}

// What a message of the server tells; Parse::more when the next one is of interest too.
ParseResult readServerMessage(const HandshakeMessage& message, HandshakeReader& reader, FactBuffer& facts) {
  switch (message.type) {
    case handshake::kHelloRequest:
    case handshake::kSupplementalData: return {Parse::more};
    case handshake::kServerHello: {
      ServerHello hello;
      const Parse state = readServerHello(message.octets, hello);
      if (state != Parse::done) return state == Parse::more ? unfinished(reader) : ParseResult{};
      addServerFacts(hello, facts);
      if (hello.retry) reader.passChangeCipherSpec();
      return {hello.retry || !hidesCertificate(hello.chosenVersion) ? Parse::more : Parse::done};
    }
    case handshake::kCertificate:
      if (addCertificateFacts(message.octets, facts) == Parse::more) return unfinished(reader);
      return {Parse::done};
    default: return {facts.has(Fact::tlsVersion) ? Parse::done : Parse::no};
  }
}

}  // namespace

ParseResult parseClientHello(Octets message, char transport, FactBuffer& facts) {
  ClientHello hello;
  const Parse state = readClientHello(message, transport == 'd', hello);
  if (state != Parse::no) addClientFacts(hello, transport, facts);
  if (state != Parse::more) return {state};
  return {state, message.size() < kHandshakeHeader ? kHandshakeHeader : handshakeLength(message)};
}

ParseResult parseServerHello(Octets message, FactBuffer& facts) {
  ServerHello hello;
  const Parse state = readServerHello(message, hello);
  if (state == Parse::done) addServerFacts(hello, facts);
  if (state != Parse::more) return {state};
  return {state, message.size() < kHandshakeHeader ? kHandshakeHeader : handshakeLength(message)};
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
  return result.state == Parse::more ? unfinished(reader) : result;
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
    if (result.state != Parse::more || result.wanted != 0) return result;
  }
}

}  // namespace weir
