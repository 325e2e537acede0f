// One value of an options record in wire form.
#pragma once

#include "encode/options.h"

namespace weir {

// Appends the value. Returns false when octets of a text were lost to its length. Throws Error WEIR_INTERNAL, naming
// the field, for a value that the field's type does not take.
bool appendValue(std::vector<uint8_t>& to, const OptionsField& field, const OptionsValue& value);

}  // namespace weir
