// The protocols whose facts weir reads itself, and the need that asks for each.
#pragma once

#include <cstdint>

#include "fields/flow_record.h"

namespace weir {

enum class FactProtocol : uint8_t { unknown, tls, http, ssh, dns, quic, dtls, dhcp };

constexpr uint32_t needOf(FactProtocol protocol) {
  switch (protocol) {
    case FactProtocol::tls:
    case FactProtocol::quic:
    case FactProtocol::dtls: return needsTls;
    case FactProtocol::http: return needsHttp;
    case FactProtocol::ssh: return needsSsh;
    case FactProtocol::dns: return needsDns;
    case FactProtocol::dhcp: return needsDhcp;
    case FactProtocol::unknown: break;
  }
  return 0;
}

}  // namespace weir
