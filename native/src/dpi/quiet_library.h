#pragma once

namespace weir {

// What a loaded library writes by printf(3) goes nowhere from now on: libndpi says there that a QUIC packet did not decrypt, and
// weir's standard output is for flows. Only the library's own calls are changed, not the process's stdout.
void silenceStandardOutput(void* handle);

}  // namespace weir
