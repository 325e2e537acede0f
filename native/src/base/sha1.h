// SHA-1 (RFC 3174) of short messages, for Community IDs only: it protects nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace weir {

using Sha1Digest = std::array<uint8_t, 20>;

Sha1Digest sha1(const uint8_t* data, size_t size);

}  // namespace weir
