// Nested objects, constants and value forms of JSON lines.
#include "base/error.h"
#include "encode/encode_fixture.h"

using namespace weir;
using namespace weir::test;

namespace {

using F = EncoderField::Form;

EncoderField at(std::vector<std::string> path, std::string key, uint32_t element, F form = F::plain) {
  return {element, std::move(key), 0, form, std::move(path), {}};
}

EncoderField constant(std::vector<std::string> path, std::string key, std::string value) {
  return {0, std::move(key), 0, F::constant, std::move(path), std::move(value)};
}

EncoderSpec jsonSpec(std::vector<EncoderField> fields) {
  EncoderSpec spec;
  spec.format = EncoderSpec::Format::json;
  spec.fields4 = spec.fields6 = std::move(fields);
  return spec;
}

std::string lineOf(std::vector<EncoderField> fields, const FlowRecord& record = sampleRecord4()) {
  TestBatch batch;
  batch.records = {record};
  return linesOf(jsonSpec(std::move(fields)), batch);
}

}  // namespace

TEST_CASE("json: neighbours share the objects of their path") {
  CHECK(lineOf({at({}, "top", kProtocol), at({"a"}, "x", kSourcePort), at({"a", "b"}, "y", kDestinationPort),
                at({"a", "b"}, "z", kOctets), at({"a", "c"}, "w", kPackets), at({"a"}, "v", kReversePackets),
                at({}, "end", kInterface)}) ==
        "{\"top\":6,\"a\":{\"x\":40000,\"b\":{\"y\":443,\"z\":123456},\"c\":{\"w\":99},\"v\":7},\"end\":3}\n");
  CHECK(lineOf({at({"a", "b", "c"}, "x", kSourcePort)}) == "{\"a\":{\"b\":{\"c\":{\"x\":40000}}}}\n");
  CHECK(lineOf({at({"a", "b"}, "x", kSourcePort), at({"c", "b"}, "x", kSourcePort)}) ==
        "{\"a\":{\"b\":{\"x\":40000}},\"c\":{\"b\":{\"x\":40000}}}\n");
}

TEST_CASE("json: an object none of whose fields is present does not appear") {
  // kName is left out when empty
  CHECK(lineOf({at({"a"}, "n", kName), at({}, "p", kProtocol)}) == "{\"p\":6}\n");
  CHECK(lineOf({at({"a"}, "n", kName), at({"a", "b"}, "m", kName), at({"a"}, "p", kProtocol)}) ==
        "{\"a\":{\"p\":6}}\n");
  CHECK(lineOf({at({"a"}, "p", kProtocol), at({"a", "b"}, "n", kName), at({"a", "c"}, "o", kOctets)}) ==
        "{\"a\":{\"p\":6,\"c\":{\"o\":123456}}}\n");
  // The object left out between two parts of another one does not close it.
  CHECK(lineOf({at({"a", "b"}, "p", kProtocol), at({"c"}, "n", kName), at({"d"}, "o", kOctets)}) ==
        "{\"a\":{\"b\":{\"p\":6}},\"d\":{\"o\":123456}}\n");
  CHECK(lineOf({at({"a", "b"}, "n", kName)}) == "{}\n");
}

TEST_CASE("json: constants stand as they are and make their object") {
  CHECK(lineOf({constant({"event"}, "kind", "\"event\""), constant({"event"}, "category", "[\"network\"]"),
                at({"event"}, "n", kName), constant({}, "sequence_num", "0")}) ==
        "{\"event\":{\"kind\":\"event\",\"category\":[\"network\"]},\"sequence_num\":0}\n");
  CHECK_THROWS_AS(lineOf({constant({}, "", "1")}), Error);
  CHECK_THROWS_AS(lineOf({constant({}, "key", "")}), Error);
}

TEST_CASE("json: keys and objects of any length are escaped") {
  const std::string longName(150, 'o');
  CHECK(lineOf({at({longName, "q\"q"}, longName, kProtocol)}) ==
        "{\"" + longName + "\":{\"q\\\"q\":{\"" + longName + "\":6}}}\n");
}

TEST_CASE("json: an object in two places is refused") {
  CHECK_THROWS_AS(lineOf({at({"a"}, "x", kSourcePort), at({}, "y", kOctets), at({"a"}, "z", kPackets)}), Error);
  CHECK_THROWS_AS(lineOf({at({"a", "b"}, "x", kSourcePort), at({"a", "c"}, "y", kOctets),
                          at({"a", "b"}, "z", kPackets)}), Error);
}

TEST_CASE("json: value forms") {
  FlowRecord record = sampleRecord4();
  record.hot.octets[1] = UINT64_MAX;
  CHECK(lineOf({at({}, "q", kProtocol, F::quoted), at({}, "w", kReverseOctets, F::quoted), at({}, "f", kFlag, F::quoted),
                at({}, "s", kStartMilliseconds, F::nanoseconds), at({}, "d", kPackets, F::nanoseconds),
                at({}, "m", kSourceMac, F::hyphens)}, record) ==
        "{\"q\":\"6\",\"w\":\"18446744073709551615\",\"f\":\"false\",\"s\":1795228150123456789,\"d\":99000000,"
        "\"m\":\"02-00-00-AB-CD-EF\"}\n");
  record.link.mac[0] = {};
  CHECK(lineOf({at({"source"}, "mac", kSourceMac, F::hyphens)}, record) == "{}\n");
  TestBatch batch;
  batch.records = {sampleRecord4()};
  nameRef(batch.records[0]) = batch.put("TCP \xc3\x84 x");
  CHECK(linesOf(jsonSpec({at({}, "n", kName, F::lower)}), batch) == "{\"n\":\"tcp \xc3\x84 x\"}\n");
  CHECK_THROWS_AS(lineOf({at({}, "n", kSourcePort, F::lower)}), Error);
  CHECK_THROWS_AS(lineOf({at({}, "n", kName, F::nanoseconds)}), Error);
  CHECK_THROWS_AS(lineOf({at({}, "n", kSource4, F::hyphens)}), Error);
  CHECK_THROWS_AS(lineOf({at({}, "n", kList, F::quoted)}), Error);
}

TEST_CASE("json: unsigned64 above 2^53 - 1 is a string, but not in nanoseconds") {
  FlowRecord record = sampleRecord4();
  record.hot.octets[0] = (uint64_t{1} << 53) - 1;
  record.hot.octets[1] = uint64_t{1} << 53;
  CHECK(lineOf({at({}, "f", kOctets), at({}, "r", kReverseOctets)}, record) ==
        "{\"f\":9007199254740991,\"r\":\"9007199254740992\"}\n");
  record.hot.octets[1] = 20000000000;
  CHECK(lineOf({at({}, "r", kReverseOctets, F::nanoseconds)}, record) == "{\"r\":20000000000000000}\n");
}

TEST_CASE("json: text lines take neither constants nor paths") {
  for (const EncoderField& field : {constant({}, "k", "1"), at({"a"}, "k", kProtocol)}) {
    EncoderSpec spec = jsonSpec({field});
    spec.format = EncoderSpec::Format::text;
    CHECK_THROWS_AS(makeEncoder(spec, {}, table()), Error);
  }
}

TEST_CASE("json: nested lines of random records close what they open, at any size of out") {
  std::mt19937 random(5);
  const std::vector<EncoderField> fields = {
      at({"a"}, "s", kSource4),      at({"a"}, "s6", kSource6),      at({"a", "b"}, "n", kName),
      at({"a", "b", "c"}, "l", kList), at({"a", "b", "c"}, "m", kOtherName), at({"d"}, "mac", kSourceMac),
      at({"d", "e"}, "i", kInterface), at({}, "o", kOctets)};
  TestBatch batch;
  for (size_t i = 0; i < 300; i++) {
    FlowRecord record = randomRecord(random);
    nameRef(record) = batch.put(std::string(random() % 3 == 0 ? random() % 100 : 0, 'x'));
    batch.records.push_back(record);
  }
  const std::string all = linesOf(jsonSpec(fields), batch);
  int depth = 0;
  for (const char c : all) {
    if (c == '{') depth++;
    if (c == '}') depth--;
    if (c == '\n') REQUIRE(depth == 0);
  }
  CHECK(all.find("{}") == std::string::npos);
  CHECK(all.find(",}") == std::string::npos);
  CHECK(all.find("{,") == std::string::npos);
  const auto encoder = makeEncoder(jsonSpec(fields), {}, table());
  std::string pieces;
  for (uint32_t first = 0; first < batch.records.size();) {
    const Encoded encoded = encodeOnce(*encoder, batch.view(), 400 + random() % 900, 8, first);
    REQUIRE(encoded.result.records > 0);
    first += encoded.result.records;
    pieces.append(encoded.bytes.begin(), encoded.bytes.end());
  }
  CHECK(pieces == all);
}
