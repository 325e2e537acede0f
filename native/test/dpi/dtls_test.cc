#include "dpi/dtls.h"

#include "dpi/hello_builder.h"

using namespace weir;
using namespace weir::test;

namespace {

Bytes dtlsRecord(const Bytes& body, uint8_t type = 22, uint16_t epoch = 0) {
  return join({{type}, number(0xfefd, 2), number(epoch, 2), Bytes(6, 0), vector(2, body)});
}

// Octets [begin, end) of a message's body, as a fragment.
Bytes fragment(const Bytes& message, uint16_t sequence, size_t begin, size_t end) {
  const auto body = message.begin() + 4;
  return join({{message[0]}, number(message.size() - 4, 3), number(sequence, 2), number(begin, 3), number(end - begin, 3),
               Bytes(body + static_cast<std::ptrdiff_t>(begin), body + static_cast<std::ptrdiff_t>(end))});
}

Bytes whole(const Bytes& message, uint16_t sequence) { return fragment(message, sequence, 0, message.size() - 4); }

const Bytes kClient = message(1, join({number(0xfefd, 2), Bytes(32, 7), vector(1, {}), vector(1, Bytes(20, 3)),
                                       vector(2, values({0xc02b, 0xc02f})), vector(1, {0}),
                                       vector(2, join({serverName("dtls.example.org"), alpn({"webrtc"})}))}));
const Bytes kServer = serverHello(0xfefd, 0xc02b, extension(0xff01, {0}));
// A certificate as short as one can be: names, dates and key are empty.
const Bytes kCertificate =
    message(11, fromHex("00001b000018" "3016" "3014" "020101" "3000" "3000" "3000" "3000" "0403" "000000" "0500" "0500"));

constexpr auto server = [](Octets datagram, FactBuffer& facts) { return parseDtlsServer(datagram, facts); };
constexpr auto client = [](Octets datagram, FactBuffer& facts) { return parseDtlsClient(datagram, facts); };

}  // namespace

TEST_CASE("DTLS ClientHello: whole, in fragments of a datagram, over datagrams and out of order") {
  FactBuffer facts, inside, over;
  const Bytes datagram = dtlsRecord(whole(kClient, 0));
  CHECK(looksLikeDtls(datagram));
  CHECK(parseDtlsClient(datagram, facts).state == Parse::done);
  CHECK(facts.text(Fact::tlsServerName) == "dtls.example.org");
  CHECK(facts.text(Fact::tlsAlpn) == "webrtc");
  CHECK(facts.text(Fact::tlsOfferedVersions) == "DTLSv1.2");
  CHECK(facts.text(Fact::tlsJa4Client).substr(0, 10) == "dd2d0202wc");
  const size_t size = kClient.size() - 4;
  const Bytes first = fragment(kClient, 0, 0, 50), last = fragment(kClient, 0, 50, size);
  CHECK(parseDtlsClient(join({dtlsRecord(first), dtlsRecord(last)}), inside).state == Parse::done);
  CHECK(inside.text(Fact::tlsJa3Client) == facts.text(Fact::tlsJa3Client));
  DtlsMessages messages;
  CHECK(parseDtlsClient(dtlsRecord(last), messages, over).state == Parse::more);
  CHECK(parseDtlsClient(dtlsRecord(first), messages, over).state == Parse::done);
  CHECK(over.text(Fact::tlsJa4Client) == facts.text(Fact::tlsJa4Client));
}

TEST_CASE("DTLS server: hello, then its certificate in fragments; or the other way round") {
  const size_t size = kCertificate.size() - 4;
  const Bytes first = fragment(kCertificate, 2, 0, 10), last = fragment(kCertificate, 2, 10, size);
  const Bytes verify = message(3, {0xfe, 0xff, 2, 1, 1});
  for (const auto& datagrams : {std::vector<Bytes>{join({whole(kServer, 1), first}), last},
                                std::vector<Bytes>{whole(verify, 0), last, first, whole(kServer, 1)}}) {
    DtlsMessages messages;
    FactBuffer facts;
    for (size_t i = 0; i < datagrams.size(); i++) {
      const Parse state = parseDtlsServer(dtlsRecord(datagrams[i]), messages, facts).state;
      CHECK(state == (i + 1 == datagrams.size() ? Parse::done : Parse::more));
    }
    CHECK(facts.number(Fact::tlsVersion) == 0xfefd);
    CHECK(facts.number(Fact::tlsCipher) == 0xc02b);
    CHECK(facts.text(Fact::tlsCertificateSha1).size() == 40);
  }
}

TEST_CASE("DTLS server: a resumed session ends with what is encrypted") {
  DtlsMessages messages;
  FactBuffer facts;
  CHECK(parseDtlsServer(join({dtlsRecord(whole(kServer, 1)), dtlsRecord({1}, 20), dtlsRecord(Bytes(48, 1), 22, 1)}), messages, facts)
            .state == Parse::more);
  CHECK(parseDtlsServer(dtlsRecord(Bytes(80, 1), 23, 1), messages, facts).state == Parse::done);
}

TEST_CASE("DTLS: cut, corrupted, endless") {
  const Bytes hello = dtlsRecord(whole(kClient, 0));
  const Bytes reply = join({dtlsRecord(whole(kServer, 0)), dtlsRecord(whole(kCertificate, 1))});
  for (size_t size = 0; size < reply.size(); size++) {
    FactBuffer facts;
    CHECK(parseDtlsServer(prefix(reply, size), facts).state != Parse::done);
    if (size < hello.size()) CHECK(parseDtlsClient(prefix(hello, size), facts).state != Parse::done);
  }
  corrupt(hello, client);
  corrupt(reply, server);
  DtlsMessages messages;
  FactBuffer facts;
  int datagrams = 1;
  while (parseDtlsClient(dtlsRecord(fragment(kClient, 0, 9, 20)), messages, facts).state == Parse::more) REQUIRE(++datagrams < 20);
  CHECK(!looksLikeDtls(hello.empty() ? Bytes() : prefix(hello, 20)));
  CHECK(!looksLikeDtls(record(22, kClient)));
}
