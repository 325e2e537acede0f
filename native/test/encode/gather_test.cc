// Shuffled columns against the plain ones: the same octets for any template, in place and nowhere else.
#include "encode/gather.h"

#include "encode/encode_fixture.h"
#include "encode/wire_template.h"

using namespace weir;
using namespace weir::test;

namespace {

uint16_t randomLength(const Element& element, std::mt19937& random) {
  const Lengths lengths = lengthsOf(element.wire);
  const uint32_t most = std::min<uint32_t>(lengths.most, 8);
  if (lengths.least >= most) return lengths.least;
  for (;;) {
    const auto length = static_cast<uint16_t>(lengths.least + random() % (most - lengths.least + 1));
    if (allowsLength(element.wire, length)) return random() % 3 == 0 ? static_cast<uint16_t>(most) : length;
  }
}

// Fields of weir's own table, so that every block and member of FlowRecord is among them.
std::vector<PlanField> randomPlan(std::mt19937& random) {
  EncoderSpec spec;
  spec.biflow = true;
  const size_t count = 1 + random() % 30;
  while (spec.fields4.size() < count) {
    const auto index = static_cast<uint32_t>(random() % elements().size());
    const Element& element = elements()[index];
    if (element.kind == ValueKind::text || element.kind == ValueKind::list || element.family == 6) continue;
    spec.fields4.push_back(wireField(index, randomLength(element, random)));
  }
  return planFields(spec, 4, elements());
}

// Data Records one behind the other, between octets that must stay.
Bytes written(const WireTemplate& wire, const std::vector<FlowRecord>& records, const std::vector<Row>& rows) {
  FieldContext context;
  Bytes out(rows.size() * wire.fixedLength + 64, 0xee);
  RowWriter writer(wire, context);
  const uint8_t* const end = writer.add(rows, &out[32]);
  writer.flush();
  CHECK(end == &out[32] + rows.size() * wire.fixedLength);
  CHECK(records.size() * 2 >= rows.size());
  return out;
}

}  // namespace

TEST_CASE("gather: shuffled columns write what plain columns write") {
  if (!canGather()) {
    MESSAGE("skipped: this processor has no AVX2");
    return;
  }
  std::mt19937 random(5);
  for (int round = 0; round < 1500; round++) {
    CAPTURE(round);
    const std::vector<PlanField> plan = randomPlan(random);
    const WireTemplate plain = compileTemplate(plan, false), shuffled = compileTemplate(plan, true);
    std::vector<FlowRecord> records(1 + random() % 70);
    std::vector<Row> rows;
    for (FlowRecord& record : records) {
      record = randomRecord(random);
      for (uint32_t side = 0; side < 2; side++) {
        if (random() % 4 == 0) continue;
        rows.push_back({reinterpret_cast<const uint8_t*>(&record), nullptr, plain.fixedLength, side});
      }
    }
    const bool equal = written(plain, records, rows) == written(shuffled, records, rows);
    REQUIRE(equal);
  }
}

TEST_CASE("gather: loads stay within the octets of the record that the template needs") {
  if (!canGather()) {
    MESSAGE("skipped: this processor has no AVX2");
    return;
  }
  EncoderSpec spec;
  for (uint32_t i = 0; i < elements().size(); i++) {
    const Element& element = elements()[i];
    if (element.needs == needsNothingMore && lengthsOf(element.wire).most <= 16 && element.family != 6 &&
        element.offset[0] < recordStride(needsNothingMore)) {
      spec.fields4.push_back(wireField(i, lengthsOf(element.wire).most));
    }
  }
  const std::vector<PlanField> plan = planFields(spec, 4, elements());
  const WireTemplate wire = compileTemplate(plan, true);
  for (const Segment& segment : wire.segments) {
    for (const Column& column : segment.columns[0]) {
      for (const Shuffle& shuffle : column.shuffles) CHECK(shuffle.offset + 16 <= strideOf(plan));
    }
  }
}
