// User and group names: of the host by getpwuid_r (NSS), of containers by the passwd and group files in their root. When weir itself
// is in a container and sees the processes of the host, the host's are in the root of its first process. Cached for a while;
// blocking: never on the packet path. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace weir {

class Accounts {
 public:
  // hostProcess: whose root is the host's; when its passwd file is another one than ours, names of the host come from there.
  explicit Accounts(uint32_t hostProcess = 1);
  ~Accounts();
  // Empty when nobody has that id.
  const std::string& user(uint32_t uid);
  const std::string& group(uint32_t gid);
  // Name of uid in /proc/tgid/root/etc/passwd (no symbolic link followed out of it); cached by containerKey (mount or user
  // namespace, container id). Empty when there is none.
  const std::string& insideUser(const std::string& containerKey, uint32_t tgid, uint32_t uid);
  // The same of gid in etc/group.
  const std::string& insideGroup(const std::string& containerKey, uint32_t tgid, uint32_t gid);
  // Names are asked for again 60 s of CLOCK_MONOTONIC after the first call that saw them; references end here.
  void forgetOlderThan(uint64_t nowNs);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
