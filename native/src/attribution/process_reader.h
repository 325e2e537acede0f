// What /proc says of a process. Blocking file reads: never on the packet path.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weir {

// A process is its id and its start; ids are used again soon. Starts count in clock ticks (10 ms), as /proc gives them.
struct ProcessKey {
  uint32_t tgid = 0;
  uint64_t startTicks = 0;
  bool operator==(const ProcessKey&) const = default;
};

inline constexpr uint64_t kNsPerTick = 10'000'000;

struct ProcessFacts {
  ProcessKey key;
  ProcessKey parent;           // startTicks 0 = unknown
  std::string name;            // comm
  std::string executable;      // readlink exe, " (deleted)" taken off; empty for kernel threads
  std::vector<std::string> arguments;
  std::string workingDirectory;
  std::string cgroupPath;      // v2 path; on v1 and hybrid hosts the most telling of the hierarchies' paths
  uint32_t uid = 0, gid = 0, effectiveUid = 0, effectiveGid = 0;
  uint32_t loginUid = UINT32_MAX, sessionId = UINT32_MAX;
  uint32_t insideProcessId = 0;  // last of NSpid when there are several
  uint32_t insideUid = UINT32_MAX;  // uid through uid_map when that is not the identity
  uint32_t insideGid = UINT32_MAX;  // gid through gid_map, likewise
  uint32_t netns = 0, pidNamespace = 0, userNamespace = 0;  // inodes, 0 = not readable
};

class ProcessReader {
 public:
  // procRoot: for tests with a folder of their own.
  explicit ProcessReader(std::string procRoot = "/proc");
  // What can be read of tgid now; nothing when it is gone. Parts that may not be read are left empty.
  std::optional<ProcessFacts> read(uint32_t tgid) const;
  // Key of a process that lives; startTicks 0 = gone.
  ProcessKey keyOf(uint32_t tgid) const;
  std::vector<uint32_t> list() const;

 private:
  std::string root_;
  uint32_t userNamespace_ = 0;  // of this process: no uid_map to read for others in it
};

// Arguments as one line: joined by spaces, control characters as '?', cut at 4,096 octets between code points. redact: what follows a
// word that names a secret (--password X, password=X, token, secret, key, -p of mysql ..., user:password@ in URLs) becomes ***.
std::string commandLineOf(const std::vector<std::string>& arguments, bool redact);

}  // namespace weir
