// Messages of IPFIX and NetFlow v9: at most one data set for IPv4 and one for IPv6 flows each. Within an IP version
// records keep the order of the batch.
#pragma once

#include <memory>
#include <vector>

#include "encode/encoder.h"
#include "encode/row_texts.h"
#include "encode/wire_format.h"
#include "fields/application_names.h"

namespace weir {

class MessageEncoder final : public Encoder {
 public:
  MessageEncoder(const WireFormat& format, const EncoderSpec& spec, const FieldContext& context,
                 std::span<const Element> table);

  EncodeResult encode(const BatchView& batch, uint32_t first, uint32_t exportSeconds, const UnitBuffer& out) override;
  EncodeResult templates(uint32_t exportSeconds, const UnitBuffer& out) override;
  void reset() override { sequence_ = 0; }
  void setMessageSize(uint32_t octets) override;
  void setStart(uint64_t startMs) override { context_.startNs = startMs * 1'000'000; }
  uint32_t sequence() const override { return sequence_; }
  // For tests of the wrap at 2^32.
  void setSequence(uint32_t sequence) { sequence_ = sequence; }

 private:
  // A message being filled; its rows stand in the families.
  struct Message {
    uint32_t limit = 0;  // octets it may have; 0: none is open
    uint32_t size = 0;   // octets of it, headers and the longest padding included
    uint32_t flows = 0;  // uniflows: flow records whose last Data Record is in it
    std::unique_ptr<uint8_t[]> texts;  // variable parts of its rows; behind textEnd those being made
    uint8_t* textEnd = nullptr;
  };

  // Rows of fixed length, each a record and, in uniflows, a side. The arrays hold two more than a message takes.
  struct FixedRows {
    const uint8_t** records = nullptr;
    uint8_t* sides = nullptr;
    size_t count = 0;
    uint32_t step = 0;  // octets of a row; more than any message has where add() must look at it
    uint32_t next = 0;  // what the next one costs: its family's opening too when it is the first

    uint32_t costOf(unsigned recordSides) const { return next + (recordSides == 3 ? step : 0); }
    // Puts the rows of a record behind the others, and counts them if `counted` is 1 instead of 0.
    template <bool Biflow>
    void put(const uint8_t* record, unsigned recordSides, uint32_t counted) {
      records[count] = record;
      if constexpr (!Biflow) {
        records[count + 1] = record;
        sides[count] = recordSides == 2 ? 1 : 0;
        sides[count + 1] = 1;
      }
      count += (1 + (recordSides == 3 ? 1 : 0)) * size_t{counted};
      next ^= (next ^ step) & (0 - counted);  // no branch
    }
  };

  // Flow records of one IP version.
  struct Family {
    Family(std::vector<PlanField> plan, uint16_t id, const FieldContext& context);
    bool isFixed() const { return wire.texts.empty(); }
    size_t count() const { return isFixed() ? fixed.count : rows.size(); }

    Message* message = nullptr;
    // Rows of the message being filled: one of the two.
    FixedRows fixed;
    std::vector<Row> rows;

    uint32_t opening = 0;  // octets that its first record costs besides its own
    uint32_t longest = 0;  // octets a record may have in this call
    bool encodable = false;
    const std::vector<PlanField> fields;
    const WireTemplate wire;
    const uint16_t templateId;
    RowWriter writer;
    std::vector<uint8_t> templateSet;
    std::vector<const uint8_t*> fixedRecords;  // what `fixed` points into
    std::vector<uint8_t> fixedSides;
  };

  // Records of one flow on their way into a message: one, or the two uniflows of a biflow.
  struct Pending {
    Row rows[2];
    uint32_t count = 0;
    uint32_t length = 0;         // of both
    uint8_t* textEnd = nullptr;  // end of their texts
    bool lossy = false;
  };

  Message& otherThan(const Message& message) { return messages_[&message == &messages_[0] ? 1 : 0]; }
  size_t roomFor(const Message& message, const EncodeResult& result);
  bool open(Message& message, const EncodeResult& result);
  void close(Message& message, EncodeResult& result);
  uint8_t* writeSet(Family& family, uint8_t* at);
  uint32_t finish(uint8_t* start, const uint8_t* end, uint32_t records, uint32_t dataRecords);
  uint32_t addFixed(const BatchView& batch, uint32_t from, uint32_t to);
  template <bool Biflow>
  uint32_t addFixed(const BatchView& batch, uint32_t from, uint32_t to);
  bool fits(const Family& family, uint32_t octets) const;
  bool add(const uint8_t* record, EncodeResult& result);
  bool addPlain(Family& family, const uint8_t* record, EncodeResult& result);
  bool addToFresh(Family& family, Pending& pending, EncodeResult& result);
  void place(Family& family, const Pending& pending, uint32_t from, uint32_t to, EncodeResult& result);
  static void moveTexts(const Message& message, Pending& pending, uint32_t from);
  void checkSpec() const;

  const WireFormat& format_;
  const EncoderSpec spec_;
  const Selection selection_;
  FieldContext context_;
  std::shared_ptr<const ApplicationNames> names_;  // of the call under way
  Family families_[2];   // IPv4, IPv6
  Message messages_[2];  // the second only where a message holds one set
  RowTexts texts_;
  size_t stride_ = 0;
  uint32_t messageSize_ = 0;
  uint32_t sequence_ = 0;

  // The call under way.
  UnitBuffer out_;
  uint32_t exportSeconds_ = 0;
};

}  // namespace weir
