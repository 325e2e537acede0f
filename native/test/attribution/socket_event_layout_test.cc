// The events as the BPF object has them (its BTF) and as C++ has them: the same members at the same offsets.
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <doctest/doctest.h>

#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include "attribution/socket_events.h"
#include "weir_bpf.skel.h"

namespace weir {
namespace {

using Offsets = std::map<std::string, size_t>;

struct CloseObject {
  void operator()(weir_bpf* object) const { weir_bpf__destroy(object); }
};

// Members of a structure of the object, and its size as "sizeof"; empty when the object does not use it.
Offsets inObject(const btf* types, const char* name) {
  Offsets offsets;
  const int id = btf__find_by_name_kind(types, name, BTF_KIND_STRUCT);
  if (id < 0) return offsets;
  const btf_type* type = btf__type_by_id(types, static_cast<uint32_t>(id));
  for (uint32_t i = 0; i < btf_vlen(type); ++i) {
    offsets[btf__name_by_offset(types, btf_members(type)[i].name_off)] = btf_member_bit_offset(type, i) / 8;
  }
  offsets["sizeof"] = type->size;
  return offsets;
}

#define AT(member) {#member, offsetof(T, member)}
#define SIZE {"sizeof", sizeof(T)}

Offsets ofEvent() {
  using T = weir_event;
  return {AT(time_ns), AT(kind), AT(size), AT(reserved), SIZE};
}
Offsets ofSocket() {
  using T = weir_socket;
  return {AT(cookie), AT(netns_cookie), AT(netns), AT(family), AT(protocol), AT(local_port), AT(remote_port), AT(state),
          AT(old_state), AT(type), AT(flags), AT(local), AT(remote), SIZE};
}
Offsets ofProcess() {
  using T = weir_process;
  return {AT(start_ns), AT(cgroup_id), AT(parent_start_ns), AT(tgid), AT(tid), AT(uid), AT(gid), AT(euid), AT(egid),
          AT(parent_tgid), AT(pid_namespace), AT(name), AT(parent_name), SIZE};
}
Offsets ofHealth() {
  using T = weir_tcp_health;
  return {AT(bytes_acked), AT(bytes_received), AT(bytes_sent), AT(bytes_retransmitted), AT(srtt_us), AT(rttvar_us),
          AT(min_rtt_us), AT(retransmits), AT(lost), AT(reordering), AT(out_of_order), AT(cwnd), AT(ssthresh), AT(mss),
          AT(segs_in), AT(segs_out), AT(busy_us), AT(rwnd_limited_us), AT(sndbuf_limited_us), AT(flags),
          AT(established_ns), AT(left_ns), SIZE};
}
Offsets ofSocketEvent() {
  using T = weir_socket_event;
  return {AT(event), AT(socket), SIZE};
}
Offsets ofOwnerEvent() {
  using T = weir_owner_event;
  return {AT(event), AT(socket), AT(process), SIZE};
}
Offsets ofCloseEvent() {
  using T = weir_close_event;
  return {AT(event), AT(socket), AT(health), SIZE};
}
Offsets ofSnapshotEvent() {
  using T = weir_snapshot_event;
  return {AT(event), AT(socket), AT(process), AT(health), SIZE};
}
Offsets ofProcessEvent() {
  using T = weir_process_event;
  return {AT(event), AT(process), SIZE};
}
Offsets ofCgroupEvent() {
  using T = weir_cgroup_event;
  return {AT(event), AT(cgroup_id), AT(hierarchy), AT(reserved), AT(path), SIZE};
}

}  // namespace

TEST_CASE("events have the same layout in the BPF object and in C++") {
  const std::unique_ptr<weir_bpf, CloseObject> object(weir_bpf__open());
  REQUIRE(object != nullptr);
  const btf* types = bpf_object__btf(object->obj);
  REQUIRE(types != nullptr);
  CHECK(inObject(types, "weir_event") == ofEvent());
  CHECK(inObject(types, "weir_socket") == ofSocket());
  CHECK(inObject(types, "weir_process") == ofProcess());
  CHECK(inObject(types, "weir_tcp_health") == ofHealth());
  CHECK(inObject(types, "weir_socket_event") == ofSocketEvent());
  CHECK(inObject(types, "weir_owner_event") == ofOwnerEvent());
  CHECK(inObject(types, "weir_close_event") == ofCloseEvent());
  CHECK(inObject(types, "weir_snapshot_event") == ofSnapshotEvent());
  CHECK(inObject(types, "weir_process_event") == ofProcessEvent());
  CHECK(inObject(types, "weir_cgroup_event") == ofCgroupEvent());
}

TEST_CASE("the object may be loaded with functions that the kernel keeps for the GPL") {
  const std::unique_ptr<weir_bpf, CloseObject> object(weir_bpf__open());
  REQUIRE(object != nullptr);
  size_t size = 0;
  const auto* octets = static_cast<const char*>(weir_bpf__elf_bytes(&size));
  CHECK(std::string(octets, size).find("Dual BSD/GPL") != std::string::npos);
}

}  // namespace weir
