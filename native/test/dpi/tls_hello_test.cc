#include "dpi/tls_hello.h"

#include "dpi/hello_builder.h"

using namespace weir;
using namespace weir::test;

namespace {

constexpr auto client = [](Octets stream, FactBuffer& facts) { return parseTlsClient(stream, facts); };
constexpr auto server = [](Octets stream, FactBuffer& facts) { return parseTlsServer(stream, facts); };

const Bytes kHello = clientHello(
    0x0303, values({0x1301, 0xc02b}),
    join({serverName("www.example.com"), alpn({"h2", "http/1.1"}), listExtension(10, {29, 23}),
          supportedVersions({0x0a0a, 0x0304, 0x0303}), extension(0xfe0d, Bytes(40, 1))}));
const Bytes kRetryRandom = fromHex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c");

void checkClientFacts(const FactBuffer& facts) {
  CHECK(facts.text(Fact::tlsServerName) == "www.example.com");
  CHECK(facts.text(Fact::tlsAlpn) == "h2,http/1.1");
  CHECK(facts.text(Fact::tlsOfferedVersions) == "TLSv1.3,TLSv1.2");
  CHECK(facts.number(Fact::tlsEch) == 1);
  CHECK(facts.text(Fact::tlsJa3Client).size() == 32);
  CHECK(facts.text(Fact::tlsJa4Client).substr(0, 10) == "t13d0205h2");
}

}  // namespace

TEST_CASE("ClientHello: in one record, in many, with others behind it") {
  for (const size_t each : {size_t{10000}, size_t{100}, size_t{5}, size_t{3}, size_t{1}}) {
    CAPTURE(each);
    FactBuffer facts;
    CHECK(parseTlsClient(join({records(kHello, each), Bytes(20, 0)}), facts).state == Parse::done);
    checkClientFacts(facts);
  }
}

TEST_CASE("ClientHello: cut prefixes say how much is wanted at least") {
  checkPrefixes(records(kHello, 10000), client);
  checkPrefixes(records(kHello, 50), client);
  checkPrefixes(records(kHello, 3), client);
  FactBuffer facts;
  const Bytes whole = records(kHello, 10000);
  CHECK(parseTlsClient(prefix(whole, 9), facts).wanted == whole.size());
  const Bytes two = records(kHello, 100);
  CHECK(parseTlsClient(prefix(two, 60), facts).wanted == kHello.size() + 10);
}

TEST_CASE("ClientHello: what is cut off still tells names, never fingerprints") {
  FactBuffer facts;
  CHECK(parseTlsClient(prefix(records(kHello, 10000), 150), facts).state == Parse::more);
  CHECK(facts.text(Fact::tlsServerName) == "www.example.com");
  CHECK(!facts.has(Fact::tlsJa3Client));
  CHECK(!facts.has(Fact::tlsJa4Client));
}

TEST_CASE("ClientHello: any octet changed") {
  corrupt(records(kHello, 10000), client);
  corrupt(records(kHello, 20), client);
}

TEST_CASE("ClientHello: ESNI, SSL 3, no extensions, names that are none") {
  FactBuffer esni;
  CHECK(parseTlsClient(record(22, clientHello(0x0303, values({1}), extension(0xffce, Bytes(9, 2)))), esni).state == Parse::done);
  CHECK(esni.number(Fact::tlsEch) == 2);
  CHECK(esni.text(Fact::tlsOfferedVersions) == "TLSv1.2");
  FactBuffer ssl;
  CHECK(parseTlsClient(record(22, clientHello(0x0300, values({4, 5}), {}), 0x0300), ssl).state == Parse::done);
  CHECK(ssl.text(Fact::tlsOfferedVersions) == "SSLv3");
  FactBuffer lying;
  CHECK(parseTlsClient(record(22, clientHello(0x0303, values({1}), extension(0, {0, 9, 0, 0, 200, 'a'}))), lying).state ==
        Parse::done);
  CHECK(!lying.has(Fact::tlsServerName));
}

TEST_CASE("not TLS: SSLv2, HTTP, other records, other versions") {
  FactBuffer facts;
  const Bytes ssl2 = fromHex("802e0100020015000000100100800200800300800400800500800600400700c0");
  CHECK(!looksLikeTls(ssl2));
  CHECK(parseTlsClient(ssl2, facts).state == Parse::no);
  CHECK(parseTlsClient(text("GET / HTTP/1.1\r\n\r\n"), facts).state == Parse::no);
  CHECK(parseTlsClient(record(23, Bytes(40, 1)), facts).state == Parse::no);
  CHECK(parseTlsClient(record(22, message(4, Bytes(40, 1))), facts).state == Parse::no);
  CHECK(!looksLikeTls(fromHex("1602010040")));
  CHECK(!looksLikeTls(fromHex("16030148ff")));
  CHECK(looksLikeTls(record(22, kHello)));
  CHECK(facts.octets().empty());
}

TEST_CASE("ServerHello of TLS 1.3: its version is that of the extension, nothing is expected behind it") {
  const Bytes hello = serverHello(0x0303, 0x1302, join({extension(43, {3, 4}), extension(51, Bytes(36, 1))}));
  FactBuffer facts;
  CHECK(parseTlsServer(record(22, hello), facts).state == Parse::done);
  CHECK(facts.number(Fact::tlsVersion) == 0x0304);
  CHECK(facts.number(Fact::tlsCipher) == 0x1302);
  CHECK(facts.text(Fact::tlsJa3Server) == "15af977ce25de452b96affa2addb1036");
  checkPrefixes(record(22, hello), server);
  corrupt(record(22, hello), server);
}

TEST_CASE("ServerHello behind a HelloRetryRequest") {
  const Bytes retry = record(22, serverHello(0x0303, 0x1301, join({extension(43, {3, 4}), extension(51, {0, 23})}), kRetryRandom));
  const Bytes hello = record(22, serverHello(0x0303, 0x1301, join({extension(51, Bytes(69, 1)), extension(43, {3, 4})})));
  FactBuffer first, both;
  CHECK(parseTlsServer(retry, first).state == Parse::more);
  CHECK(first.number(Fact::tlsVersion) == 0x0304);
  CHECK(!first.has(Fact::tlsJa3Server));
  CHECK(parseTlsServer(join({retry, record(20, {1}), hello}), both).state == Parse::done);
  CHECK(both.number(Fact::tlsCipher) == 0x1301);
  CHECK(both.text(Fact::tlsJa3Server) == "eb1d94daa7e0344597e756a1fb6e7054");
}

TEST_CASE("ServerHello of a resumed session, behind a warning, of draft 18") {
  FactBuffer resumed, warned, draft;
  const Bytes hello = record(22, serverHello(0x0302, 0xc013, alpn({"h2"})), 0x0302);
  CHECK(parseTlsServer(join({hello, record(20, {1}), record(22, Bytes(40, 200))}), resumed).state == Parse::done);
  CHECK(resumed.number(Fact::tlsVersion) == 0x0302);
  CHECK(resumed.text(Fact::tlsAlpnChosen) == "h2");
  CHECK(parseTlsServer(join({record(21, {1, 112}), hello, record(20, {1})}), warned).state == Parse::done);
  CHECK(warned.number(Fact::tlsCipher) == 0xc013);
  const Bytes old = message(2, join({number(0x7f12, 2), Bytes(32, 1), number(0x1301, 2), vector(2, extension(40, {1}))}));
  CHECK(parseTlsServer(record(22, old), draft).state == Parse::done);
  CHECK(draft.number(Fact::tlsVersion) == 0x7f12);
  CHECK(draft.number(Fact::tlsCipher) == 0x1301);
}

TEST_CASE("a fatal alert instead of a ServerHello, other octets") {
  FactBuffer facts;
  CHECK(parseTlsServer(join({record(21, {2, 40})}), facts).state == Parse::more);
  CHECK(parseTlsServer(join({record(21, {2, 40}), record(23, {1})}), facts).state == Parse::no);
  CHECK(parseTlsServer(text("220 mail.example.com ESMTP"), facts).state == Parse::no);
  CHECK(facts.octets().empty());
}
