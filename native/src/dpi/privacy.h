// The switches of --dpi-privacy: what of the facts goes out.
#pragma once

#include "dpi/dpi.h"
#include "fields/flow_facts.h"

namespace weir {

// Facts go out as they are.
bool hidesNothing(const DpiPrivacy& privacy);
// Takes out or hides what the options say, and copies the rest: facts as they go out.
void applyPrivacy(const DpiPrivacy& privacy, const FactBuffer& from, FactBuffer& to);

}  // namespace weir
