#include "attribution/cgroups.h"

#include <doctest/doctest.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "attribution/accounts.h"
#include "attribution/process_reader.h"

using namespace weir;

namespace {

constexpr const char* kId = "38fac3e99302b3622be089dd41e7ccf38aff368a86cc339972075136ee2710ce";

constexpr const char* kUnified =
    "22 28 0:20 / /sys rw shared:7 - sysfs sysfs rw\n"
    "29 22 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
constexpr const char* kHybrid =
    "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";
constexpr const char* kOld =
    "31 23 0:28 / /sys/fs/cgroup rw,relatime shared:9 master:1 - tmpfs tmpfs rw\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n";

uint64_t inodeOf(const std::string& path) {
  struct stat about {};
  return ::stat(path.c_str(), &about) == 0 ? about.st_ino : 0;
}

// A branch of the host's own v2 hierarchy, removed again.
class Branch {
 public:
  explicit Branch(const std::string& mount) : top_("/weir-test-" + std::to_string(::getpid())), mount_(mount) {
    path_ = top_ + "/docker/" + kId;
    std::error_code reason;
    if (!mount.empty()) std::filesystem::create_directories(mount + path_, reason);
    reason_ = mount.empty() ? "no cgroup v2 here" : reason ? reason.message() : "";
  }
  ~Branch() { remove(); }
  void remove() const {
    for (std::string path = path_; path.size() > 1; path = path.substr(0, path.rfind('/'))) ::rmdir((mount_ + path).c_str());
  }
  const std::string& path() const { return path_; }
  const std::string& top() const { return top_; }
  uint64_t id() const { return inodeOf(mount_ + path_); }
  const std::string& reason() const { return reason_; }

 private:
  std::string top_, mount_, path_, reason_;
};

#define WEIR_BRANCH(branch, cgroups)                                       \
  Branch branch((cgroups).mount());                                        \
  if (!branch.reason().empty()) {                                          \
    MESSAGE("skipped: cannot make a cgroup: " << branch.reason());         \
    return;                                                                \
  }

void dropCapabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2] = {};
  ::syscall(SYS_capset, &header, none);
}

bool run(const std::string& command) { return std::system((command + " >/dev/null 2>&1 </dev/null").c_str()) == 0; }

// A container of runc's that sleeps, in a cgroup of the test's.
class RuncContainer {
 public:
  explicit RuncContainer(const std::string& cgroup) : name_("weir-test-" + std::to_string(::getpid())), cgroup_(cgroup) {
    char folder[] = "/tmp/weir-runc-XXXXXX";
    folder_ = ::mkdtemp(folder);
    std::filesystem::create_directories(folder_ + "/rootfs/bin");
    std::filesystem::create_directories(folder_ + "/rootfs/proc");
    std::filesystem::create_directories(folder_ + "/rootfs/etc");
    const bool copied = run("cp $(command -v busybox) " + folder_ + "/rootfs/bin/busybox");
    std::ofstream(folder_ + "/rootfs/etc/passwd") << "root:x:0:0\ninner:x:1000:1000\n";
    std::ofstream(folder_ + "/config.json")
        << R"({"ociVersion":"1.0.2","process":{"terminal":false,"user":{"uid":1000,"gid":1000},"cwd":"/",)"
        << R"("args":["/bin/busybox","sleep","1000"],"env":["PATH=/bin"]},"root":{"path":")" << folder_ << R"(/rootfs"},)"
        << R"("mounts":[{"destination":"/proc","type":"proc","source":"proc"}],"linux":{"cgroupsPath":")" << cgroup
        << R"(","namespaces":[{"type":"pid"},{"type":"mount"},{"type":"network"},{"type":"ipc"},{"type":"uts"}]}})";
    started_ = copied && run(runc("run -d --bundle " + folder_ + " --pid-file " + folder_ + "/pid " + name_));
    if (started_) std::ifstream(folder_ + "/pid") >> process_;
  }
  ~RuncContainer() {
    run(runc("delete -f " + name_));
    removeBelow("/sys/fs/cgroup");  // runc leaves the parents it made, in every hierarchy
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator("/sys/fs/cgroup", ignored)) removeBelow(entry.path().string());
    std::filesystem::remove_all(folder_);
  }
  bool started() const { return started_ && process_ != 0; }
  uint32_t process() const { return process_; }

 private:
  void removeBelow(const std::string& mount) const {
    for (std::string path = cgroup_; path.size() > 1; path = path.substr(0, path.rfind('/'))) ::rmdir((mount + path).c_str());
  }
  std::string runc(const std::string& arguments) const { return "runc --root " + folder_ + "/state " + arguments; }
  std::string name_, cgroup_, folder_;
  bool started_ = false;
  uint32_t process_ = 0;
};

}  // namespace

TEST_CASE("cgroups: where the v2 hierarchy is mounted") {
  CHECK(cgroupMountOf(kUnified).path == "/sys/fs/cgroup");
  CHECK(cgroupMountOf(kUnified).root.empty());
  CHECK(cgroupMountOf(kHybrid).path == "/sys/fs/cgroup/unified");
  CHECK(cgroupMountOf(kOld).path.empty());
  CHECK(cgroupMountOf("").path.empty());
  CHECK(cgroupMountOf("garbage\n - cgroup2\n1 2 3 - cgroup2 \n").path.empty());
  CHECK(cgroupMountOf("29 22 0:26 / /my\\040mount\\134x rw - cgroup2 none rw\n").path == "/my mount\\x");
}

TEST_CASE("cgroups: of several mounts the one that shows most, told from the hierarchy's root") {
  // a container without a cgroup namespace: its own branch only
  const CgroupMount branch = cgroupMountOf("9 8 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n");
  CHECK(branch.path == "/sys/fs/cgroup");
  CHECK(branch.root == "/docker/abc");
  // one with a namespace, and the host's hierarchy mounted beside its own
  const std::string both =
      "9 8 0:26 / /sys/fs/cgroup ro - cgroup2 cgroup rw\n"
      "10 8 0:26 /../../.. /host/sys/fs/cgroup ro - cgroup2 cgroup rw\n";
  CHECK(cgroupMountOf(both).path == "/host/sys/fs/cgroup");
  CHECK(cgroupMountOf(both).root.empty());
  CHECK(cgroupMountOf(both, "/sys/fs/cgroup").path == "/sys/fs/cgroup");
  CHECK(cgroupMountOf(both, "/elsewhere").path.empty());
}

TEST_CASE("cgroups: a tree is read, ids are inodes of its folders") {
  char name[] = "/tmp/weir-cgroups-XXXXXX";
  const std::string root = ::mkdtemp(name);
  std::filesystem::create_directories(root + "/system.slice/a.service");
  std::filesystem::create_directories(root + "/docker/x");
  std::ofstream(root + "/docker/cgroup.procs") << "1\n";
  Cgroups cgroups(root);
  CHECK(cgroups.mount() == root);
  cgroups.scan();
  CHECK(cgroups.path(inodeOf(root)) == "/");
  CHECK(cgroups.path(inodeOf(root + "/docker")) == "/docker");
  CHECK(cgroups.path(inodeOf(root + "/docker/x")) == "/docker/x");
  CHECK(cgroups.path(inodeOf(root + "/system.slice/a.service")) == "/system.slice/a.service");
  CHECK(cgroups.path(inodeOf(root + "/docker/cgroup.procs")).empty());
  CHECK(cgroups.path(0).empty());
  std::filesystem::remove_all(root);
}

TEST_CASE("cgroups: what was told is kept; the ids used longest ago go first") {
  Cgroups cgroups("/nonexistent", 3);
  cgroups.scan();
  cgroups.learn(1, "/a");
  cgroups.learn(2, "/b");
  cgroups.learn(3, "/c");
  CHECK(cgroups.path(1) == "/a");
  cgroups.learn(4, "/d");
  CHECK(cgroups.path(2).empty());  // and this answer takes the place of 3
  CHECK(cgroups.path(1) == "/a");
  CHECK(cgroups.path(4) == "/d");
  CHECK(cgroups.path(3).empty());
  cgroups.learn(1, "/again");
  CHECK(cgroups.path(1) == "/again");
  cgroups.learn(9, "");
  cgroups.learn(0, "/zero");
  CHECK(cgroups.path(0).empty());
}

TEST_CASE("live: the kernel tells the path of an id, also of one made after the scan") {
  Cgroups cgroups;
  cgroups.scan();
  WEIR_BRANCH(branch, cgroups);
  const uint64_t id = branch.id();
  CHECK(cgroups.path(id) == branch.path());
  CHECK(cgroups.path(inodeOf(cgroups.mount())) == "/");
  branch.remove();
  CHECK(cgroups.path(id) == branch.path());  // still known
  Cgroups later;
  CHECK(later.path(id).empty());  // gone before anybody asked
  later.learn(id, branch.path());
  CHECK(placeOf(later.path(id)).runtime == "docker");
}

TEST_CASE("live: without the capability to open by id the tree is read") {
  Cgroups outside;
  WEIR_BRANCH(branch, outside);
  const pid_t child = ::fork();
  if (child == 0) {
    dropCapabilities();
    Cgroups cgroups;
    ::_exit(cgroups.path(branch.id()) == branch.path() && cgroups.path(~uint64_t{0}).empty() ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("live: from a branch to the hierarchy's root, as in a container") {
  Cgroups outside;
  WEIR_BRANCH(branch, outside);
  const uint64_t root = inodeOf(outside.mount());
  const auto inodeAt = [](const Descriptor& folder) {
    struct stat about {};
    return folder && ::fstat(folder.get(), &about) == 0 ? about.st_ino : 0;
  };
  CHECK(inodeAt(openHierarchyRoot({outside.mount(), ""})) == root);
  CHECK(inodeAt(openHierarchyRoot({outside.mount() + branch.path(), branch.path()})) == root);
  CHECK_FALSE(openHierarchyRoot({"", ""}));
  CHECK_FALSE(openHierarchyRoot({"/tmp", ""}));
  Cgroups inside(outside.mount() + branch.path());
  inside.scan();
  CHECK(inside.path(inodeOf(outside.mount() + branch.top())) == branch.top());
  const pid_t child = ::fork();
  if (child == 0) {
    dropCapabilities();
    ::_exit(openHierarchyRoot({outside.mount() + branch.path(), branch.path()}) ? 1 : 0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("live: every cgroup of this machine") {
  Cgroups cgroups;
  WEIR_BRANCH(branch, cgroups);
  size_t seen = 0;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(cgroups.mount(), ignored)) {
    if (!entry.is_directory(ignored) || seen == 500) continue;
    const uint64_t id = inodeOf(entry.path().string());
    const std::string& path = cgroups.path(id);
    if (path.empty()) continue;  // removed since
    ++seen;
    CHECK(cgroups.mount() + path == entry.path().string());
  }
  MESSAGE(seen << " cgroups below the root");
  CHECK(seen >= 3);
}

TEST_CASE("live: a container of runc's by its process and by its cgroup's id") {
  if (!run("command -v runc") || !run("command -v busybox") || ::getuid() != 0) {
    MESSAGE("skipped: needs root, runc and busybox");
    return;
  }
  const std::string cgroup = "/weir-test-" + std::to_string(::getpid()) + "/docker/" + kId;
  const RuncContainer container(cgroup);
  if (!container.started()) {
    MESSAGE("skipped: runc cannot start a container here");
    return;
  }
  auto facts = ProcessReader().read(container.process());
  for (int tries = 0; tries < 500 && facts && facts->name != "busybox"; ++tries) {  // until runc has become it
    ::usleep(10'000);
    facts = ProcessReader().read(container.process());
  }
  REQUIRE(facts.has_value());
  CHECK(facts->name == "busybox");
  CHECK(facts->executable == "/bin/busybox");
  CHECK(facts->uid == 1000);
  CHECK(facts->insideProcessId == 1);
  CHECK(facts->pidNamespace != ProcessReader().read(static_cast<uint32_t>(::getpid()))->pidNamespace);
  CHECK(placeOf(facts->cgroupPath).runtime == "docker");
  CHECK(placeOf(facts->cgroupPath).containerId == kId);
  CHECK(Accounts().insideUser(kId, container.process(), facts->uid) == "inner");
  Cgroups cgroups;
  if (cgroups.mount().empty()) return;
  const uint64_t id = inodeOf(cgroups.mount() + cgroup);
  CHECK(cgroups.path(id) == cgroup);
  CHECK(placeOf(cgroups.path(id)).containerId == kId);
}
