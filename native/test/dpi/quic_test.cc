// Published packets: RFC 9001 appendix A.2 and A.3, RFC 9369 appendix A.2. The others were sealed by another program from
// the ClientHello of RFC 9001.
#include "dpi/quic.h"

#include <tuple>

#include "dpi/hello_builder.h"
#include "dpi/quic_frames.h"
#include "dpi/quic_packet.h"

using namespace weir;
using namespace weir::test;

namespace {

// The client's Initials of versions 1 and 2.
const Bytes kInitial1 = fromHex(
    "c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11d242b123dc9bd8bab936b47d92ec356c0bab7df5976d27cd"
    "449f63300099f3991c260ec4c60d17b31f8429157bb35a1282a643a8d2262cad67500cadb8e7378c8eb7539ec4d4905fed1bee1fc8aafba1"
    "7c750e2c7ace01e6005f80fcb7df621230c83711b39343fa028cea7f7fb5ff89eac2308249a02252155e2347b63d58c5457afd84d05dfffd"
    "b20392844ae812154682e9cf012f9021a6f0be17ddd0c2084dce25ff9b06cde535d0f920a2db1bf362c23e596d11a4f5a6cf3948838a3aec"
    "4e15daf8500a6ef69ec4e3feb6b1d98e610ac8b7ec3faf6ad760b7bad1db4ba3485e8a94dc250ae3fdb41ed15fb6a8e5eba0fc3dd60bc8e3"
    "0c5c4287e53805db059ae0648db2f64264ed5e39be2e20d82df566da8dd5998ccabdae053060ae6c7b4378e846d29f37ed7b4ea9ec5d82e7"
    "961b7f25a9323851f681d582363aa5f89937f5a67258bf63ad6f1a0b1d96dbd4faddfcefc5266ba6611722395c906556be52afe3f565636a"
    "d1b17d508b73d8743eeb524be22b3dcbc2c7468d54119c7468449a13d8e3b95811a198f3491de3e7fe942b330407abf82a4ed7c1b311663a"
    "c69890f4157015853d91e923037c227a33cdd5ec281ca3f79c44546b9d90ca00f064c99e3dd97911d39fe9c5d0b23a229a234cb36186c481"
    "9e8b9c5927726632291d6a418211cc2962e20fe47feb3edf330f2c603a9d48c0fcb5699dbfe5896425c5bac4aee82e57a85aaf4e2513e4f0"
    "5796b07ba2ee47d80506f8d2c25e50fd14de71e6c418559302f939b0e1abd576f279c4b2e0feb85c1f28ff18f58891ffef132eef2fa09346"
    "aee33c28eb130ff28f5b766953334113211996d20011a198e3fc433f9f2541010ae17c1bf202580f6047472fb36857fe843b19f5984009dd"
    "c324044e847a4f4a0ab34f719595de37252d6235365e9b84392b061085349d73203a4a13e96f5432ec0fd4a1ee65accdd5e3904df54c1da5"
    "10b0ff20dcc0c77fcb2c0e0eb605cb0504db87632cf3d8b4dae6e705769d1de354270123cb11450efc60ac47683d7b8d0f811365565fd98c"
    "4c8eb936bcab8d069fc33bd801b03adea2e1fbc5aa463d08ca19896d2bf59a071b851e6c239052172f296bfb5e72404790a2181014f3b94a"
    "4e97d117b438130368cc39dbb2d198065ae3986547926cd2162f40a29f0c3c8745c0f50fba3852e566d44575c29d39a03f0cda721984b6f4"
    "40591f355e12d439ff150aab7613499dbd49adabc8676eef023b15b65bfc5ca06948109f23f350db82123535eb8a7433bdabcb909271a6ec"
    "bcb58b936a88cd4e8f2e6ff5800175f113253d8fa9ca8885c2f552e657dc603f252e1a8e308f76f0be79e2fb8f5d5fbbe2e30ecadd220723"
    "c8c0aea8078cdfcb3868263ff8f0940054da48781893a7e49ad5aff4af300cd804a6b6279ab3ff3afb64491c85194aab760d58a606654f9f"
    "4400e8b38591356fbf6425aca26dc85244259ff2b19c41b9f96f3ca9ec1dde434da7d2d392b905ddf3d1f9af93d1af5950bd493f5aa731b4"
    "056df31bd267b6b90a079831aaf579be0a39013137aac6d404f518cfd46840647e78bfe706ca4cf5e9c5453e9f7cfd2b8b4c8d169a44e55c"
    "88d4a9a7f9474241e221af44860018ab0856972e194cd934");
const Bytes kInitial2 = fromHex(
    "d76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485dd04de806071bf03dceebfa162e75d6c96058bdbfb127cdf"
    "cbf903388e99ad049f9a3dd4425ae4d0992cfff18ecf0fdb5a842d09747052f17ac2053d21f57c5d250f2c4f0e0202b70785b7946e992e58"
    "a59ac52dea6774d4f03b55545243cf1a12834e3f249a78d395e0d18f4d766004f1a2674802a747eaa901c3f10cda5500cb9122faa9f1df66"
    "c392079a1b40f0de1c6054196a11cbea40afb6ef5253cd6818f6625efce3b6def6ba7e4b37a40f7732e093daa7d52190935b8da58976ff33"
    "12ae50b187c1433c0f028edcc4c2838b6a9bfc226ca4b4530e7a4ccee1bfa2a3d396ae5a3fb512384b2fdd851f784a65e03f2c4fbe11a53c"
    "7777c023462239dd6f7521a3f6c7d5dd3ec9b3f233773d4b46d23cc375eb198c63301c21801f6520bcfb7966fc49b393f0061d974a2706df"
    "8c4a9449f11d7f3d2dcbb90c6b877045636e7c0c0fe4eb0f697545460c806910d2c355f1d253bc9d2452aaa549e27a1fac7cf4ed77f322e8"
    "fa894b6a83810a34b361901751a6f5eb65a0326e07de7c1216ccce2d0193f958bb3850a833f7ae432b65bc5a53975c155aa4bcb4f7b2c4e5"
    "4df16efaf6ddea94e2c50b4cd1dfe06017e0e9d02900cffe1935e0491d77ffb4fdf85290fdd893d577b1131a610ef6a5c32b2ee0293617a3"
    "7cbb08b847741c3b8017c25ca9052ca1079d8b78aebd47876d330a30f6a8c6d61dd1ab5589329de714d19d61370f8149748c72f132f0fc99"
    "f34d766c6938597040d8f9e2bb522ff99c63a344d6a2ae8aa8e51b7b90a4a806105fcbca31506c446151adfeceb51b91abfe43960977c874"
    "71cf9ad4074d30e10d6a7f03c63bd5d4317f68ff325ba3bd80bf4dc8b52a0ba031758022eb025cdd770b44d6d6cf0670f4e990b22347a7db"
    "848265e3e5eb72dfe8299ad7481a408322cac55786e52f633b2fb6b614eaed18d703dd84045a274ae8bfa73379661388d6991fe39b0d93de"
    "bb41700b41f90a15c4d526250235ddcd6776fc77bc97e7a417ebcb31600d01e57f32162a8560cacc7e27a096d37a1a86952ec71bd89a3e9a"
    "30a2a26162984d7740f81193e8238e61f6b5b984d4d3dfa033c1bb7e4f0037febf406d91c0dccf32acf423cfa1e7071010d3f270121b493c"
    "e85054ef58bada42310138fe081adb04e2bd901f2f13458b3d6758158197107c14ebb193230cd1157380aa79cae1374a7c1e5bbcb80ee23e"
    "06ebfde206bfb0fcbc0edc4ebec309661bdd908d532eb0c6adc38b7ca7331dce8dfce39ab71e7c32d318d136b6100671a1ae6a6600e3899f"
    "31f0eed19e3417d134b90c9058f8632c798d4490da4987307cba922d61c39805d072b589bd52fdf1e86215c2d54e6670e07383a27bbffb5a"
    "ddf47d66aa85a0c6f9f32e59d85a44dd5d3b22dc2be80919b490437ae4f36a0ae55edf1d0b5cb4e9a3ecabee93dfc6e38d209d0fa6536d27"
    "a5d6fbb17641cde27525d61093f1b28072d111b2b4ae5f89d5974ee12e5cf7d5da4d6a31123041f33e61407e76cffcdcfd7e19ba58cf4b53"
    "6f4c4938ae79324dc402894b44faf8afbab35282ab659d13c93f70412e85cb199a37ddec600545473cfb5a05e08d0b209973b2172b4d21fb"
    "69745a262ccde96ba18b2faa745b6fe189cf772a9f84cbfc");
const Bytes kServerInitial = fromHex(
    "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a5816b6394100f37a1c69797554780bb38cc5a99f5ede4cf7"
    "3c3ec2493a1839b3dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84022f8ef4cdd93795d77d06edbb7aaf2f"
    "58891850abbdca3d20398c276456cbc42158407dd074ee");
// CRYPTO frames 180+61, 60+60 with PING and PADDING; behind a 0-RTT packet ACK, 120+60, 0+60.
const Bytes kLatePieces = fromHex(
    "c000000001088394c8f03e51570800004099d141b2516ea77da33bc3a40f94c6b177f12618ef0154afe8e44e89ba6a1a26ff4b0b71646ebb"
    "f47f586c16237b1183d47ce81267dfb27772869a8c8783376d943355af5bf8f9038ebd6e47b140bb51ce2dc99a5181f00389506417df4e21"
    "a8040482ff25ed6c0051323c9bfd155a423880fbec20c1c39e4bc38b4ac73b8678753af705eadde0e4cddec66e27a01544c1c4f11c835850"
    "9b36c4");
const Bytes kFirstPieces = fromHex(
    "d000000001088394c8f03e51570800140000000000000000000000000000000000000000c200000001088394c8f03e515708000040956468"
    "3aabbc078182b6dd1738db88c61270fc8a30fe9e1611f2f5152b490403471bad37b02c07549c87823f27305182f8571907c2ca97df104770"
    "1bbe09b1c31209c892ba2f4e8f87268029276a5450a1b387ce4d53005f318ebaa8d0cd696ba10ee3e11f8aa9179577a82194bd91aa2d3e2d"
    "60697334e3450e74ede9bfb61c836461c6625483d321475c044a40d57c0bcb9fb4af43");
const Bytes kRetried = fromHex(
    "c20000000106aabbccddeeff0005746f6b656e4106015e7ca1d2da61044eb566de6e11f9caad7b444da3ae77deb9f59ccc02167432f66093"
    "9244ff9401d909fd4bdb25adfc5db43388f66ec9cfd0e0c7300aaeb660cc2a23ec519a0ef343f22f2c2f8f116ee56168e525468ade5f8d52"
    "e65420cac319f645d820fbba41a99dc1a84d235f4da1167f72e8d18612051effe38e22c473d7614f6d5f2d22f3d2b6d06e5710bdbbf637fb"
    "7e1d82d07759d4cbda65e5ecd7d3cf0b4e4b4d7289e5bca3b75f16c3a9a9ccff21a3058f11cc2eafd58f4ab7bb1e81d565654b1d434e93df"
    "e3c637888679f81213fb982f035dcf008c25909c3df4bee8735fdd533dd88b10f68d8e19b2bf58f80ce659512d4f9999436d651f0df1584c"
    "ac85a2");
const Bytes kAgreed = fromHex(
    "d76b3343cf0801020304050607080000410615371a56427249ec2e1c3329270ef64da4a31eb3939f9febe4bc2e7adf160dfd51724ec397e3"
    "12096ef7599da828d78073cc815b043391d6312e3dacf36d35e0be5e28b3b0d19d5a8b11600365c5f77b4a156e40f56adee6e53afb607b21"
    "c0384d6cde2f020b35333141cbeb50934926d2c33ad8c56170db55bb3649bed7c8f2a2c7ef419fb1c2df1ffad57aac990f3306c724effc6e"
    "a2da24dbd5a8b24b131d8a34e1863c63bba927dc0582e9e9be09cc81f97b81275ef85159a80cbab43d80b5ecf2932226ddbaca6aaa6920a4"
    "d15881af21d80d4ce4616491b4faa56d77fcbdd6a201596bb53034b86e8c26ad077e267e97f604157ba3dfa5c0928f93d2a047fe544e2b37");

// The server's Retry, then under its new keys a HelloRetryRequest and a ServerHello.
const Bytes kRetry = fromHex(
    "f00000000100050102030405746f6b656e00000000000000000000000000000000");
const Bytes kAskAgain = fromHex(
    "c00000000100046162636400404b1c8502d953d6e3dcfc49b55f17d8c61692f2e0ded503fe8130397d217718c298690325d3d429adca10ac"
    "ee97db0213667c0c6bde98cd756392196e12680c41d7d92faca540ac1ade1ff763");
const Bytes kServerHello = fromHex(
    "cb0000000100046162636400404e9d344fc8f75d093cad011e96ab61ecbdb1e0930d4d0380eeb6ff1d0028b245c91f7ea9a9ea448ee9fc46"
    "b2dd51fd35a9e2ceda048c8cd1de715c336f532db19d1784014378d986a95e66075dd389");

void checkHello(const FactBuffer& facts) {
  CHECK(facts.text(Fact::tlsServerName) == "example.com");
  CHECK(facts.text(Fact::tlsAlpn) == "alpn");
  CHECK(facts.text(Fact::tlsOfferedVersions) == "TLSv1.3");
  CHECK(facts.text(Fact::tlsJa4Client) == "q13d0211an_62ed6f6ca7ad_4d634acda6c0");
}

Parse read(const Bytes& datagram, QuicCrypto& crypto, FactBuffer& facts) {
  const Bytes own = prefix(datagram, datagram.size());
  return parseQuicClient(own, crypto, facts).state;
}

std::string hexOf(std::span<const uint8_t> octets) {
  std::string out;
  for (const uint8_t octet : octets) {
    out += "0123456789abcdef"[octet >> 4];
    out += "0123456789abcdef"[octet & 15];
  }
  return out;
}

// Google's CHLO with these values.
Bytes chlo(std::initializer_list<std::pair<std::string_view, std::string_view>> tags) {
  const auto little = [](size_t value) {
    return Bytes{static_cast<uint8_t>(value), static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value >> 16), 0};
  };
  Bytes entries, values;
  for (const auto& [tag, value] : tags) {
    values = join({values, text(value)});
    entries = join({entries, text(tag), little(values.size())});
  }
  return join({text("CHLO"), {static_cast<uint8_t>(tags.size()), 0, 0, 0}, entries, values});
}

const Bytes kChlo = chlo({{"PAD\xff", std::string_view("----------", 10)},
                          {std::string_view("SNI\0", 4), "www.example.com"}, {"VER\xff", "Q043"}, {"UAID", "Chrome/70"}});

Bytes q043(const Bytes& frames) { return join({{0x19}, Bytes(8, 3), text("Q043"), {0, 1}, Bytes(12, 9), frames}); }

}  // namespace

TEST_CASE("keys of RFC 9001 appendix A.1 and RFC 9369 appendix A.1") {
  const Bytes id = fromHex("8394c8f03e515708");
  const QuicKeys client = quicInitialKeys(quicVersion(1).protection, id, false);
  CHECK(hexOf(client.key) == "1f369613dd76d5467730efcbe3b1a22d");
  CHECK(hexOf(client.iv) == "fa044b2f42a3fd3b46fb255c");
  CHECK(hexOf(client.headerKey) == "9f50449e04a0e810283a1e9933adedd2");
  const QuicKeys server = quicInitialKeys(quicVersion(1).protection, id, true);
  CHECK(hexOf(server.key) == "cf3a5331653c364c88f0f379b6067e37");
  const QuicKeys second = quicInitialKeys(quicVersion(0x6b3343cf).protection, id, true);
  CHECK(hexOf(second.key) == "82db637861d55e1d011f19ea71d5d2a7");
  CHECK(hexOf(second.iv) == "dd13c276499c0249d3310652");
  CHECK(hexOf(second.headerKey) == "edf6d05c83121201b436e16877593c3a");
}

TEST_CASE("the client's Initial of version 1 and of version 2") {
  for (const auto& [datagram, version] : {std::pair(&kInitial1, 1u), std::pair(&kInitial2, 0x6b3343cfu)}) {
    QuicCrypto crypto;
    FactBuffer facts;
    CHECK(looksLikeQuic(*datagram));
    CHECK(read(*datagram, crypto, facts) == Parse::done);
    CHECK(facts.number(Fact::quicVersion) == version);
    checkHello(facts);
  }
}

TEST_CASE("CRYPTO frames in any order, over datagrams, with packets coalesced") {
  QuicCrypto crypto, other;
  FactBuffer facts, same;
  CHECK(read(kLatePieces, crypto, facts) == Parse::more);
  CHECK(!facts.has(Fact::tlsServerName));
  CHECK(read(kLatePieces, crypto, facts) == Parse::more);
  CHECK(read(kFirstPieces, crypto, facts) == Parse::done);
  checkHello(facts);
  CHECK(read(kFirstPieces, other, same) == Parse::more);
  CHECK(!same.has(Fact::tlsJa4Client));
  CHECK(read(kLatePieces, other, same) == Parse::done);
  checkHello(same);
  QuicCrypto third;
  FactBuffer coalesced;
  CHECK(read(join({kLatePieces, kFirstPieces}), third, coalesced) == Parse::done);
  checkHello(coalesced);
}

TEST_CASE("new keys after a Retry; another version that was agreed on keeps the first connection ID") {
  for (const Bytes* next : {&kRetried, &kAgreed}) {
    QuicCrypto crypto;
    FactBuffer facts;
    CHECK(read(kLatePieces, crypto, facts) == Parse::more);
    CHECK(read(*next, crypto, facts) == Parse::done);
    CHECK(facts.number(Fact::quicVersion) == 1);
    checkHello(facts);
  }
}

TEST_CASE("the server's Initial tells version and cipher") {
  QuicCrypto crypto;
  FactBuffer facts;
  CHECK(parseQuicServer(kServerInitial, crypto, facts).state == Parse::no);
  CHECK(read(kInitial1, crypto, facts) == Parse::done);
  CHECK(parseQuicServer(kServerInitial, crypto, facts).state == Parse::done);
  CHECK(facts.number(Fact::tlsVersion) == 0x0304);
  CHECK(facts.number(Fact::tlsCipher) == 0x1301);
  CHECK(facts.has(Fact::tlsJa3Server));
  corrupt(kServerInitial, [&](Octets datagram, FactBuffer& more) { parseQuicServer(datagram, crypto, more); });
}

TEST_CASE("the server's Retry gives new keys, its HelloRetryRequest stands before its hello") {
  QuicCrypto crypto;
  FactBuffer facts;
  CHECK(read(kInitial1, crypto, facts) == Parse::done);
  CHECK(parseQuicServer(kAskAgain, crypto, facts).state == Parse::more);
  CHECK(!facts.has(Fact::tlsVersion));
  CHECK(parseQuicServer(kRetry, crypto, facts).state == Parse::more);
  CHECK(parseQuicServer(kAskAgain, crypto, facts).state == Parse::more);
  CHECK(facts.number(Fact::tlsCipher) == 0x1302);
  CHECK(!facts.has(Fact::tlsJa3Server));
  CHECK(parseQuicServer(kServerHello, crypto, facts).state == Parse::done);
  CHECK(facts.text(Fact::tlsJa3Server) == "15af977ce25de452b96affa2addb1036");
}

TEST_CASE("frames: any octet changed, any cut") {
  const Bytes ietf = fromHex("0001020a000101000203010000000a0b0c06004003aabbcc0640ff02ddee1c");
  const Bytes google = fromHex("07400900010105006c090001020203040501020300a00100030102030800044142434400");
  for (const auto& [octets, kind, version] :
       {std::tuple(&ietf, QuicKind::ietf, 1u), std::tuple(&google, QuicKind::google, 0x51303433u),
        std::tuple(&google, QuicKind::googleProtected, 0x51303530u)}) {
    const auto walk = [kind = kind, version = version](Octets frames, FactBuffer&) {
      QuicFrames reader(frames, kind, version);
      HandshakePiece piece;
      size_t total = 0;
      while (reader.next(piece)) total += piece.octets.size();
      CHECK(total <= frames.size());
    };
    FactBuffer unused;
    corrupt(*octets, walk);
    for (size_t size = 0; size < octets->size(); size++) walk(prefix(*octets, size), unused);
  }
}

TEST_CASE("cut, corrupted or of no protocol: no facts of the hello, an end after some datagrams") {
  for (size_t size = 0; size < kInitial1.size(); size++) {
    CAPTURE(size);
    QuicCrypto crypto;
    FactBuffer facts;
    const Bytes cut = prefix(kInitial1, size);
    CHECK(parseQuicClient(cut, crypto, facts).state == (size < 15 ? Parse::no : Parse::more));
    CHECK(!facts.has(Fact::tlsServerName));
  }
  const Bytes shorter = kRetried;
  for (size_t at = 0; at < shorter.size(); at++) {
    CAPTURE(at);
    QuicCrypto crypto;
    FactBuffer facts;
    Bytes changed = shorter;
    changed[at] ^= 0x20;
    parseQuicClient(changed, crypto, facts);
    CHECK(!facts.has(Fact::tlsServerName));
  }
  QuicCrypto crypto;
  FactBuffer facts;
  Bytes broken = kInitial1;
  broken[600] ^= 1;
  int datagrams = 1;
  while (read(broken, crypto, facts) == Parse::more) REQUIRE(++datagrams < 20);
  CHECK(facts.number(Fact::quicVersion) == 1);
  CHECK(!looksLikeQuic(text("GET / HTTP/1.1")));
  CHECK(!looksLikeQuic(fromHex("c0000000000801020304050607080000")));
}

TEST_CASE("versions: drafts, mvfst, Google's; reserved ones are not told") {
  for (const uint32_t version : {0xff000016u, 0xff000022u, 0xfaceb001u, 0xfaceb002u, 0xfaceb00eu}) {
    CHECK(quicVersion(version).kind == QuicKind::ietf);
  }
  CHECK(quicVersion(0xff000015).kind == QuicKind::unknown);
  CHECK(quicVersion(0x51303530).kind == QuicKind::googleProtected);
  CHECK(quicVersion(0x51303436).kind == QuicKind::google);
  CHECK(googleVersion(0x51303235) == 25);
  QuicCrypto crypto;
  FactBuffer facts;
  const Bytes reserved = join({fromHex("c01a2a3a4a08"), Bytes(8, 1), fromHex("000014"), Bytes(20, 1)});
  CHECK(read(reserved, crypto, facts) == Parse::more);
  CHECK(!facts.has(Fact::quicVersion));
}

TEST_CASE("Google's QUIC in clear: CHLO of Q043 and Q046, in one packet and in pieces") {
  const Bytes stream = join({{0xa0, 1}, vector(2, kChlo)});
  QuicCrypto crypto, behindAck, pieces, q046;
  FactBuffer facts, second, third, fourth;
  CHECK(looksLikeQuic(q043(stream)));
  CHECK(read(q043(join({stream, Bytes(50, 0)})), crypto, facts) == Parse::done);
  CHECK(facts.number(Fact::quicVersion) == 0x51303433);
  CHECK(facts.text(Fact::tlsServerName) == "www.example.com");
  CHECK(facts.text(Fact::quicUserAgent) == "Chrome/70");
  CHECK(read(q043(join({{0x60, 9, 0, 1, 1, 5, 2, 3, 0}, stream})), behindAck, second) == Parse::done);
  CHECK(second.text(Fact::tlsServerName) == "www.example.com");
  const auto half = kChlo.begin() + 60;
  CHECK(read(q043(join({{0xa4, 1, 0, 60}, vector(2, Bytes(half, kChlo.end()))})), pieces, third) == Parse::more);
  CHECK(read(q043(join({{0xa0, 1}, vector(2, Bytes(kChlo.begin(), half))})), pieces, third) == Parse::done);
  CHECK(third.text(Fact::quicUserAgent) == "Chrome/70");
  // Behind a first CHLO that was not seen.
  QuicCrypto again;
  FactBuffer fifth;
  CHECK(read(q043(join({{0xa4, 1, 4, 0}, vector(2, kChlo)})), again, fifth) == Parse::done);
  CHECK(fifth.text(Fact::tlsServerName) == "www.example.com");
  const Bytes newer = join({{0xc3}, text("Q046"), {0x50}, Bytes(8, 3), {0, 0, 0, 1}, Bytes(12, 9), stream});
  CHECK(read(newer, q046, fourth) == Parse::done);
  CHECK(fourth.text(Fact::tlsServerName) == "www.example.com");
}

TEST_CASE("Google's QUIC: cut and corrupted") {
  for (const Bytes& whole : {q043(join({{0x60, 9, 0, 1, 1, 5, 2, 3, 0}, {0xa0, 1}, vector(2, kChlo)}))}) {
    for (size_t size = 0; size < whole.size(); size++) {
      QuicCrypto crypto;
      FactBuffer facts;
      const Bytes cut = prefix(whole, size);
      CHECK(parseQuicClient(cut, crypto, facts).state != Parse::done);
    }
    corrupt(whole, [](Octets datagram, FactBuffer& facts) {
      QuicCrypto crypto;
      parseQuicClient(datagram, crypto, facts);
    });
  }
}

TEST_CASE("pieces: overlaps, gaps without end, beyond the capacity") {
  PieceBuffer buffer;
  const Bytes octets(100, 'a');
  CHECK(buffer.put(50, octets));
  CHECK(buffer.beginning().empty());
  CHECK(buffer.put(0, Octets(octets).first(40)));
  CHECK(buffer.beginning().size() == 40);
  CHECK(buffer.put(30, octets));
  CHECK(buffer.beginning().size() == 150);
  CHECK(!buffer.put(PieceBuffer::kCapacity - 99, octets));
  CHECK(!buffer.put(UINT64_MAX, octets));
  size_t kept = 0;
  for (size_t at = 200; at < 2000; at += 10) kept += buffer.put(at, Octets(octets).first(1));
  CHECK(kept == PieceBuffer::kGaps - 1);
  CHECK(buffer.put(150, Octets(octets).first(51)));
  CHECK(buffer.beginning().size() == 201);
}
