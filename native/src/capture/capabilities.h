// What this process may do, and giving up the rest: capabilities(7) by the raw system calls.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weir {

// Effective capabilities of the calling thread, such as "CAP_NET_RAW"; one without a name here as "CAP_41".
std::vector<std::string> effectiveCapabilities();

// Makes effective what is permitted, for the calling thread and those it starts from then on: with `setcap ...=p` on the
// program (the image of weir) a process has its capabilities permitted only.
void raiseCapabilities();

// Changes to uid and gid, drops all supplementary groups, keeps exactly the named capabilities (any case, with or
// without "CAP_") permitted and effective, none inheritable or ambient, and sets PR_SET_NO_NEW_PRIVS.
//
// Capabilities belong to a thread. The user and groups change for all threads of the process (glibc sees to that), but
// the capabilities are kept for the calling thread and the threads it starts from then on: call it on the thread that
// starts the capture threads (Node's main thread), before it starts them. Threads that exist already, such as libuv's
// pool and V8's workers, keep nothing when the uid changes from 0; when it does not change, they keep what they had.
//
// Throws Error WEIR_PRIVILEGE. When it threw, the process may have changed in part: end it.
void dropPrivileges(uint32_t uid, uint32_t gid, const std::vector<std::string>& capabilities);

// What live capture needs of this host, each tried on the loopback interface: "ok", or the reason why not.
struct CaptureProbe {
  std::string packetSocket;  // CAP_NET_RAW
  std::string ring;          // TPACKET_V3
  std::string vnetHeader;    // PACKET_VNET_HDR: super-packets count as wire packets
  std::string fanoutProgram; // PACKET_FANOUT_CBPF: several workers with tunnels
  std::string namespaces;    // setns(2), CAP_SYS_ADMIN
};
CaptureProbe probeCapture();

}  // namespace weir
