// In place of bpf_programs.cc in builds without the tools for BPF programs: nothing can be loaded, and why.
#include "attribution/bpf_programs.h"
#include "base/error.h"

namespace weir {

struct BpfPrograms::Impl {};

BpfPrograms::BpfPrograms(const BpfOptions&) {
  throw Error("WEIR_BPF",
              "attribution by BPF is not possible: weir was built without its BPF programs (clang, llvm, libbpf-dev or "
              "bpftool was missing); install them and build weir again");
}

BpfPrograms::~BpfPrograms() = default;
size_t BpfPrograms::poll(EventHandler&) { return 0; }
size_t BpfPrograms::snapshot(EventHandler&) { return 0; }
std::vector<BpfProgramStatus> BpfPrograms::status() const { return {}; }
BpfCounters BpfPrograms::counters() const { return {}; }

}  // namespace weir
