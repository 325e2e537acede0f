#include "capture/capabilities.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>

#include "base/descriptor.h"
#include "base/error.h"
#include "capture/fanout.h"
#include "capture/packet_ring.h"

namespace weir {
namespace {

// By number, linux/capability.h.
constexpr const char* kNames[] = {
    "CAP_CHOWN",           "CAP_DAC_OVERRIDE",     "CAP_DAC_READ_SEARCH", "CAP_FOWNER",
    "CAP_FSETID",          "CAP_KILL",             "CAP_SETGID",          "CAP_SETUID",
    "CAP_SETPCAP",         "CAP_LINUX_IMMUTABLE",  "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",       "CAP_NET_RAW",          "CAP_IPC_LOCK",        "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",      "CAP_SYS_RAWIO",        "CAP_SYS_CHROOT",      "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",       "CAP_SYS_ADMIN",        "CAP_SYS_BOOT",        "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",    "CAP_SYS_TIME",         "CAP_SYS_TTY_CONFIG",  "CAP_MKNOD",
    "CAP_LEASE",           "CAP_AUDIT_WRITE",      "CAP_AUDIT_CONTROL",   "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",    "CAP_MAC_ADMIN",        "CAP_SYSLOG",          "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",   "CAP_AUDIT_READ",       "CAP_PERFMON",         "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
};
static_assert(std::size(kNames) == 41);

// Two 32-bit halves each, as the system call has them.
struct Sets {
  __user_cap_data_struct half[2]{};
};

Sets readSets() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  Sets sets;
  if (::syscall(SYS_capget, &header, sets.half) != 0) {
    throw Error("WEIR_PRIVILEGE", std::string("cannot read the capabilities: ") + std::strerror(errno));
  }
  return sets;
}

uint32_t numberOf(const std::string& name) {
  for (uint32_t i = 0; i < std::size(kNames); i++) {
    if (::strcasecmp(name.c_str(), kNames[i]) == 0 || ::strcasecmp(name.c_str(), kNames[i] + 4) == 0) return i;
  }
  throw Error("WEIR_PRIVILEGE", "'" + name + "' is not a capability (capabilities(7) lists them)");
}

void require(bool done, const std::string& what) {
  if (!done) throw Error("WEIR_PRIVILEGE", "cannot " + what + ": " + std::strerror(errno));
}

std::string attempt(const char* what, bool done) {
  return done ? "ok" : std::string(what) + ": " + std::strerror(errno);
}

std::string tryNamespaces() {
  const Descriptor home(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!home) return attempt("/proc/thread-self/ns/net", false);
  return attempt("setns needs CAP_SYS_ADMIN", ::setns(home.get(), CLONE_NEWNET) == 0);
}

// Refused means that kernel or privilege said no; the ring is not bound, so nothing is captured.
void tryRing(CaptureProbe& probe) {
  PacketRingOptions options;
  options.ringBytes = PacketRing::kSmallBlock * 2;
  try {
    const PacketRing ring(options);
    probe.ring = "ok";
    probe.vnetHeader = ring.vnetRefused().empty() ? "ok" : ring.vnetRefused();
  } catch (const Error& error) {
    probe.ring = probe.vnetHeader = error.what();
  }
}

void tryFanout(CaptureProbe& probe) {
  PacketRingOptions options;
  options.ringBytes = PacketRing::kSmallBlock * 2;
  try {
    PacketRing ring(options);
    ring.setIndex(ring.indexOf("lo"));
    ring.bind();
    ring.joinFanout(PacketRing::kNewGroup, PacketRing::FanoutMode::program);
    ring.setFanoutProgram(fanoutProgram({true, true}));
    probe.fanoutProgram = "ok";
  } catch (const Error& error) {
    probe.fanoutProgram = error.what();
  }
}

}  // namespace

std::vector<std::string> effectiveCapabilities() {
  const Sets sets = readSets();
  std::vector<std::string> names;
  for (uint32_t i = 0; i < 64; i++) {
    if ((sets.half[i / 32].effective >> (i % 32) & 1) == 0) continue;
    names.push_back(i < std::size(kNames) ? kNames[i] : "CAP_" + std::to_string(i));
  }
  return names;
}

void raiseCapabilities() {
  Sets sets = readSets();
  const auto complete = [](const auto& half) { return half.effective == half.permitted; };
  if (std::ranges::all_of(sets.half, complete)) return;  // under a unit's seccomp filter capset(2) itself is refused
  for (auto& half : sets.half) half.effective = half.permitted;
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  require(::syscall(SYS_capset, &header, sets.half) == 0, "raise the capabilities");
}

void dropPrivileges(uint32_t uid, uint32_t gid, const std::vector<std::string>& capabilities) {
  Sets wanted;
  for (const std::string& name : capabilities) {
    const uint32_t number = numberOf(name);
    wanted.half[number / 32].permitted |= 1u << (number % 32);
  }
  const Sets have = readSets();
  for (uint32_t i = 0; i < 64; i++) {
    if ((wanted.half[i / 32].permitted & ~have.half[i / 32].permitted) >> (i % 32) & 1) {
      throw Error("WEIR_PRIVILEGE", std::string("cannot keep ") + kNames[i] + ": the process does not have it");
    }
  }
  for (auto& half : wanted.half) half.effective = half.permitted;
  const bool changes = ::getuid() != uid || ::geteuid() != uid || ::getgid() != gid || ::getegid() != gid;
  if (changes) {
    require(::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0, "keep capabilities over the change of user");
    require(::setgroups(0, nullptr) == 0, "drop the supplementary groups");
    require(::setresgid(gid, gid, gid) == 0, "change to group " + std::to_string(gid));
    require(::setresuid(uid, uid, uid) == 0, "change to user " + std::to_string(uid));
    require(::prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) == 0, "end keeping capabilities");
  }
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);  // kernels before 4.3 have none
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  require(::syscall(SYS_capset, &header, wanted.half) == 0, "set the capabilities");
  require(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "forbid new privileges");
}

CaptureProbe probeCapture() {
  CaptureProbe probe;
  const Descriptor socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  probe.packetSocket = attempt("packet sockets need CAP_NET_RAW", static_cast<bool>(socket));
  tryRing(probe);
  tryFanout(probe);
  probe.namespaces = tryNamespaces();
  return probe;
}

}  // namespace weir
