// DpiOptions as JavaScript gives them.
#pragma once

#include <optional>

#include "binding/binding.h"
#include "dpi/dpi.h"

namespace weir::binding {

// null or nothing: nobody looks inside flows.
std::optional<DpiOptions> dpiOptionsOf(const Napi::Value& value);

}  // namespace weir::binding
