#include <doctest/doctest.h>

#include "attribution/cgroups.h"

using namespace weir;

namespace {

#define ID "38fac3e99302b3622be089dd41e7ccf38aff368a86cc339972075136ee2710ce"
#define ID2 "7a20b58dd11e3d4cb5d4e9a6c9aa3d3fa0b9e1f4b7c4d8f1a2b3c4d5e6f70819"
#define UID "3d274242-8ee0-11e9-a8a6-1e68d864ef1a"
#define UID_ "3d274242_8ee0_11e9_a8a6_1e68d864ef1a"
#define STATIC_POD "8daa50c3a64c9ff60bb9eab7b44b56fd"
#define USER "/user.slice/user-1000.slice/user@1000.service"

struct Case {
  const char* path;
  const char* runtime;
  const char* id;
  const char* pod;
  const char* unit;
  const char* slice;
};

// As seen on real hosts: Docker, Kubernetes, Podman, LXC, systemd documentation and issues.
constexpr Case kContainers[] = {
    // Docker: cgroupfs, systemd, rootless, a parent of its own, the systemd driver's name on a host without systemd
    {"/docker/" ID, "docker", ID, "", "", ""},
    {"/docker-ce/docker/" ID, "docker", ID, "", "", ""},
    {"/system.slice/docker-" ID ".scope", "docker", ID, "", "docker-" ID ".scope", "system.slice"},
    {"/system.slice/system-docker.slice/docker-" ID ".scope", "docker", ID, "", "docker-" ID ".scope", "system-docker.slice"},
    {USER "/user.slice/docker-" ID ".scope", "docker", ID, "", "docker-" ID ".scope", "user.slice"},
    {"/system.slice:docker:" ID, "docker", ID, "", "", ""},
    {"/actions_job/" ID, "docker", ID, "", "", ""},
    {"/../../docker/" ID, "docker", ID, "", "", ""},
    {"/docker/" ID " (deleted)", "docker", ID, "", "", ""},
    {"/docker/" ID "/init", "docker", ID, "", "", ""},
    {"/docker/" ID "/system.slice/nginx.service", "docker", ID, "", "nginx.service", "system.slice"},
    // Kubernetes with containerd: cgroupfs, systemd, static pods, guaranteed, colon forms
    {"/kubepods/besteffort/pod" UID "/" ID, "containerd", ID, UID, "", ""},
    {"/kubepods/burstable/pod" UID "/" ID, "containerd", ID, UID, "", ""},
    {"/kubepods/pod" UID "/" ID, "containerd", ID, UID, "", ""},
    {"/kubepods/guaranteed/pod" UID "/" ID, "containerd", ID, UID, "", ""},
    {"/kubepods/burstable/pod" STATIC_POD "/" ID, "containerd", ID, STATIC_POD, "", ""},
    {"/kubepods/burstable/poduid-web-0/" ID, "containerd", ID, "uid-web-0", "", ""},
    {"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_ ".slice/cri-containerd-" ID ".scope", "containerd",
     ID, UID, "cri-containerd-" ID ".scope", "kubepods-burstable-pod" UID_ ".slice"},
    {"/kubepods.slice/kubepods-pod" UID_ ".slice/cri-containerd-" ID ".scope", "containerd", ID, UID,
     "cri-containerd-" ID ".scope", "kubepods-pod" UID_ ".slice"},
    {"/system.slice/containerd.service/kubepods-burstable-pod" UID_ ".slice:cri-containerd:" ID, "containerd", ID, UID,
     "containerd.service", "system.slice"},
    {"/kubepods-besteffort-pod" UID_ ".slice:cri-containerd:" ID, "containerd", ID, UID, "", ""},
    {"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" UID_ ".slice/docker-" ID ".scope", "docker", ID, UID,
     "docker-" ID ".scope", "kubepods-besteffort-pod" UID_ ".slice"},
    {USER "/u7s-rootlesskit.service/kubepods/burstable/pod" UID "/" ID, "containerd", ID, UID, "u7s-rootlesskit.service",
     "user-1000.slice"},
    // CRI-O
    {"/kubepods/burstable/pod" UID "/crio-" ID, "cri-o", ID, UID, "", ""},
    {"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_ ".slice/crio-" ID ".scope", "cri-o", ID, UID,
     "crio-" ID ".scope", "kubepods-burstable-pod" UID_ ".slice"},
    {"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_ ".slice/crio-" ID ".scope/container", "cri-o", ID,
     UID, "crio-" ID ".scope", "kubepods-burstable-pod" UID_ ".slice"},
    // Podman: systemd, cgroupfs, rootless, in a pod, split by a quadlet
    {"/machine.slice/libpod-" ID ".scope", "podman", ID, "", "libpod-" ID ".scope", "machine.slice"},
    {"/machine.slice/libpod-" ID ".scope/container", "podman", ID, "", "libpod-" ID ".scope", "machine.slice"},
    {"/libpod_parent/libpod-" ID, "podman", ID, "", "", ""},
    {"/libpod_parent/" ID2 "/libpod-" ID, "podman", ID, "", "", ""},
    {USER "/user.slice/libpod-" ID ".scope/container", "podman", ID, "", "libpod-" ID ".scope", "user.slice"},
    {USER "/user.slice/user-libpod_pod_" ID2 ".slice/libpod-" ID ".scope", "podman", ID, "", "libpod-" ID ".scope",
     "user-libpod_pod_" ID2 ".slice"},
    {"/system.slice/web.service/libpod-payload-" ID, "podman", ID, "", "web.service", "system.slice"},
    // containerd without Kubernetes
    {"/default/" ID, "containerd", ID, "", "", ""},
    {"/k8s.io/" ID, "containerd", ID, "", "", ""},
    {"/system.slice/nerdctl-" ID ".scope", "containerd", ID, "", "nerdctl-" ID ".scope", "system.slice"},
    {USER "/user.slice/nerdctl-" ID ".scope", "containerd", ID, "", "nerdctl-" ID ".scope", "user.slice"},
    // Amazon ECS: two forms on EC2, systemd, Fargate 1.3 and 1.4
    {"/ecs/haissam-ecs-classic/5a0d5ceddf6c44c1928d367a815d890f/" ID, "docker", ID, "", "", ""},
    {"/ecs/55091c13-b8cf-4801-b527-f4601742204d/" ID, "docker", ID, "", "", ""},
    {"/ecstasks.slice/ecstasks-5a0d5ceddf6c44c1928d367a815d890f.slice/docker-" ID ".scope", "docker", ID, "",
     "docker-" ID ".scope", "ecstasks-5a0d5ceddf6c44c1928d367a815d890f.slice"},
    {"/ecs/34dc0b5e626f2c5c4c5170e34b10e765/34dc0b5e626f2c5c4c5170e34b10e765-1234567890", "containerd",
     "34dc0b5e626f2c5c4c5170e34b10e765-1234567890", "", "", ""},
    // Garden
    {"/system.slice/garden.service/garden/6f4cff40-f2a4-4ea3-4cb4-b2a5", "garden", "6f4cff40-f2a4-4ea3-4cb4-b2a5", "",
     "garden.service", "system.slice"},
    {"/system.slice/garden.service/garden/good/6f4cff40-f2a4-4ea3-4cb4-b2a5", "garden", "6f4cff40-f2a4-4ea3-4cb4-b2a5", "",
     "garden.service", "system.slice"},
    // runc by hand
    {"/" ID, "runc", ID, "", "", ""},
    {"/build/" ID, "runc", ID, "", "", ""},
    {"/system.slice/runc-" ID ".scope", "runc", ID, "", "runc-" ID ".scope", "system.slice"},
    // LXC, LXD, Incus, Proxmox, libvirt
    {"/lxc.payload.web", "lxc", "web", "", "", ""},
    {"/lxc.payload.project_c1/init.scope", "lxc", "project_c1", "", "init.scope", ""},
    {"/lxc.payload.web/system.slice/nginx.service", "lxc", "web", "", "nginx.service", "system.slice"},
    {"/lxc.payload/web", "lxc", "web", "", "", ""},
    {"/lxc/101/ns/system.slice/ssh.service", "lxc", "101", "", "ssh.service", "system.slice"},
    {"/lxc/web", "lxc", "web", "", "", ""},
    {USER "/lxc.payload.mine", "lxc", "mine", "", "user@1000.service", "user-1000.slice"},
    {R"(/machine.slice/machine-lxc\x2d1268\x2dsl.scope/libvirt)", "lxc", "sl", "", R"(machine-lxc\x2d1268\x2dsl.scope)",
     "machine.slice"},
    // systemd-nspawn
    {"/machine.slice/systemd-nspawn@web.service/payload", "nspawn", "web", "", "systemd-nspawn@web.service", "machine.slice"},
    {"/machine.slice/systemd-nspawn@web.service/payload/system.slice/nginx.service", "nspawn", "web", "", "nginx.service",
     "system.slice"},
    {R"(/machine.slice/systemd-nspawn@dev\x2dweb.service/payload)", "nspawn", "dev-web", "",
     R"(systemd-nspawn@dev\x2dweb.service)", "machine.slice"},
    {R"(/machine.slice/machine-dev\x2dweb\x2d00000000.scope/payload/init.scope)", "nspawn", "dev-web-00000000", "", "init.scope",
     "machine.slice"},
    // one in another: the innermost
    {"/docker/" ID2 "/docker/" ID, "docker", ID, "", "", ""},
    {"/system.slice/docker-" ID2 ".scope/docker/" ID, "docker", ID, "", "docker-" ID2 ".scope", "system.slice"},
    {"/docker/" ID2 "/kubelet/kubepods/besteffort/pod" UID "/" ID, "containerd", ID, UID, "", ""},
    {"/docker/" ID2 "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/kubelet-kubepods-besteffort-pod" UID_
     ".slice/cri-containerd-" ID ".scope", "containerd", ID, UID, "cri-containerd-" ID ".scope",
     "kubelet-kubepods-besteffort-pod" UID_ ".slice"},
    {"/kubepods/burstable/pod" UID "/" ID2 "/docker/" ID, "docker", ID, UID, "", ""},
    {"/lxc.payload.host/docker/" ID, "docker", ID, "", "", ""},
    {"/docker/" ID "/kubelet.slice/kubelet.service", "docker", ID, "", "kubelet.service", "kubelet.slice"},
    {"/docker/" ID "/machine.slice/libpod-conmon-" ID2 ".scope", "docker", ID, "", "libpod-conmon-" ID2 ".scope", "machine.slice"},
};

constexpr Case kOthers[] = {
    {"", "", "", "", "", ""},
    {"/", "", "", "", "", ""},
    {"/init.scope", "", "", "", "init.scope", ""},
    {"/system.slice/nginx.service", "", "", "", "nginx.service", "system.slice"},
    {"/system.slice/system-getty.slice/getty@tty1.service", "", "", "", "getty@tty1.service", "system-getty.slice"},
    {"/system.slice/docker.service", "", "", "", "docker.service", "system.slice"},
    {"/system.slice/docker.service/init", "", "", "", "docker.service", "system.slice"},
    {"/system.slice/containerd.service", "", "", "", "containerd.service", "system.slice"},
    {"/system.slice/dbus.socket", "", "", "", "dbus.socket", "system.slice"},
    {"/system.slice/_cgroup.service", "", "", "", "cgroup.service", "system.slice"},
    {"/user.slice/user-1000.slice/session-3.scope", "", "", "", "session-3.scope", "user-1000.slice"},
    {USER "/init.scope", "", "", "", "init.scope", "user-1000.slice"},
    {USER, "", "", "", "user@1000.service", "user-1000.slice"},
    {USER "/app.slice/x.service", "", "", "", "x.service", "app.slice"},
    {USER "/app.slice/app-org.gnome.Terminal.slice/vte-spawn-f22f14d2-3d44-4304-9879-3fdd0df7b08e.scope", "", "", "",
     "vte-spawn-f22f14d2-3d44-4304-9879-3fdd0df7b08e.scope", "app-org.gnome.Terminal.slice"},
    {USER "/user.slice/podman-239302.scope", "", "", "", "podman-239302.scope", "user.slice"},
    {"/kubelet.slice/kubelet.service", "", "", "", "kubelet.service", "kubelet.slice"},
    // monitors and helpers of containers
    {"/machine.slice/libpod-conmon-" ID ".scope", "", "", "", "libpod-conmon-" ID ".scope", "machine.slice"},
    {"/libpod_parent/libpod-conmon-" ID, "", "", "", "", ""},
    {"/libpod_parent/conmon", "", "", "", "", ""},
    {"/libpod_parent/" ID2 "/conmon", "", "", "", "", ""},
    {"/system.slice/crio-conmon-" ID ".scope", "", "", "", "crio-conmon-" ID ".scope", "system.slice"},
    {"/kubepods/burstable/pod" UID "/crio-conmon-" ID, "", "", "", "", ""},
    {"/lxc.monitor.web", "", "", "", "", ""},
    {"/lxc.monitor/101", "", "", "", "", ""},
    {"/lxc.pivot", "", "", "", "", ""},
    // a pod without a container (overhead of sandboxed runtimes), slices, names that only look like ids
    {"/kubepods/burstable/pod" UID "/kata_overhead", "", "", UID, "", ""},
    {"/kubepods.slice/kubepods-besteffort.slice", "", "", "", "", "kubepods-besteffort.slice"},
    {"/user.slice/user-libpod_pod_" ID ".slice", "", "", "", "", "user-libpod_pod_" ID ".slice"},
    {"/podcast/server", "", "", "", "", ""},
    {R"(/machine.slice/machine-qemu\x2d1\x2dvm.scope/libvirt/emulator)", "", "", "", R"(machine-qemu\x2d1\x2dvm.scope)",
     "machine.slice"},
    {"/jobs/e2b69887ca33d6d3b46979c1fe645921", "", "", "", "", ""},
    {"/docker/buildkit/k2w8xw4m9gxk3v0a7d6jz5f1q", "", "", "", "", ""},
    {"/docker/" ID "0", "", "", "", "", ""},
    {"/docker/38FAC3E99302B3622BE089DD41E7CCF38AFF368A86CC339972075136EE2710CE", "", "", "", "", ""},
    {"/lxc.payload.", "", "", "", "", ""},
    {R"(/machine.slice/machine-\x2.scope)", "nspawn", R"(\x2)", "", R"(machine-\x2.scope)", "machine.slice"},
};

void check(const Case& expected) {
  CAPTURE(expected.path);
  const CgroupPlace place = placeOf(expected.path);
  CHECK(place.runtime == expected.runtime);
  CHECK(place.containerId == expected.id);
  CHECK(place.podUid == expected.pod);
  CHECK(place.unit == expected.unit);
  CHECK(place.slice == expected.slice);
}

}  // namespace

TEST_CASE("cgroup place: containers and pods, as each runtime and driver writes them") {
  for (const Case& each : kContainers) check(each);
}

TEST_CASE("cgroup place: units, slices, monitors of containers, and what only looks like one") {
  for (const Case& each : kOthers) check(each);
}

TEST_CASE("cgroup place: every cut of every path is read without harm") {
  for (const Case& each : kContainers) {
    const std::string_view path = each.path;
    for (size_t size = 0; size < path.size(); ++size) {
      const CgroupPlace place = placeOf(path.substr(0, size));
      CHECK(place.runtime.empty() == place.containerId.empty());
    }
  }
}
