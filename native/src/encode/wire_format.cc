#include "encode/wire_format.h"

#include "encode/wire_value.h"

namespace weir {

void append16(std::vector<uint8_t>& to, uint32_t value) {
  to.resize(to.size() + 2);
  put16(&to[to.size() - 2], value);
}

void closeSet(const WireFormat& format, std::vector<uint8_t>& set) {
  set.resize(set.size() + paddingOf(format, set.size()));
  put16(&set[2], static_cast<uint32_t>(set.size()));
}

}  // namespace weir
