// What messages may hold: one set, their templates, one share of the flows.
#include "encode/message_encoder.h"

#include "base/error.h"
#include "encode/encode_fixture.h"
#include "encode/ipfix.h"

using namespace weir;
using namespace weir::test;

namespace {

EncoderSpec smallSpec() {
  return wireSpec({wireField(kSource4, 4), wireField(kOctets, 8)}, {wireField(kSource6, 16), wireField(kOctets, 8)});
}

TestBatch mixedBatch(size_t count, std::mt19937& random) {
  TestBatch batch;
  for (size_t i = 0; i < count; i++) {
    batch.records.push_back(randomRecord(random));
    nameRef(batch.records.back()) = batch.put(std::string(random() % 30, 'n'));
  }
  return batch;
}

struct Set {
  uint16_t id;
  Bytes body;
};

// The sets of a message, whatever they are.
std::vector<Set> setsOf(const Bytes& message) {
  REQUIRE(loadBe16(&message[2]) == message.size());
  std::vector<Set> sets;
  size_t at = 16;
  while (at < message.size()) {
    const uint16_t length = loadBe16(&message[at + 2]);
    REQUIRE(length > 4);
    REQUIRE(at + length <= message.size());
    sets.push_back({loadBe16(&message[at]), Bytes(&message[at + 4], &message[at] + length)});
    at += length;
  }
  return sets;
}

// Data Records of both IP versions, read call by call through outs of this size.
std::vector<Bytes> dataSetsOf(Encoder& encoder, const TestBatch& batch, size_t outSize, size_t endsSize,
                              uint32_t messageSize) {
  std::vector<Bytes> bodies(2);
  uint32_t first = 0, sequence = encoder.sequence();
  while (first < batch.records.size()) {
    const Encoded encoded = encodeOnce(encoder, batch.view(), outSize, endsSize, first);
    REQUIRE(encoded.result.records > 0);
    REQUIRE(encoded.result.unencodable == 0);
    first += encoded.result.records;
    for (const Bytes& unit : encoded.units) {
      REQUIRE(unit.size() <= messageSize);
      REQUIRE(loadBe32(&unit[8]) >= sequence);
      sequence = loadBe32(&unit[8]);
      for (const Set& set : setsOf(unit)) {
        if (set.id < 256) continue;
        Bytes& body = bodies[set.id - 256];
        body.insert(body.end(), set.body.begin(), set.body.end());
      }
    }
  }
  return bodies;
}

}  // namespace

TEST_CASE("messages: one set each, templates too, and no record is lost or out of order") {
  std::mt19937 random(11);
  for (const bool texts : {false, true}) {
    for (const bool biflow : {false, true}) {
      EncoderSpec spec = smallSpec();
      if (texts) spec.fields4.push_back(wireField(kName, 65535));
      spec.biflow = biflow;
      spec.messageSize = 200;
      EncoderSpec single = spec;
      single.oneSetPerMessage = true;
      const TestBatch batch = mixedBatch(500, random);
      const auto plain = makeEncoder(spec, {}, table()), one = makeEncoder(single, {}, table());
      const std::vector<Bytes> wanted = dataSetsOf(*plain, batch, 1 << 20, 4096, 200);
      for (const size_t outSize : {400u, 555u, 100000u}) {
        one->reset();
        const bool equal = dataSetsOf(*one, batch, outSize, outSize == 400 ? 2 : 4096, 200) == wanted;
        CHECK(equal);
      }
      const Encoded encoded = encodeOnce(*one, batch.view());
      for (const Bytes& unit : encoded.units) CHECK(setsOf(unit).size() == 1);
      CHECK(encoded.units.size() <= encodeOnce(*plain, batch.view()).units.size() + 2);  // messages are filled
    }
  }
  EncoderSpec spec = smallSpec();
  spec.oneSetPerMessage = true;
  const auto encoder = makeEncoder(spec, {}, table());
  Bytes out(400);
  std::vector<uint32_t> ends(4), none(4);
  CHECK(encoder->templates(1, {out, ends, none, none}).units == 2);
  CHECK(ends[0] == 32);
  CHECK(ends[1] == 64);
}

TEST_CASE("messages: templates stand in front of the data of their IP version") {
  std::mt19937 random(12);
  EncoderSpec spec = smallSpec();
  spec.messageSize = 150;
  const TestBatch batch = mixedBatch(300, random);
  const auto plain = makeEncoder(spec, {}, table());
  spec.inlineTemplates = true;
  const auto encoder = makeEncoder(spec, {}, table());
  const bool equal = dataSetsOf(*encoder, batch, 1 << 20, 4096, 150) == dataSetsOf(*plain, batch, 1 << 20, 4096, 150);
  CHECK(equal);
  for (const Bytes& unit : encodeOnce(*encoder, batch.view()).units) {
    const std::vector<Set> sets = setsOf(unit);
    REQUIRE(sets.size() % 2 == 0);
    for (size_t i = 0; i < sets.size() / 2; i++) {
      CHECK(sets[i].id == 2);
      CHECK(loadBe16(sets[i].body.data()) == sets[sets.size() / 2 + i].id);
    }
  }
  TestBatch one;
  one.records = {sampleRecord4()};
  encoder->reset();
  CHECK(hexOf(encodeOnce(*encoder, one.view()).bytes) ==
        hexOf(bytesOf("000a 0030 6b0101fb 00000000 00000001"
                      "0002 0010 0100 0002 0008 0004 0001 0008  0100 0010 c0000201 000000000001e240")));
}

TEST_CASE("messages: templates in every message and one set a message exclude each other") {
  EncoderSpec spec = smallSpec();
  spec.oneSetPerMessage = spec.inlineTemplates = true;
  CHECK_THROWS_AS(makeEncoder(spec, {}, table()), Error);
  spec = smallSpec();
  spec.inlineTemplates = true;
  spec.messageSize = 16 + 16 + 4 + 24;
  CHECK_NOTHROW(makeEncoder(spec, {}, table()));
  spec.messageSize--;  // the IPv6 template and one record do not fit
  CHECK_THROWS_AS(makeEncoder(spec, {}, table()), Error);
}

TEST_CASE("messages: shares part the flows, whoever reads them") {
  std::mt19937 random(13);
  const TestBatch batch = mixedBatch(600, random);
  for (const auto format :
       {EncoderSpec::Format::ipfix, EncoderSpec::Format::netflow9, EncoderSpec::Format::netflow5}) {
    EncoderSpec spec = smallSpec();
    spec.format = format;
    spec.biflow = false;
    const EncodeResult all = encodeOnce(*makeEncoder(spec, {}, table()), batch.view()).result;
    uint32_t written = 0, elsewhere = 0, unencodable = 0;
    spec.shareOf = 3;
    for (spec.share = 0; spec.share < 3; spec.share++) {
      const Encoded encoded = encodeOnce(*makeEncoder(spec, {}, table()), batch.view());
      CHECK(encoded.result.records == 600);
      CHECK(encoded.result.elsewhere > 300);
      written += encoded.result.dataRecords;
      elsewhere += encoded.result.elsewhere;
      unencodable += encoded.result.unencodable;
    }
    CHECK(written == all.dataRecords);
    CHECK(elsewhere == 2 * 600);
    CHECK(unencodable == all.unencodable);
  }
}
