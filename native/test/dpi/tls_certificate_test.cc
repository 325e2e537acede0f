// Certificates made with python3-cryptography; the dates and digests are those it says.
#include "dpi/tls_certificate.h"

#include "dpi/der.h"
#include "dpi/hello_builder.h"

using namespace weir;
using namespace weir::test;

namespace {

// SHA-1 59d00f8e2b49cda33377400945971f70e81c3cb6
const Bytes kLeaf = fromHex(
    "30820200308201a7a00302010202021267300a06082a8648ce3d0403023032310b300906035504061302555331163014060355040a0c0d4c"
    "6574277320456e6372797074310b300906035504030c0252333020170d3939313233313233353935385a180f323035313032323830313032"
    "30335a30818f310b3009060355040613024445310f300d06035504080c0642617965726e3111300f06035504070c084dc3bc6e6368656e31"
    "153013060355040a1e0c0050007200fc0066002003a9310d300b060355040b0c0454657374311c301a06092a864886f70d010901160d6140"
    "6578616d706c652e6f72673118301606035504030c0f7777772e6578616d706c652e6f72673059301306072a8648ce3d020106082a8648ce"
    "3d03010703420004fa323e1b5cc3b1169d51b1a08bacd0161143645efb44263a0a4150372c2cec01a9dc3335d645473df0fa970ba04bb112"
    "c97fd96f2b3da7aa4e74038f21e142b6a34d304b300c0603551d130101ff04023000303b0603551d110101ff0431302f820f7777772e6578"
    "616d706c652e6f7267810d61406578616d706c652e6f7267820d2a2e6578616d706c652e6e6574300a06082a8648ce3d0403020347003044"
    "0220641e914b9c07b6c8f56a148447157cbbce10b57013ea91d92a729587112ccc7402202d7710ada620c857e39f2b5736cf9326c8471563"
    "127089498c8c5492a5cda394");
// SHA-1 9d391d31414d852c90c3a887162ef3aa53eda9c6
const Bytes kSelfSigned = fromHex(
    "3082010c3081b2a00302010202021267300a06082a8648ce3d040302300f310d300b06035504030c0473656c66301e170d32303032323930"
    "30303030305a170d3231303330313030303030305a300f310d300b06035504030c0473656c663059301306072a8648ce3d020106082a8648"
    "ce3d03010703420004fa323e1b5cc3b1169d51b1a08bacd0161143645efb44263a0a4150372c2cec01a9dc3335d645473df0fa970ba04bb1"
    "12c97fd96f2b3da7aa4e74038f21e142b6300a06082a8648ce3d0403020349003046022100c4bd1312c06ef2a9ffdafb53906947c30a11b1"
    "2bece2e51c8b0bda2b2fe1f52702210088919a0b964b07433f1349479aeee8fb4d9fbefad6ddf57524d957d3173d418a");

Bytes certificates(std::initializer_list<Bytes> list) {
  Bytes all;
  for (const Bytes& one : list) all = join({all, vector(3, one)});
  return message(11, vector(3, all));
}

const Bytes kHello = serverHello(0x0303, 0xc02b, extension(0xff01, {0}));
constexpr auto server = [](Octets stream, FactBuffer& facts) { return parseTlsServer(stream, facts); };

void checkLeaf(const FactBuffer& facts) {
  CHECK(facts.text(Fact::tlsCertificateSubject) == "C=DE, ST=Bayern, L=München, O=Prüf Ω, OU=Test, CN=www.example.org");
  CHECK(facts.text(Fact::tlsCertificateIssuer) == "C=US, O=Let's Encrypt, CN=R3");
  CHECK(facts.number(Fact::tlsCertificateNotBefore) == 946684798);
  CHECK(facts.number(Fact::tlsCertificateNotAfter) == 2561158923);
  CHECK(facts.text(Fact::tlsCertificateSha1) == "59d00f8e2b49cda33377400945971f70e81c3cb6");
  CHECK(facts.text(Fact::tlsCertificateNames) == "www.example.org,*.example.net");
  CHECK(!facts.has(Fact::tlsCertificateSelfSigned));
}

}  // namespace

TEST_CASE("the first certificate behind a ServerHello, in one record, in records of their own, in many") {
  const Bytes chain = certificates({kLeaf, kSelfSigned});
  for (const Bytes& stream : {record(22, join({kHello, chain, message(14, {})})), join({record(22, kHello), record(22, chain)}),
                              join({record(22, kHello), records(chain, 100)}), records(join({kHello, chain}), 3)}) {
    FactBuffer facts;
    CHECK(parseTlsServer(stream, facts).state == Parse::done);
    CHECK(facts.number(Fact::tlsCipher) == 0xc02b);
    checkLeaf(facts);
  }
}

TEST_CASE("the rest of a chain is not waited for") {
  const Bytes chain = certificates({kLeaf, Bytes(20000, 1)});
  const size_t enough = 5 + kHello.size() + 5 + 4 + 3 + 3 + kLeaf.size();
  const Bytes inOne = join({record(22, kHello), records(chain, 16384)});
  FactBuffer facts;
  CHECK(parseTlsServer(prefix(inOne, enough - 1), facts).state == Parse::more);
  CHECK(parseTlsServer(prefix(inOne, enough), facts).state == Parse::done);
  checkLeaf(facts);
  checkPrefixes(prefix(inOne, enough), server);
}

TEST_CASE("self-signed: the subject is the issuer") {
  FactBuffer facts;
  CHECK(addCertificateFacts(certificates({kSelfSigned}), facts).state == Parse::done);
  CHECK(facts.number(Fact::tlsCertificateSelfSigned) == 1);
  CHECK(facts.text(Fact::tlsCertificateIssuer) == "CN=self");
  CHECK(facts.number(Fact::tlsCertificateNotBefore) == 1582934400);
  CHECK(facts.number(Fact::tlsCertificateNotAfter) == 1614556800);
  CHECK(facts.text(Fact::tlsCertificateSha1) == "9d391d31414d852c90c3a887162ef3aa53eda9c6");
  CHECK(!facts.has(Fact::tlsCertificateNames));
}

TEST_CASE("no certificate, one that is none, any octet changed") {
  FactBuffer facts;
  CHECK(addCertificateFacts(message(11, {0, 0, 0}), facts).state == Parse::no);
  CHECK(addCertificateFacts(message(12, {0, 0, 0}), facts).state == Parse::no);
  CHECK(addCertificateFacts(certificates({text("not DER")}), facts).state == Parse::done);
  CHECK(facts.octets().empty());
  corrupt(certificates({kLeaf}), [](Octets octets, FactBuffer& found) { return addCertificateFacts(octets, found); });
}

TEST_CASE("DER: lengths that lie, are too long or indefinite") {
  DerElement element;
  for (const char* hex : {"30", "3005", "300500000000", "3080000000", "3084000000010000", "3083ffffff", "308200"}) {
    CAPTURE(hex);
    const Bytes octets = fromHex(hex);
    CHECK(!DerReader(octets).next(element));
  }
  const Bytes good = fromHex("3082000204003000");
  DerReader reader(good);
  CHECK(!reader.next(der::kSet, element));
  CHECK(reader.next(der::kSequence, element));
  CHECK(element.content.size() == 2);
  CHECK(reader.next(element));
  CHECK(!reader.next(element));
}
