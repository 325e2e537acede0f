#include "capture/capabilities.h"

#include <doctest/doctest.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <functional>
#include <iterator>
#include <thread>

#include "capture/interfaces.h"
#include "frame_collector.h"
#include "private_network.h"

using namespace weir;

namespace {

constexpr uint32_t kNobody = 65534;
using Names = std::vector<std::string>;

bool has(const std::string& name) {
  const Names names = effectiveCapabilities();
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Number of the first check that failed in a child process, 0 when all held.
int inChild(const std::function<int()>& checks) {
  const pid_t child = ::fork();
  if (child == 0) {
    int result = 255;
    try {
      result = checks();
    } catch (const std::exception&) {
    }
    ::_exit(result);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("privileges: exactly the named capabilities are kept, and inherited by threads made later") {
  if (::getuid() != 0 || !has("CAP_NET_RAW") || !has("CAP_SETUID")) {
    MESSAGE("skipped: needs root with CAP_NET_RAW and CAP_SETUID");
    return;
  }
  const int failed = inChild([] {
    dropPrivileges(kNobody, kNobody, {"cap_net_raw", "NET_ADMIN"});
    const Names kept = {"CAP_NET_ADMIN", "CAP_NET_RAW"};
    if (effectiveCapabilities() != kept) return 1;
    if (::getuid() != kNobody || ::geteuid() != kNobody || ::getgid() != kNobody) return 2;
    if (::getgroups(0, nullptr) != 0) return 3;
    if (::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return 4;
    if (::setuid(0) == 0) return 5;
    Names ofThread;
    std::thread([&] { ofThread = effectiveCapabilities(); }).join();
    if (ofThread != kept) return 6;
    if (!Descriptor(::socket(AF_PACKET, SOCK_RAW, 0))) return 7;
    const CaptureProbe probe = probeCapture();
    if (probe.packetSocket != "ok" || probe.ring != "ok") return 8;
    if (probe.namespaces.find("CAP_SYS_ADMIN") == std::string::npos) return 9;
    dropPrivileges(kNobody, kNobody, {});
    if (!effectiveCapabilities().empty()) return 10;
    if (probeCapture().packetSocket.find("CAP_NET_RAW") == std::string::npos) return 11;
    if (codeOf([] { dropPrivileges(kNobody, kNobody, {"CAP_NET_RAW"}); }) != "WEIR_PRIVILEGE") return 12;
    return 0;
  });
  CHECK(failed == 0);
}

TEST_CASE("privileges: what is permitted only becomes effective") {
  const int failed = inChild([] {
    const Names all = effectiveCapabilities();
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct sets[2] = {};
    if (::syscall(SYS_capget, &header, sets) != 0) return 1;
    for (auto& half : sets) half.effective = 0;
    if (::syscall(SYS_capset, &header, sets) != 0) return 2;
    if (!effectiveCapabilities().empty()) return 3;
    raiseCapabilities();
    return effectiveCapabilities() == all ? 0 : 4;
  });
  CHECK(failed == 0);
}

TEST_CASE("privileges: nothing to raise is no reason for a call that a unit's seccomp filter refuses") {
  const int failed = inChild([] {
    sock_filter code[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                          BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_capset, 0, 1),
                          BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
                          BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    const sock_fprog program{static_cast<unsigned short>(std::size(code)), code};
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return 1;
    if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) return 2;
    raiseCapabilities();
    return 0;
  });
  CHECK(failed == 0);
}

TEST_CASE("privileges: with CAP_SYS_ADMIN kept, another user can enter namespaces and come back") {
  WEIR_PRIVATE_NETWORK(network);
  const int there = ::open(network.peerPath().c_str(), O_RDONLY);
  REQUIRE(there >= 0);
  const int failed = inChild([&] {
    dropPrivileges(kNobody, kNobody, {"CAP_NET_RAW", "CAP_SYS_ADMIN"});
    const std::string path = "/proc/self/fd/" + std::to_string(there);
    {
      const NetnsScope scope(path);
      if (::if_nametoindex("wb") == 0) return 1;
    }
    if (::if_nametoindex("wa") == 0) return 2;
    if (listInterfaces(path).size() != 2) return 3;
    return 0;
  });
  ::close(there);
  CHECK(failed == 0);
}

TEST_CASE("privileges: an unknown capability is an error before anything changes") {
  CHECK(codeOf([] { dropPrivileges(::getuid(), ::getgid(), {"CAP_FLY"}); }) == "WEIR_PRIVILEGE");
}

TEST_CASE("live: what this host allows") {
  WEIR_PRIVATE_NETWORK(network);
  const CaptureProbe probe = probeCapture();
  CHECK(probe.packetSocket == "ok");
  CHECK(probe.ring == "ok");
  CHECK(probe.vnetHeader == "ok");
  CHECK(probe.fanoutProgram == "ok");
  CHECK(probe.namespaces == "ok");
}
