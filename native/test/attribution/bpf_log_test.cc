// Reasons out of what libbpf prints when a program is refused.
#include "attribution/bpf_log.h"

#include <doctest/doctest.h>

namespace weir {

TEST_CASE("the verifier's last words are the reason") {
  constexpr std::string_view log =
      "libbpf: prog 'receive4_claim': BPF program load failed: Permission denied\n"
      "libbpf: prog 'receive4_claim': -- BEGIN PROG LOAD LOG --\n"
      "0: R1=ctx() R10=fp0\n"
      "; const struct sock *sk = given; @ cgroup_sockets.bpf.c:113\n"
      "R3 pointer arithmetic on sock prohibited\n"
      "processed 65 insns (limit 1000000) max_states_per_insn 0\n"
      "-- END PROG LOAD LOG --\n"
      "libbpf: prog 'receive4_claim': failed to load: -13\n"
      "libbpf: failed to load object 'weir_bpf'\n";
  CHECK(refusedProgram(log) == "receive4_claim");
  CHECK(refusalReason(log) == "R3 pointer arithmetic on sock prohibited");
}

TEST_CASE("a tracepoint that the kernel does not have") {
  constexpr std::string_view log =
      "libbpf: prog 'receive_claim': failed to find kernel BTF type ID of 'sock_recv_length': -3\n"
      "libbpf: prog 'receive_claim': failed to prepare load attributes: -3\n";
  CHECK(refusedProgram(log) == "receive_claim");
  CHECK(refusalReason(log) == "this kernel has no sock_recv_length");
}

TEST_CASE("a load that no program is to blame for") {
  constexpr std::string_view log = "libbpf: Error in bpf_object__probe_loading():Operation not permitted(1).\n";
  CHECK(refusedProgram(log).empty());
  CHECK(refusalReason(log) == "Error in bpf_object__probe_loading():Operation not permitted(1).");
  CHECK(refusalReason("") == "no reason given");
}

}  // namespace weir
