// IPFIX messages (RFC 7011): version 10 header, at most one data set for IPv4 and one for IPv6 flows each, no padding.
// Within an IP version records keep the order of the batch.
#pragma once

#include <memory>
#include <vector>

#include "encode/encoder.h"
#include "encode/wire_template.h"

namespace weir {

class IpfixEncoder final : public Encoder {
 public:
  IpfixEncoder(const EncoderSpec& spec, const FieldContext& context, std::span<const Element> table);

  EncodeResult encode(const BatchView& batch, uint32_t first, uint32_t exportSeconds, const UnitBuffer& out) override;
  EncodeResult templates(uint32_t exportSeconds, const UnitBuffer& out) override;
  void reset() override { sequence_ = 0; }
  void setMessageSize(uint32_t octets) override;
  uint32_t sequence() const override { return sequence_; }
  // For tests of the wrap at 2^32.
  void setSequence(uint32_t sequence) { sequence_ = sequence; }

 private:
  // Records of one flow on their way into a message: one, or the two uniflows of a biflow.
  struct Pending {
    Row rows[2];
    uint32_t count = 0;
    uint32_t length = 0;         // of both
    uint8_t* textEnd = nullptr;  // end of their texts
    bool truncated = false;
  };

  void open(EncodeResult& result);
  void close(EncodeResult& result);
  static void prefetch(const uint8_t* record);
  bool addFixed(const uint8_t* record);
  bool fits(unsigned family, uint32_t octets) const {
    return size_ + octets + (rows_[family].empty() ? kSetHeader : 0) <= limit_;
  }
  uint32_t longestRecord() const;
  bool add(const uint8_t* record, EncodeResult& result);
  bool addToFresh(unsigned family, Pending& pending, EncodeResult& result);
  void place(unsigned family, const Pending& pending, uint32_t from, uint32_t to, EncodeResult& result);
  void renderTexts(const WireTemplate& wire, Row& row, Pending& pending);
  uint32_t shorten(const WireTemplate& wire, uint32_t room);
  uint8_t* packTexts(const WireTemplate& wire, uint8_t* to);
  void moveTexts(Pending& pending, uint32_t from);
  void checkSizes(const std::vector<PlanField> (&fields)[2]) const;

  static constexpr uint32_t kSetHeader = 4;

  const EncoderSpec spec_;
  FieldContext context_;
  WireTemplate wire_[2];  // IPv4, IPv6
  RowWriter writers_[2];
  std::vector<uint8_t> templateSets_[2];
  uint16_t templateId_[2];
  size_t stride_ = 0;
  uint32_t messageSize_ = 0;
  uint32_t sequence_ = 0;

  // The call under way.
  UnitBuffer out_;
  uint32_t flows_ = 0;  // flow records whose last Data Record is in the message being filled
  uint32_t exportSeconds_ = 0;
  bool encodable_[2] = {false, false};  // a record of the IP version fits an empty message
  std::vector<Row> rows_[2];  // the message being filled, by IP version
  uint32_t size_ = 0;         // octets of it, headers included
  uint32_t limit_ = 0;        // octets it may have; 0: no room for another message

  // Variable parts of the rows, in wire form; behind textEnd_ those being made.
  struct Piece {
    uint8_t* at;
    size_t size;
  };
  std::unique_ptr<uint8_t[]> text_;
  uint8_t* textEnd_ = nullptr;
  size_t textRoom_ = 0;         // octets asked of a text function at most
  std::vector<Piece> pieces_;
};

}  // namespace weir
