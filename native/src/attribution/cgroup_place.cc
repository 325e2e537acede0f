// What the form of a cgroup path tells. Forms as the runtimes make them; the table of real paths is in the test.
#include <algorithm>
#include <array>

#include "attribution/cgroups.h"
#include "attribution/proc_text.h"

namespace weir {
namespace {

constexpr size_t kIdDigits = 64;

bool onlyOf(std::string_view text, std::string_view characters) {
  return !text.empty() && text.find_first_not_of(characters) == std::string_view::npos;
}

bool isHex(std::string_view text) { return onlyOf(text, "0123456789abcdef"); }
bool isId(std::string_view text) { return text.size() == kIdDigits && isHex(text); }

// Fargate: the task's 32 digits, then digits of the runtime's.
bool isFargateId(std::string_view text) {
  return text.size() > 33 && isHex(text.substr(0, 32)) && text[32] == '-' && onlyOf(text.substr(33), "0123456789");
}

// Handles of Cloud Foundry's Garden: 8-4-4-4-4 or a UUID.
bool isGardenHandle(std::string_view text) {
  return text.size() >= 28 && onlyOf(text, "0123456789abcdef-") && std::count(text.begin(), text.end(), '-') == 4;
}

// What stands before the id in a name (docker-ID.scope, x:cri-containerd:ID).
struct Prefix {
  std::string_view text;
  std::string_view runtime;  // empty = monitor of a container, itself outside of it
};
constexpr std::array kPrefixes = {
    Prefix{"docker", "docker"},           Prefix{"cri-containerd", "containerd"}, Prefix{"containerd", "containerd"},
    Prefix{"nerdctl", "containerd"},      Prefix{"crio", "cri-o"},                Prefix{"libpod", "podman"},
    Prefix{"libpod-payload", "podman"},   Prefix{"crio-conmon", ""},              Prefix{"libpod-conmon", ""},
};

std::string_view runtimeOfPrefix(std::string_view prefix) {
  for (const Prefix& known : kPrefixes) {
    if (known.text == prefix) return known.runtime;
  }
  return "runc";
}

// Folders whose children are containers by their bare id.
constexpr std::array kParents = {
    Prefix{"docker", "docker"},     Prefix{"ecs", "docker"},         Prefix{"actions_job", "docker"},
    Prefix{"default", "containerd"}, Prefix{"k8s.io", "containerd"}, Prefix{"moby", "docker"},
};

// systemd writes characters of a name as \x2d.
std::string unescaped(std::string_view text) {
  std::string out;
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && text.size() - i >= 4 && text[i + 1] == 'x' && isHex(text.substr(i + 2, 2))) {
      out += static_cast<char>(digit(text[i + 2]) * 16 + digit(text[i + 3]));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

// Walks a path from its root; what is further in wins.
class Walk {
 public:
  void step(std::string_view name) {
    if (name.empty() || name == "..") return;
    if (name[0] == '_') name.remove_prefix(1);  // systemd: a name that would clash with a file of the kernel's
    readUnit(name);
    readPod(name);
    if (parent_ != "lxc.monitor") readContainer(name);  // LXC's helper in its older form, /lxc.monitor/NAME
    parent_ = name;
  }
  CgroupPlace take() { return std::move(place_); }

 private:
  void enter(std::string_view runtime, std::string id) {
    place_.runtime = runtime;
    place_.containerId = std::move(id);
  }

  void readUnit(std::string_view name) {
    if (name.ends_with(".slice")) place_.slice = name;
    for (const std::string_view kind : {".service", ".scope", ".socket", ".mount", ".swap"}) {
      if (name.ends_with(kind)) place_.unit = name;
    }
  }

  void readPod(std::string_view name) {
    constexpr std::string_view kPods = "kubepods";
    std::string_view uid;
    const size_t pods = name.find(kPods);
    if (pods != std::string_view::npos) {  // kubepods-burstable-podUID.slice, :cri-containerd:ID may follow
      inPods_ = true;
      const size_t at = name.find("-pod", pods + kPods.size());
      if (at == std::string_view::npos) return;
      uid = name.substr(at + 4);
      uid = uid.substr(0, std::min(uid.find(".slice"), uid.find(':')));
    } else if (inPods_ && name.starts_with("pod")) {
      uid = name.substr(3);
    }
    if (uid.empty()) return;
    place_.podUid = uid;
    if (pods != std::string_view::npos) std::replace(place_.podUid.begin(), place_.podUid.end(), '_', '-');
  }

  void readContainer(std::string_view name) {
    if (name.ends_with(".slice")) return;
    if (readLxc(name) || readMachine(name)) return;
    if (parent_ == "libpod_parent" && isId(name)) return;  // a pod of Podman
    if (parent_ == "garden" || parent_ == "good" || parent_ == "bad") {
      if (isGardenHandle(name)) return enter("garden", std::string(name));
    }
    if (name.starts_with("ecs")) inEcs_ = true;
    if (inEcs_ && isFargateId(name)) return enter("containerd", std::string(name));
    if (isId(name)) return enter(runtimeOfParent(), std::string(name));
    readPrefixed(name.ends_with(".scope") ? name.substr(0, name.size() - 6) : name);
  }

  // PREFIX-ID and SLICE:PREFIX:ID.
  void readPrefixed(std::string_view name) {
    if (name.size() <= kIdDigits + 1) return;
    const size_t at = name.size() - kIdDigits;
    if (!isId(name.substr(at)) || (name[at - 1] != '-' && name[at - 1] != ':')) return;
    std::string_view prefix = name.substr(0, at - 1);
    if (const size_t colon = prefix.rfind(':'); colon != std::string_view::npos) prefix.remove_prefix(colon + 1);
    const std::string_view runtime = runtimeOfPrefix(prefix);
    if (runtime.empty()) {
      place_.podUid.clear();  // a monitor is charged to the pod, its traffic is not the pod's
    } else {
      enter(runtime, std::string(name.substr(at)));
    }
  }

  bool readLxc(std::string_view name) {
    constexpr std::string_view kPayload = "lxc.payload.";
    if (name.starts_with(kPayload) && name.size() > kPayload.size()) {
      enter("lxc", std::string(name.substr(kPayload.size())));
      return true;
    }
    if (name.starts_with("lxc.")) return true;  // monitor, pivot, and payload as a folder
    if (parent_ == "lxc" || parent_ == "lxc.payload") {
      enter("lxc", std::string(name));
      return true;
    }
    return false;
  }

  // systemd-nspawn, and libvirt's, which are registered the same way.
  bool readMachine(std::string_view name) {
    constexpr std::string_view kService = "systemd-nspawn@", kScope = "machine-";
    if (name.starts_with(kService) && name.ends_with(".service")) {
      enter("nspawn", unescaped(name.substr(kService.size(), name.size() - kService.size() - 8)));
      return true;
    }
    if (!name.starts_with(kScope) || !name.ends_with(".scope")) return false;
    const std::string machine = unescaped(name.substr(kScope.size(), name.size() - kScope.size() - 6));
    if (machine.starts_with("qemu-")) return true;  // a virtual machine
    if (machine.starts_with("lxc-")) {              // libvirt: lxc-PID-NAME
      const size_t dash = machine.find('-', 4);
      enter("lxc", machine.substr(dash == std::string::npos ? 4 : dash + 1));
    } else {
      enter("nspawn", machine);
    }
    return true;
  }

  std::string_view runtimeOfParent() const {
    for (const Prefix& known : kParents) {
      if (known.text == parent_) return known.runtime;
    }
    // dockershim looked the same; what the runtimes say of the id wins
    if (inPods_ && parent_.starts_with("pod")) return "containerd";
    return inEcs_ ? "docker" : "runc";
  }

  CgroupPlace place_;
  std::string_view parent_;
  bool inPods_ = false, inEcs_ = false;
};

}  // namespace

CgroupPlace placeOf(std::string_view path) {
  Walk walk;
  for (path = withoutDeleted(path); !path.empty();) walk.step(cut(path, '/'));
  return walk.take();
}

}  // namespace weir
