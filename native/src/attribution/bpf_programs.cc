#include "attribution/bpf_programs.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <set>

#include "attribution/bpf_host.h"
#include "attribution/bpf_log.h"
#include "base/descriptor.h"
#include "base/error.h"
#include "weir_bpf.skel.h"

namespace weir {
namespace {

struct ProgramLine {
  const char* name;
  const char* purpose;
  const char* insteadOf;  // loaded only when that one cannot be
  bool (*asked)(const BpfOptions&);
  bool cgroup;            // attached to the root of the cgroup v2 hierarchy
  const char* needs;      // of the kernel, said when it refuses
};

bool always(const BpfOptions&) { return true; }
bool sends(const BpfOptions& options) { return options.sends || options.lengths; }
bool retransmits(const BpfOptions& options) { return options.retransmits; }
bool forks(const BpfOptions& options) { return options.forks; }

constexpr const char* kOpen = "no lockdown=confidentiality";
constexpr const char* kTrampolines = "trampolines (fentry)";

constexpr ProgramLine kPrograms[] = {
    {"tcp_state", "TCP connections opened, established, closed; listeners", nullptr, always, false, nullptr},
    {"receive_claim", "the process that receives on a socket", nullptr, always, false, "Linux 6.3"},
    {"receive_space_claim", "the process that receives on a TCP socket", "receive_claim", always, false, nullptr},
    {"receive4_claim", "the process that receives on a UDP socket", "receive_claim", always, true, kOpen},
    {"receive6_claim", "the process that receives on a UDP socket, IPv6", "receive_claim", always, true, kOpen},
    {"receive_mptcp_exit", "the process that receives on an MPTCP socket", "receive_claim", always, false, kTrampolines},
    {"receive4_exit", "the process that receives on a UDP socket", "receive4_claim", always, false, kTrampolines},
    {"receive6_exit", "the process that receives on a UDP socket, IPv6", "receive6_claim", always, false, kTrampolines},
    {"send_claim", "the process that only sends", nullptr, sends, false, "Linux 6.3"},
    {"socket_release", "sockets closed before anything was received", nullptr, always, true, "Linux 6.2"},
    {"socket_release_probe", "sockets closed before anything was received", "socket_release", always, true, kOpen},
    {"socket_release_entry", "sockets closed before anything was received", "socket_release_probe", always, false,
     kTrampolines},
    {"tcp_retransmit", "TCP retransmissions, one by one", nullptr, retransmits, false, nullptr},
    {"socket_snapshot", "sockets older than the probe, and long connections", nullptr, always, false, nullptr},
    {"process_exec", "the program a process turned into", nullptr, always, false, nullptr},
    {"process_exit", "the end of processes", nullptr, always, false, nullptr},
    {"process_fork", "the birth of processes", nullptr, forks, false, nullptr},
    {"cgroup_made", "paths of cgroups that end early", nullptr, always, false, kOpen},
};

struct CloseLink {
  void operator()(bpf_link* link) const { bpf_link__destroy(link); }
};
struct CloseObject {
  void operator()(weir_bpf* object) const { weir_bpf__destroy(object); }
};
struct CloseRing {
  void operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
};

[[noreturn]] void fail(const std::string& what) { throw Error("WEIR_BPF", "attribution by BPF is not possible: " + what); }

// The ring's size is a power of two of whole pages.
uint32_t ringSize(size_t octets) {
  return static_cast<uint32_t>(std::clamp<size_t>(std::bit_ceil(octets), 64u << 10, 1u << 30));
}

}  // namespace

struct BpfPrograms::Impl {
  BpfOptions options;
  CgroupRoot cgroup;
  std::vector<BpfProgramStatus> programs;
  // Links go before the object, whose programs they hold.
  std::unique_ptr<weir_bpf, CloseObject> object;
  std::vector<std::unique_ptr<bpf_link, CloseLink>> links;
  std::unique_ptr<ring_buffer, CloseRing> ring;
  bpf_link* snapshotLink = nullptr;
  EventHandler* handler = nullptr;

  explicit Impl(const BpfOptions& given) : options(given), cgroup(openCgroupRoot()) { list(); }

  void list() {
    for (const ProgramLine& line : kPrograms) {
      const bool variant = line.insteadOf != nullptr;
      BpfProgramStatus status{line.name, line.purpose, false, !variant && line.asked(options), {}};
      if (variant) status.reason = std::string("not needed beside ") + line.insteadOf;
      if (!variant && !status.wanted) status.reason = "not asked for";
      programs.push_back(std::move(status));
    }
    for (size_t i = 0; i < programs.size(); ++i) noteMissingCgroup(i);
  }

  void noteMissingCgroup(size_t i) {
    if (!kPrograms[i].cgroup || !toLoad(i) || cgroup.folder) return;
    programs[i].reason = cgroup.reason;
    useVariants(programs[i].name);
  }

  bool toLoad(size_t i) const { return programs[i].wanted && programs[i].reason.empty(); }

  std::unique_ptr<weir_bpf, CloseObject> opened() const {
    LIBBPF_OPTS(bpf_object_open_opts, settings);
    if (!options.btfPath.empty()) settings.btf_custom_path = options.btfPath.c_str();
    std::unique_ptr<weir_bpf, CloseObject> made(weir_bpf__open_opts(&settings));
    if (made == nullptr) return made;
    bpf_map__set_max_entries(made->maps.ring, ringSize(options.ringOctets));
    timespec tick{};
    ::clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
    made->rodata->tick_us = static_cast<uint32_t>(tick.tv_nsec / 1000);
    made->rodata->sum_lengths = options.lengths;
    made->rodata->keep_times = options.stateTimes;
    if (!options.stateTimes) bpf_map__set_max_entries(made->maps.state_times, 1);
    for (size_t i = 0; i < programs.size(); ++i) {
      bpf_program__set_autoload(bpf_object__find_program_by_name(made->obj, kPrograms[i].name), toLoad(i));
    }
    return made;
  }

  // One refused program fails the whole object, so it is opened again without that one until the rest is in.
  void load() {
    for (;;) {
      const BpfLog log;
      object = opened();
      if (object == nullptr) fail(refusalReason(log.text()));
      const int result = weir_bpf__load(object.get());
      if (result == 0) return;
      const std::string_view refused = refusedProgram(log.text());
      if (!giveUp(refused, refusalReason(log.text()))) {
        fail(result == -EPERM ? "the kernel refuses it: " + missingPrivilege() : refusalReason(log.text()));
      }
    }
  }

  // False when that is none of the programs still to be loaded.
  bool giveUp(std::string_view name, const std::string& reason) {
    bool found = false;
    for (size_t i = 0; i < programs.size(); ++i) {
      if (programs[i].name != name || !toLoad(i)) continue;
      refuse(i, reason);
      found = true;
      useVariants(name);
    }
    return found;
  }

  void refuse(size_t i, const std::string& reason) {
    const char* needs = kPrograms[i].needs;
    programs[i].reason = needs == nullptr ? reason : std::string("needs ") + needs + " (" + reason + ")";
  }

  void useVariants(std::string_view refused) {
    for (size_t i = 0; i < programs.size(); ++i) {
      if (kPrograms[i].insteadOf == nullptr || kPrograms[i].insteadOf != refused) continue;
      programs[i].wanted = true;
      programs[i].reason.clear();
      noteMissingCgroup(i);
    }
  }

  void attach() {
    const BpfLog log;
    for (size_t i = 0; i < programs.size(); ++i) {
      if (!toLoad(i)) continue;
      const bpf_program* program = bpf_object__find_program_by_name(object->obj, kPrograms[i].name);
      bpf_link* link = kPrograms[i].cgroup ? bpf_program__attach_cgroup(program, cgroup.folder.get()) : bpf_program__attach(program);
      if (link == nullptr) {
        refuse(i, std::string("not attached: ") + std::strerror(errno));
        continue;
      }
      links.emplace_back(link);
      programs[i].attached = true;
      if (program == object->progs.socket_snapshot) snapshotLink = link;
    }
  }

  // A program whose variant does its work is not missed, nor what it stands for itself: variants come behind what they replace.
  void settleVariants() {
    std::set<std::string_view> replaced;
    for (size_t i = programs.size(); i-- > 0;) {
      const bool done = programs[i].attached || replaced.contains(programs[i].name);
      if (done && kPrograms[i].insteadOf != nullptr) replaced.insert(kPrograms[i].insteadOf);
    }
    for (BpfProgramStatus& one : programs) {
      if (replaced.contains(one.name)) one.wanted = false;
    }
  }

  const BpfProgramStatus& program(std::string_view name) const {
    return *std::find_if(programs.begin(), programs.end(), [name](const auto& one) { return one.name == name; });
  }

  void demandTheLeast() const {
    const BpfProgramStatus& state = program("tcp_state");
    if (!state.attached) fail("tcp_state: " + state.reason);
    const BpfProgramStatus& claim = program("receive_claim");
    const BpfProgramStatus& older = program("receive_space_claim");
    if (!claim.attached && !older.attached) fail("receive_claim: " + claim.reason + "; receive_space_claim: " + older.reason);
  }

  static int onEvent(void* context, void* data, size_t size) {
    const auto* event = static_cast<const weir_event*>(data);
    if (size >= sizeof *event && event->size <= size) static_cast<Impl*>(context)->handler->onEvent(*event, EventOrigin::bpf);
    return 0;
  }

  void openRing() {
    const BpfLog log;
    ring.reset(ring_buffer__new(bpf_map__fd(object->maps.ring), &Impl::onEvent, this, nullptr));
    if (ring == nullptr) fail("the ring buffer cannot be mapped: " + refusalReason(log.text()));
  }
};

BpfPrograms::BpfPrograms(const BpfOptions& options) {
  const std::string& btf = options.btfPath.empty() ? kKernelBtf : options.btfPath;
  if (::access(btf.c_str(), R_OK) != 0) {
    fail("the kernel's type information (BTF) cannot be read: " + btf + ": " + std::strerror(errno) +
         "; a kernel with CONFIG_DEBUG_INFO_BTF has it");
  }
  if (const std::string missing = missingCapabilities(); !missing.empty()) fail("this process has no " + missing);
  impl_ = std::make_unique<Impl>(options);
  impl_->load();
  impl_->attach();
  impl_->settleVariants();
  impl_->demandTheLeast();
  impl_->openRing();
}

BpfPrograms::~BpfPrograms() = default;

size_t BpfPrograms::poll(EventHandler& handler) {
  impl_->handler = &handler;
  const int events = ring_buffer__consume(impl_->ring.get());
  impl_->handler = nullptr;
  return events > 0 ? static_cast<size_t>(events) : 0;
}

size_t BpfPrograms::snapshot(EventHandler& handler) {
  if (impl_->snapshotLink == nullptr) return 0;
  const Descriptor iterator(bpf_iter_create(bpf_link__fd(impl_->snapshotLink)));
  if (!iterator) return 0;
  size_t events = 0, held = 0;
  std::vector<uint8_t> buffer(1u << 18);
  for (;;) {
    const ssize_t got = ::read(iterator.get(), buffer.data() + held, buffer.size() - held);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;  // EAGAIN: many tasks without a socket
    if (got <= 0) return events;
    held += static_cast<size_t>(got);
    size_t at = 0;
    weir_snapshot_event event;
    for (; held - at >= sizeof event; at += sizeof event, ++events) {
      std::memcpy(&event, buffer.data() + at, sizeof event);
      handler.onEvent(event.event, EventOrigin::snapshot);
    }
    std::memmove(buffer.data(), buffer.data() + at, held - at);
    held -= at;
  }
}

std::vector<BpfProgramStatus> BpfPrograms::status() const { return impl_->programs; }

BpfCounters BpfPrograms::counters() const {
  const bpf_map* map = impl_->object->maps.counters;
  std::vector<uint64_t> values(static_cast<size_t>(libbpf_num_possible_cpus()));
  uint64_t sums[3] = {};
  for (uint32_t i = 0; i < std::size(sums); ++i) {
    if (bpf_map__lookup_elem(map, &i, sizeof i, values.data(), values.size() * sizeof values[0], 0) != 0) continue;
    for (const uint64_t value : values) sums[i] += value;
  }
  return {sums[0], sums[1], sums[2]};
}

}  // namespace weir
