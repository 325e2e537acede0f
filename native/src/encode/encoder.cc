#include "encode/encoder.h"

#include "base/error.h"
#include "encode/ipfix.h"
#include "encode/json.h"
#include "encode/message_encoder.h"
#include "encode/netflow5.h"
#include "encode/netflow9.h"
#include "encode/text.h"

namespace weir {

std::unique_ptr<Encoder> makeEncoder(const EncoderSpec& spec, const FieldContext& context,
                                     std::span<const Element> table) {
  if (spec.fields4.empty() && spec.fields6.empty()) {
    throw Error("WEIR_TEMPLATE", "the template of a sink has no fields: name at least one");
  }
  const bool netflow = spec.format == EncoderSpec::Format::netflow9 || spec.format == EncoderSpec::Format::netflow5;
  if (netflow && spec.biflow) {
    throw Error("WEIR_TEMPLATE", "NetFlow has no biflow records: export uniflows, or IPFIX");
  }
  if (spec.eventMask != 0 && spec.format == EncoderSpec::Format::netflow5) {
    throw Error("WEIR_TEMPLATE", "NetFlow v5 has no event records: export them as IPFIX, NetFlow v9 or JSON");
  }
  switch (spec.format) {
    case EncoderSpec::Format::ipfix: return std::make_unique<MessageEncoder>(kIpfix, spec, context, table);
    case EncoderSpec::Format::netflow9: return std::make_unique<MessageEncoder>(kNetflow9, spec, context, table);
    case EncoderSpec::Format::netflow5: return std::make_unique<Netflow5Encoder>(spec, context);
    case EncoderSpec::Format::json: return std::make_unique<JsonEncoder>(spec, context, table);
    case EncoderSpec::Format::text: return std::make_unique<TextEncoder>(spec, context, table);
  }
  throw Error("WEIR_INTERNAL", "unknown encoder format");
}

}  // namespace weir
