#include <array>

#include "decode/packet.h"

namespace weir {

const char* outcomeName(Outcome outcome) {
  static constexpr std::array<const char*, kOutcomes> kNames = {
      "metered",          "notIp",              "truncatedLink",     "truncatedNetwork",
      "truncatedTransport", "malformedLink",    "malformedNetwork",  "malformedTransport",
      "unsupportedLinkType", "unsupportedNesting", "unsupportedTunnelFragment",
      "notSampled",
  };
  const auto index = static_cast<size_t>(outcome);
  return index < kOutcomes ? kNames[index] : "unknown";
}

}  // namespace weir
