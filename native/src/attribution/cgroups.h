// cgroup ids -> paths -> containers and units. cgroup v2, v1 and hybrid hosts.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/descriptor.h"

namespace weir {

// What a cgroup path tells by its form alone.
struct CgroupPlace {
  std::string runtime;      // docker, podman, containerd, cri-o, lxc, nspawn, garden, runc; empty = no container
  std::string containerId;  // 64 hex digits, or the runtime's name for it (lxc, nspawn, garden, Fargate's tasks)
  std::string podUid;       // of Kubernetes, with hyphens; static pods: 32 hex digits
  std::string unit;         // systemd, the innermost: nginx.service, session-3.scope, user@1000.service, docker-ID.scope
  std::string slice;        // the innermost: system.slice, user-1000.slice
};

// Docker, containerd/CRI, CRI-O, Podman, runc by hand, LXC, nspawn; cgroupfs and systemd drivers; nested ones: the innermost container.
CgroupPlace placeOf(std::string_view path);

// A mount of the v2 hierarchy: where, and which part of it (empty = from the root on).
struct CgroupMount {
  std::string path;
  std::string root;
};

// From the text of /proc/self/mountinfo, the one that shows most; wanted: only the one mounted there. Empty path = none.
CgroupMount cgroupMountOf(std::string_view mountinfo, std::string_view wanted = {});

// The folder of the hierarchy's root, also where only a branch of it is mounted, as in a container with a cgroup namespace
// (by open_by_handle_at, so with CAP_DAC_READ_SEARCH); invalid = it cannot be had.
Descriptor openHierarchyRoot(const CgroupMount& mount);

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
  // Path from the hierarchy's root ("/docker/..."), empty = unknown; asks the kernel (open_by_handle_at; a scan where that is
  // not allowed) once for ids not known. Valid until the next call.
  const std::string& path(uint64_t id);
  // Where the v2 hierarchy is mounted; empty = nowhere.
  const std::string& mount() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
