#include "fields/community_id.h"

#include <cstring>

#include "base/sha1.h"

namespace weir {
namespace {

enum Protocol : uint8_t { kIcmp = 1, kTcp = 6, kUdp = 17, kIcmp6 = 58, kSctp = 132 };

// The message type that answers a type, by the spec's (Zeek's) tables; -1: one-way, the code stands in its place.
int counterType4(uint8_t type) {
  switch (type) {
    case 0: return 8;    // echo reply, echo
    case 8: return 0;
    case 9: return 10;   // router advertisement, solicitation
    case 10: return 9;
    case 13: return 14;  // timestamp
    case 14: return 13;
    case 15: return 16;  // information
    case 16: return 15;
    case 17: return 18;  // address mask
    case 18: return 17;
    default: return -1;
  }
}

int counterType6(uint8_t type) {
  switch (type) {
    case 128: return 129;  // echo
    case 129: return 128;
    case 130: return 131;  // multicast listener query, report
    case 131: return 130;
    case 133: return 134;  // router solicitation, advertisement
    case 134: return 133;
    case 135: return 136;  // neighbor solicitation, advertisement
    case 136: return 135;
    case 139: return 140;  // node information
    case 140: return 139;
    case 144: return 145;  // home agent address discovery
    case 145: return 144;
    default: return -1;
  }
}

struct Ports {
  uint16_t of[2] = {0, 0};
  bool present = false;  // hashed at all
  bool oneWay = false;   // endpoints keep their order
};

Ports portsOf(const FlowKey& key, uint8_t icmpType, uint8_t icmpCode) {
  switch (key.protocol) {
    case kTcp:
    case kUdp:
    case kSctp: return {{key.port[0], key.port[1]}, true, false};
    case kIcmp:
    case kIcmp6: {
      const int counter = key.protocol == kIcmp ? counterType4(icmpType) : counterType6(icmpType);
      return {{icmpType, static_cast<uint16_t>(counter < 0 ? icmpCode : counter)}, true, counter < 0};
    }
    default: return {};
  }
}

// RFC 4648 section 4 for the 20 octets of a digest: 6 groups of 3 and one of 2.
char* writeBase64(const Sha1Digest& digest, char* to) {
  static constexpr char kLetters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < digest.size(); i += 3) {
    const bool whole = i + 2 < digest.size();
    const uint32_t group = static_cast<uint32_t>(digest[i] << 16 | digest[i + 1] << 8 | (whole ? digest[i + 2] : 0));
    *to++ = kLetters[group >> 18];
    *to++ = kLetters[group >> 12 & 63];
    *to++ = kLetters[group >> 6 & 63];
    *to++ = whole ? kLetters[group & 63] : '=';
  }
  return to;
}

}  // namespace

size_t communityId(const FlowKey& key, uint8_t icmpType, uint8_t icmpCode, uint16_t seed, char* out) {
  const Ports ports = portsOf(key, icmpType, icmpCode);
  const size_t addressSize = key.ipVersion == 4 ? 4 : 16;
  const size_t skip = key.ipVersion == 4 ? 12 : 0;
  size_t first = 0;
  if (!ports.oneWay) {
    const int order = std::memcmp(key.address[0].data() + skip, key.address[1].data() + skip, addressSize);
    if (order > 0 || (order == 0 && ports.of[0] > ports.of[1])) first = 1;
  }
  uint8_t hashed[2 + 2 * 16 + 2 + 4];
  size_t size = 0;
  const auto put16 = [&](uint16_t value) {
    hashed[size++] = static_cast<uint8_t>(value >> 8);
    hashed[size++] = static_cast<uint8_t>(value);
  };
  put16(seed);
  for (const size_t endpoint : {first, first ^ 1}) {
    std::memcpy(hashed + size, key.address[endpoint].data() + skip, addressSize);
    size += addressSize;
  }
  hashed[size++] = key.protocol;
  hashed[size++] = 0;
  if (ports.present) {
    put16(ports.of[first]);
    put16(ports.of[first ^ 1]);
  }
  out[0] = '1';
  out[1] = ':';
  return static_cast<size_t>(writeBase64(sha1(hashed, size), out + 2) - out);
}

}  // namespace weir
