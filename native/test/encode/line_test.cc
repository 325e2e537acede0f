// Units of line formats: several lines a unit, message keys, shares.
#include <algorithm>
#include <set>

#include "encode/encode_fixture.h"
#include "encode/plan.h"

using namespace weir;
using namespace weir::test;

namespace {

EncoderSpec spec(uint32_t linesPerUnit = 1, EncoderSpec::UnitKey key = EncoderSpec::UnitKey::none) {
  EncoderSpec made = lineSpec(EncoderSpec::Format::json, {{kSourcePort, "p"}, {kOctets, "o"}, {kName, "n"}});
  made.linesPerUnit = linesPerUnit;
  made.unitKey = key;
  return made;
}

TestBatch batchOf(size_t count) {
  TestBatch batch;
  for (size_t i = 0; i < count; i++) {
    FlowRecord record = sampleRecord4();
    record.hot.key.port[0] = static_cast<uint16_t>(1000 + i);
    batch.records.push_back(record);
  }
  return batch;
}

struct Unit {
  std::string text;
  uint32_t records = 0, dataRecords = 0;
};

std::vector<Unit> unitsOf(Encoder& encoder, const BatchView& batch, EncodeResult& result, uint32_t first = 0,
                          size_t octets = 1 << 20, size_t most = 1000) {
  Bytes bytes(octets);
  std::vector<uint32_t> ends(most, 77), records(most, 77), dataRecords(most, 77);
  result = encoder.encode(batch, first, 1795228155, {bytes, ends, records, dataRecords});
  std::vector<Unit> units;
  for (uint32_t i = 0; i < result.units; i++) {
    const uint32_t begin = i == 0 ? 0 : ends[i - 1];
    units.push_back({std::string(bytes.begin() + begin, bytes.begin() + ends[i]), records[i], dataRecords[i]});
  }
  return units;
}

size_t linesIn(const std::string& text) { return static_cast<size_t>(std::count(text.begin(), text.end(), '\n')); }

}  // namespace

TEST_CASE("lines: N lines make a unit, the last one may hold fewer") {
  const TestBatch batch = batchOf(10);
  const auto encoder = makeEncoder(spec(4), {}, table());
  EncodeResult result;
  const std::vector<Unit> units = unitsOf(*encoder, batch.view(), result);
  REQUIRE(units.size() == 3);
  CHECK(result.records == 10);
  CHECK(result.dataRecords == 10);
  CHECK(units[0].dataRecords == 4);
  CHECK(units[1].records == 4);
  CHECK(units[2].dataRecords == 2);
  CHECK(units[2].records == 2);
  std::string all;
  for (const Unit& unit : units) {
    CHECK(linesIn(unit.text) == unit.dataRecords);
    CHECK(unit.text.back() == '\n');
    all += unit.text;
  }
  CHECK(all == linesOf(spec(), batch));
}

TEST_CASE("lines: a flow belongs to the unit of its last line") {
  EncoderSpec uniflow = spec(3);
  uniflow.biflow = false;
  const TestBatch batch = batchOf(3);  // six lines
  const auto encoder = makeEncoder(uniflow, {}, table());
  EncodeResult result;
  const std::vector<Unit> units = unitsOf(*encoder, batch.view(), result);
  REQUIRE(units.size() == 2);
  CHECK(units[0].dataRecords == 3);
  CHECK(units[0].records == 1);
  CHECK(units[1].dataRecords == 3);
  CHECK(units[1].records == 2);
}

TEST_CASE("lines: out of any size loses and repeats nothing, and the counts add up") {
  std::mt19937 random(3);
  for (int round = 0; round < 100; round++) {
    EncoderSpec any = spec(1 + static_cast<uint32_t>(random() % 5));
    any.biflow = round % 2 == 0;
    TestBatch batch;
    for (size_t i = 0; i < 60; i++) {
      FlowRecord record = randomRecord(random);
      nameRef(record) = batch.put(std::string(random() % 60, 'x'));
      batch.records.push_back(record);
    }
    const std::string all = linesOf(any, batch);
    const auto encoder = makeEncoder(any, {}, table());
    std::string pieces;
    for (uint32_t first = 0; first < batch.records.size();) {
      EncodeResult result;
      const std::vector<Unit> units =
          unitsOf(*encoder, batch.view(), result, first, 300 + random() % 700, 2 + random() % 6);
      REQUIRE(result.records > 0);
      REQUIRE(result.unencodable == 0);
      uint32_t records = 0, lines = 0;
      for (size_t i = 0; i < units.size(); i++) {
        REQUIRE(linesIn(units[i].text) == units[i].dataRecords);
        if (i + 1 < units.size()) REQUIRE(units[i].dataRecords == any.linesPerUnit);
        records += units[i].records;
        lines += units[i].dataRecords;
        pieces += units[i].text;
      }
      REQUIRE(lines == result.dataRecords);
      const auto silent = [&](uint32_t i) {
        return sidesOf(reinterpret_cast<const uint8_t*>(&batch.records[i]), any.biflow) == 0;
      };
      uint32_t written = 0;
      for (uint32_t i = first; i < first + result.records; i++) written += silent(i) ? 0 : 1;
      REQUIRE(records == written);
      first += result.records;
    }
    const bool equal = pieces == all;
    REQUIRE(equal);
  }
}

TEST_CASE("lines: the message key is the Community ID, the same for both uniflows") {
  EncoderSpec keyed = spec(8, EncoderSpec::UnitKey::flow);  // with a key a unit is one line
  keyed.biflow = false;
  const TestBatch batch = batchOf(1);
  EncodeResult result;
  const auto encoder = makeEncoder(keyed, {}, table());
  const std::vector<Unit> units = unitsOf(*encoder, batch.view(), result);
  REQUIRE(units.size() == 2);
  // 192.0.2.1:1000 - 198.51.100.7:443 TCP, seed 0
  const std::string key("\x00\x1e" "1:", 4);
  for (const Unit& unit : units) {
    CHECK(unit.text.substr(0, 4) == key);
    CHECK(unit.text.substr(0, 32) == units[0].text.substr(0, 32));
    CHECK(unit.text[32] == '{');
    CHECK(unit.dataRecords == 1);
  }
  CHECK(units[0].records == 0);
  CHECK(units[1].records == 1);
  FieldContext seeded;
  seeded.communityIdSeed = 1;
  const auto other = makeEncoder(keyed, seeded, table());
  CHECK(unitsOf(*other, batch.view(), result)[0].text.substr(0, 32) != units[0].text.substr(0, 32));
}

TEST_CASE("lines: the message key is the address of the initiator") {
  EncoderSpec keyed = spec(1, EncoderSpec::UnitKey::host);
  keyed.biflow = false;
  TestBatch batch;
  batch.records = {sampleRecord4(), sampleRecord6()};
  EncodeResult result;
  const auto encoder = makeEncoder(keyed, {}, table());
  const std::vector<Unit> units = unitsOf(*encoder, batch.view(), result);
  REQUIRE(units.size() == 4);
  for (size_t i = 0; i < 2; i++) CHECK(units[i].text.substr(0, 12) == std::string("\x00\x09" "192.0.2.1{", 12));
  for (size_t i = 2; i < 4; i++) CHECK(units[i].text.substr(0, 14) == std::string("\x00\x0b" "2001:db8::1{", 14));
  // The key counts as octets of the unit.
  const size_t size = units[0].text.size() + units[1].text.size();
  const auto tight = makeEncoder(keyed, {}, table());
  CHECK(unitsOf(*tight, batch.view(), result, 0, size).size() == 2);
  CHECK(result.records == 1);
  unitsOf(*tight, batch.view(), result, 0, size - 1);
  CHECK(result.unencodable > 0);
  unitsOf(*tight, batch.view(), result, 0, 5);
  CHECK(result.unencodable == 2);
  CHECK(result.bytes == 0);
}

TEST_CASE("lines: each record is in exactly one share") {
  std::mt19937 random(9);
  TestBatch batch;
  for (size_t i = 0; i < 200; i++) batch.records.push_back(randomRecord(random));
  uint32_t lines = 0, elsewhere = 0;
  std::multiset<std::string> shared;
  for (uint32_t share = 0; share < 3; share++) {
    EncoderSpec part = spec();
    part.share = share;
    part.shareOf = 3;
    const auto encoder = makeEncoder(part, {}, table());
    EncodeResult result;
    for (const Unit& unit : unitsOf(*encoder, batch.view(), result)) shared.insert(unit.text);
    CHECK(result.records == 200);
    CHECK(result.dataRecords + result.elsewhere == 200);
    CHECK(result.dataRecords > 20);
    lines += result.dataRecords;
    elsewhere += result.elsewhere;
  }
  CHECK(lines == 200);
  CHECK(elsewhere == 400);
  EncodeResult result;
  std::multiset<std::string> whole;
  const auto encoder = makeEncoder(spec(), {}, table());
  for (const Unit& unit : unitsOf(*encoder, batch.view(), result)) whole.insert(unit.text);
  const bool same = whole == shared;
  CHECK(same);
}
