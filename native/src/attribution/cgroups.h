// cgroup ids -> paths -> containers and units. cgroup v2, v1 and hybrid hosts.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace weir {

// What a cgroup path tells by its form alone.
struct CgroupPlace {
  std::string runtime;      // docker, podman, containerd, cri-o, lxc, nspawn, runc; empty = no container
  std::string containerId;  // 64 hex digits, or the runtime's name for it (lxc, nspawn)
  std::string podUid;       // of Kubernetes, with hyphens
  std::string unit;         // systemd: nginx.service, session-3.scope, user@1000.service
  std::string slice;        // system.slice, user-1000.slice
};

// Docker, containerd/CRI, CRI-O, Podman, runc by hand, LXC, nspawn; cgroupfs and systemd drivers; nested ones: the innermost container.
CgroupPlace placeOf(std::string_view path);

// Paths by cgroup v2 id (the inode of its directory). Not thread-safe.
class Cgroups {
 public:
  // mount: of the v2 hierarchy; empty = found in /proc/self/mountinfo. capacity: ids kept, oldest unused go first.
  explicit Cgroups(std::string mount = {}, size_t capacity = 65536);
  ~Cgroups();
  // Reads the whole tree, so that cgroups that end early are known.
  void scan();
  // From a WEIR_CGROUP event: a cgroup that may be gone before anybody looks.
  void learn(uint64_t id, std::string_view path);
  // Path from the hierarchy's root ("/docker/..."), empty = unknown; asks the kernel (open_by_handle_at) once for ids not known.
  const std::string& path(uint64_t id);
  // Where the v2 hierarchy is mounted; empty = nowhere.
  const std::string& mount() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
