// NetFlow v5: a 24-octet header and up to 30 uniflow records of 48 octets, IPv4 only. Its layout is fixed, so this
// encoder names members of FlowRecord instead of reading a template.
#pragma once

#include "encode/plan.h"

namespace weir {

class Netflow5Encoder final : public Encoder {
 public:
  Netflow5Encoder(const EncoderSpec& spec, const FieldContext& context);

  // IPv6 records are consumed and counted unencodable.
  EncodeResult encode(const BatchView& batch, uint32_t first, uint32_t exportSeconds, const UnitBuffer& out) override;
  EncodeResult templates(uint32_t, const UnitBuffer&) override { return {}; }
  void reset() override { sequence_ = 0; }
  void setMessageSize(uint32_t octets) override;
  void setStart(uint64_t startMs) override { context_.startNs = startMs * 1'000'000; }
  uint32_t sequence() const override { return sequence_; }

 private:
  bool hasRoom(uint32_t more, const EncodeResult& result) const;
  void close(EncodeResult& result);

  const EncoderSpec spec_;
  const Selection selection_;
  FieldContext context_;
  uint32_t recordsPerMessage_ = 0;
  uint32_t sequence_ = 0;  // flows written before, modulo 2^32

  // The call under way.
  UnitBuffer out_;
  uint32_t exportSeconds_ = 0;
  uint32_t count_ = 0;  // records in the message being filled
  uint32_t flows_ = 0;  // flow records whose last record is in it
};

}  // namespace weir
