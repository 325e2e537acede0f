// Published examples: github.com/salesforce/ja3 README; github.com/FoxIO-LLC/ja4 technical_details/JA4.md and its
// test outputs (latest.pcapng, chrome-cloudflare-quic-with-secrets.pcapng).
#include "dpi/fingerprints.h"

#include "dpi/hello_builder.h"

using namespace weir;
using namespace weir::test;

namespace {

std::string clientFact(const Bytes& hello, Fact fact, char transport = 't') {
  FactBuffer facts;
  CHECK(parseClientHello(hello, transport, facts).state == Parse::done);
  return std::string(facts.text(fact));
}

std::string ja4Of(const Bytes& hello, char transport = 't') { return clientFact(hello, Fact::tlsJa4Client, transport); }

Bytes empties(std::initializer_list<uint16_t> types) {
  Bytes out;
  for (const uint16_t type : types) out = join({out, extension(type)});
  return out;
}

const Bytes kChromeCiphers = values({0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013,
                                     0xc014, 0x009c, 0x009d, 0x002f, 0x0035});
const std::initializer_list<uint16_t> kChromeAlgorithms = {0x0403, 0x0804, 0x0401, 0x0503,
                                                           0x0805, 0x0501, 0x0806, 0x0601};

// The hello of JA4.md, its extensions in that order.
Bytes chromeExtensions(const Bytes& protocols, const Bytes& algorithms) {
  return join({empties({0x001b}), serverName("example.com"), empties({0x0033}), protocols, empties({0x4469, 0x0017, 0x002d}),
               algorithms, empties({0x0005, 0x0023, 0x0012}), supportedVersions({0x0304, 0x0303}),
               empties({0xff01, 0x000b, 0x000a, 0x0015})});
}

Bytes chromeHello(const Bytes& protocols) {
  return clientHello(0x0303, kChromeCiphers, chromeExtensions(protocols, listExtension(13, kChromeAlgorithms)));
}

}  // namespace

TEST_CASE("JA3: the examples of its authors") {
  const Bytes hello = clientHello(
      769, values({47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4}),
      join({serverName("example.com"), listExtension(10, {23, 24, 25}), extension(11, {1, 0})}));
  CHECK(clientFact(hello, Fact::tlsJa3Client) == "ada70206e40642a3e4461f35503241d5");
  const Bytes old = clientHello(769, values({4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99}), {});
  CHECK(clientFact(old, Fact::tlsJa3Client) == "de350869b8c85de67a350c8d186f11e6");
}

TEST_CASE("JA3: GREASE is left out of ciphers, extensions and groups") {
  const Bytes hello = clientHello(
      769, values({0x0a0a, 47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4, 0xfafa}),
      join({empties({0x1a1a}), serverName("example.com"), listExtension(10, {0x2a2a, 23, 24, 25}), extension(11, {1, 0}),
            empties({0xdada})}));
  CHECK(clientFact(hello, Fact::tlsJa3Client) == "ada70206e40642a3e4461f35503241d5");
}

TEST_CASE("JA4: the example of its definition") {
  CHECK(ja4Of(chromeHello(alpn({"h2", "http/1.1"}))) == "t13d1516h2_8daaf6152771_e5627efa2ab1");
  CHECK(ja4Of(chromeHello(alpn({"h2", "http/1.1"})), 'q').front() == 'q');
}

TEST_CASE("JA4: no signature algorithms, no underscore behind the extensions") {
  const Bytes hello = clientHello(0x0303, kChromeCiphers, chromeExtensions(alpn({"h2"}), empties({0x000d})));
  CHECK(ja4Of(hello) == "t13d1516h2_8daaf6152771_6d807ffa2a79");
}

TEST_CASE("JA4: TLS 1.2 without ALPN, as in latest.pcapng") {
  const Bytes hello = clientHello(
      0x0303,
      values({0xc02c, 0xc02b, 0xc030, 0xc02f, 0xc024, 0xc023, 0xc028, 0xc027, 0xc00a, 0xc009, 0xc014, 0xc013, 0x009d, 0x009c,
              0x003d, 0x003c, 0x0035, 0x002f, 0x000a}),
      join({serverName("discovery.cem.cloud.us"), empties({0x0005, 0x000a, 0x000b}),
            listExtension(13, {0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0201, 0x0403, 0x0503, 0x0203, 0x0202, 0x0601, 0x0603}),
            empties({0x0023, 0x0017, 0xff01})}));
  CHECK(ja4Of(hello) == "t12d190800_d83cc789557e_7af1ed941c26");
}

TEST_CASE("JA4: Chrome over QUIC, as in chrome-cloudflare-quic-with-secrets.pcapng") {
  const Bytes hello = clientHello(
      0x0303, values({0x1301, 0x1302, 0x1303}),
      join({empties({0x0033, 0x002d}), serverName("cloudflare-quic.com"), empties({0x4469, 0x001b}), alpn({"h3"}),
            listExtension(13, {0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601, 0x0201}),
            empties({0x0039, 0x000a}), supportedVersions({0x0304})}));
  CHECK(ja4Of(hello, 'q') == "q13d0310h3_55b375c5d22e_cd85d2d88918");
}

TEST_CASE("JA4: GREASE counts nowhere, signature algorithms and versions included") {
  const Bytes hello = clientHello(
      0x0303, join({values({0x8a8a}), kChromeCiphers}),
      join({empties({0x3a3a}), chromeExtensions(alpn({"h2"}),
            listExtension(13, {0x6a6a, 0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601})), empties({0xcaca})}));
  CHECK(ja4Of(hello) == "t13d1516h2_8daaf6152771_e5627efa2ab1");
  const Bytes versions = clientHello(0x0303, kChromeCiphers, supportedVersions({0xfafa, 0x0302, 0x0303}));
  CHECK(ja4Of(versions).substr(0, 10) == "t12i150100");
}

TEST_CASE("JA4: characters of the first ALPN value") {
  const auto characters = [](std::string_view name) { return ja4Of(chromeHello(alpn({name}))).substr(8, 2); };
  CHECK(characters("http/1.1") == "h1");
  CHECK(characters("h") == "hh");
  CHECK(characters("\xab") == "ab");
  CHECK(characters("\xab\xcd") == "ad");
  CHECK(characters("\x30\xab") == "3b");
  CHECK(characters("\x30\x31\xab\xcd") == "3d");
  CHECK(characters("\x30\xab\xcd\x31") == "01");
  CHECK(characters("") == "00");
  CHECK(ja4Of(chromeHello(extension(16))).substr(8, 2) == "00");
}

TEST_CASE("JA4: versions, empty lists, counts over 99") {
  CHECK(ja4Of(clientHello(0x0300, {}, {})) == "ts3i000000_000000000000_000000000000");
  CHECK(ja4Of(clientHello(0x0302, {}, join({serverName("a"), alpn({"h2"})}))) == "t11d0002h2_000000000000_000000000000");
  CHECK(ja4Of(clientHello(0x0303, {}, supportedVersions({0x7f1c, 0x0303}))).substr(0, 3) == "t00");
  Bytes many;
  for (uint16_t i = 0; i < 120; i++) many = join({many, number(0xc000u + i, 2)});
  CHECK(ja4Of(clientHello(0x0301, many, {})).substr(0, 10) == "t10i990000");
}

TEST_CASE("JA4: DTLS, whose versions count downwards") {
  const auto dtlsHello = [](const Bytes& extensions) {
    return message(1, join({number(0xfefd, 2), Bytes(32, 7), vector(1, {}), vector(1, {}), vector(2, values({0x1301})),
                            vector(1, {0}), vector(2, extensions)}));
  };
  CHECK(ja4Of(dtlsHello(empties({0x0017})), 'd').substr(0, 10) == "dd2i010100");
  CHECK(ja4Of(dtlsHello(supportedVersions({0xfefd, 0xfefc})), 'd').substr(0, 10) == "dd3i010100");
}

TEST_CASE("more values than a fingerprint is made of: none, and the other facts") {
  Bytes ciphers;
  for (unsigned i = 0; i < 2000; i++) ciphers = join({ciphers, number(0xc000u + i, 2)});
  FactBuffer facts;
  CHECK(parseClientHello(clientHello(0x0303, ciphers, serverName("example.com")), 't', facts).state == Parse::done);
  CHECK(facts.text(Fact::tlsServerName) == "example.com");
  CHECK(!facts.has(Fact::tlsJa3Client));
  CHECK(!facts.has(Fact::tlsJa4Client));
  Bytes types;
  for (uint16_t i = 0; i < 300; i++) types = join({types, extension(static_cast<uint16_t>(0x5000 + i))});
  FactBuffer second;
  CHECK(parseClientHello(clientHello(0x0303, values({47}), types), 't', second).state == Parse::done);
  CHECK(!second.has(Fact::tlsJa4Client));
}
