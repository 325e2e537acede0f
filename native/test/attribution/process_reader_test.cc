#include "attribution/process_reader.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "attribution/waiting_child.h"

using namespace weir;

namespace {

constexpr const char* kId = "38fac3e99302b3622be089dd41e7ccf38aff368a86cc339972075136ee2710ce";

// A /proc of the test's own.
class FakeProc {
 public:
  FakeProc() {
    char name[] = "/tmp/weir-proc-XXXXXX";
    root_ = ::mkdtemp(name);
  }
  ~FakeProc() { std::filesystem::remove_all(root_); }

  void file(uint32_t pid, const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(folder(pid) + "/ns");
    std::ofstream(folder(pid) + '/' + name) << text;
  }
  void link(uint32_t pid, const std::string& name, const std::string& target) const {
    std::filesystem::create_directories(folder(pid) + "/ns");
    std::filesystem::create_symlink(target, folder(pid) + '/' + name);
  }
  void process(uint32_t pid, const std::string& name, uint32_t parent, uint64_t start) const {
    file(pid, "stat", std::to_string(pid) + " (" + name + ") S " + std::to_string(parent) +
                          " 1 1 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 " + std::to_string(start) + " 100 200 300\n");
    file(pid, "status", "Name:\tx\nUmask:\t0022\nTgid:\t" + std::to_string(pid) + "\nNgid:\t0\nUid:\t101000\t101033\t1\t1\n" +
                            "Gid:\t1001\t1002\t1\t1\nNSpid:\t" + std::to_string(pid) + "\t44\t7\n");
  }
  const std::string& root() const { return root_; }

 private:
  std::string folder(uint32_t pid) const { return root_ + '/' + std::to_string(pid); }
  std::string root_;
};

std::string cgroupOf(const std::string& lines) {
  const FakeProc proc;
  proc.process(5, "x", 0, 9);
  proc.file(5, "cgroup", lines);
  const auto facts = ProcessReader(proc.root()).read(5);
  REQUIRE(facts.has_value());
  return facts->cgroupPath;
}

uint32_t inodeOf(const std::string& path) {
  struct stat about {};
  return ::stat(path.c_str(), &about) == 0 ? static_cast<uint32_t>(about.st_ino) : 0;
}

}  // namespace

TEST_CASE("process: everything /proc tells, put together") {
  const FakeProc proc;
  proc.process(700, "a) S 1 (b c", 70, 123456);
  proc.process(70, "shell", 1, 1200);
  proc.link(700, "exe", "/usr/bin/worker (deleted)");
  proc.link(700, "cwd", "/srv/a b");
  proc.file(700, "cmdline", std::string("worker\0--name\0\0two words\0\0\0", 27));
  proc.file(700, "cgroup", "0::/system.slice/worker.service\n");
  proc.file(700, "loginuid", "1000");
  proc.file(700, "sessionid", "4");
  proc.file(700, "uid_map", "         0     100000      65536\n     65536    1000000   10\n");
  proc.link(700, "ns/net", "net:[4026531840]");
  proc.link(700, "ns/pid", "pid:[4026531841]");
  proc.link(700, "ns/user", "user:[4026531842]");

  const ProcessReader reader(proc.root());
  const auto facts = reader.read(700);
  REQUIRE(facts.has_value());
  CHECK(facts->key == ProcessKey{700, 123456});
  CHECK(facts->parent == ProcessKey{70, 1200});
  CHECK(facts->name == "a) S 1 (b c");
  CHECK(facts->executable == "/usr/bin/worker");
  CHECK(facts->workingDirectory == "/srv/a b");
  CHECK(facts->arguments == std::vector<std::string>{"worker", "--name", "", "two words"});
  CHECK(facts->cgroupPath == "/system.slice/worker.service");
  CHECK(facts->uid == 101000);
  CHECK(facts->effectiveUid == 101033);
  CHECK(facts->gid == 1001);
  CHECK(facts->effectiveGid == 1002);
  CHECK(facts->loginUid == 1000);
  CHECK(facts->sessionId == 4);
  CHECK(facts->insideProcessId == 7);
  CHECK(facts->insideUid == 1000);
  CHECK(facts->netns == 4026531840);
  CHECK(facts->pidNamespace == 4026531841);
  CHECK(facts->userNamespace == 4026531842);
  CHECK(reader.keyOf(70) == ProcessKey{70, 1200});
  CHECK(reader.keyOf(71) == ProcessKey{71, 0});
  std::vector<uint32_t> list = reader.list();
  std::sort(list.begin(), list.end());
  CHECK(list == std::vector<uint32_t>{70, 700});
}

TEST_CASE("process: unreadable parts stay empty") {
  const FakeProc proc;
  proc.process(700, "x", 0, 5);
  const auto facts = ProcessReader(proc.root()).read(700);
  REQUIRE(facts.has_value());
  CHECK(facts->executable.empty());
  CHECK(facts->arguments.empty());
  CHECK(facts->cgroupPath.empty());
  CHECK(facts->loginUid == UINT32_MAX);
  CHECK(facts->insideUid == UINT32_MAX);
  CHECK(facts->netns == 0);
  CHECK(facts->parent == ProcessKey{});
}

TEST_CASE("process: what is gone, no process, or a thread of one gives nothing") {
  const FakeProc proc;
  proc.process(700, "x", 0, 5);
  proc.file(701, "stat", "");
  proc.file(702, "stat", "702 (broken");
  proc.process(703, "thread", 0, 5);
  proc.file(703, "status", "Tgid:\t700\nUid:\t0\t0\t0\t0\n");
  const ProcessReader reader(proc.root());
  for (const uint32_t pid : {1u, 701u, 702u, 703u}) CHECK_FALSE(reader.read(pid).has_value());
}

TEST_CASE("process: a parent younger than its child is somebody else with its id") {
  const FakeProc proc;
  proc.process(700, "child", 70, 1000);
  proc.process(70, "reused", 1, 1001);
  const auto facts = ProcessReader(proc.root()).read(700);
  REQUIRE(facts.has_value());
  CHECK(facts->parent == ProcessKey{70, 0});
}

TEST_CASE("process: the identity map of the host gives no inside uid") {
  const FakeProc proc;
  proc.process(700, "x", 0, 5);
  proc.file(700, "uid_map", "         0          0 4294967295\n");
  CHECK(ProcessReader(proc.root()).read(700)->insideUid == UINT32_MAX);
  proc.file(700, "uid_map", "         0     200000      65536\n");  // not mapped
  CHECK(ProcessReader(proc.root()).read(700)->insideUid == UINT32_MAX);
  proc.file(700, "uid_map", "         0     101000          1\n");
  CHECK(ProcessReader(proc.root()).read(700)->insideUid == 0);
  CHECK(ProcessReader(proc.root()).read(700)->insideGid == UINT32_MAX);
  proc.file(700, "gid_map", "        50       1001          1\n");
  CHECK(ProcessReader(proc.root()).read(700)->insideGid == 50);
}

TEST_CASE("process: the cgroup path that tells most") {
  const std::string docker = std::string("/docker/") + kId;
  CHECK(cgroupOf("0::/system.slice/a.service\n") == "/system.slice/a.service");
  CHECK(cgroupOf("0::" + docker + " (deleted)\n") == docker);
  CHECK(cgroupOf("12:pids:/user.slice\n1:name=systemd:/user.slice/user-0.slice/session-1.scope\n0::/\n") ==
        "/user.slice/user-0.slice/session-1.scope");
  CHECK(cgroupOf("9:memory:" + docker + "\n8:cpu,cpuacct:" + docker + "\n1:name=systemd:" + docker + "\n") == docker);
  CHECK(cgroupOf("9:memory:" + docker + "\n0::/system.slice/docker.service\n") == docker);
  CHECK(cgroupOf("9:memory:/docker/x:y\n0::/\n") == "/docker/x:y");
  CHECK(cgroupOf("9:memory:/kubepods/burstable\n1:name=systemd:/lxc/web\n0::" + docker + "\n") == docker);
  CHECK(cgroupOf("4:memory:/a\n0::/\n") == "/a");
  CHECK(cgroupOf("4:memory:/\n0::/\n") == "/");
  CHECK(cgroupOf("4:memory:/a\n0::/b\n") == "/b");
}

TEST_CASE("live: this process") {
  const ProcessReader reader;
  const auto pid = static_cast<uint32_t>(::getpid());
  const auto facts = reader.read(pid);
  REQUIRE(facts.has_value());
  CHECK(facts->key == reader.keyOf(pid));
  CHECK(facts->key.startTicks > 0);
  CHECK(facts->parent == reader.keyOf(static_cast<uint32_t>(::getppid())));
  CHECK(facts->uid == ::getuid());
  CHECK(facts->effectiveGid == ::getegid());
  CHECK(facts->executable == std::filesystem::read_symlink("/proc/self/exe").string());
  CHECK(facts->workingDirectory == std::filesystem::current_path().string());
  CHECK(facts->netns == inodeOf("/proc/self/ns/net"));
  CHECK(facts->userNamespace == inodeOf("/proc/self/ns/user"));
  CHECK(facts->insideUid == UINT32_MAX);
  const std::vector<uint32_t> all = reader.list();
  CHECK(std::find(all.begin(), all.end(), pid) != all.end());
}

TEST_CASE("live: a child with an odd name, ended while its id is still taken, and gone") {
  WaitingChild child([] { return ::prctl(PR_SET_NAME, "x) R 1\n(y") == 0; });
  REQUIRE(child.ready());
  const ProcessReader reader;
  const uint32_t pid = child.id();
  const auto facts = reader.read(pid);
  REQUIRE(facts.has_value());
  CHECK(facts->name == "x) R 1\n(y");
  CHECK(facts->parent.tgid == static_cast<uint32_t>(::getpid()));
  child.letGo();
  siginfo_t info{};
  REQUIRE(::waitid(P_PID, pid, &info, WEXITED | WNOWAIT) == 0);  // a zombie now
  const auto ended = reader.read(pid);
  REQUIRE(ended.has_value());
  CHECK(ended->key == facts->key);
  CHECK(ended->executable.empty());
  child.end();
  CHECK_FALSE(reader.read(pid).has_value());
  CHECK(reader.keyOf(pid).startTicks == 0);
}

TEST_CASE("live: a user namespace's uid") {
  const WaitingChild child([] {
    if (::setuid(1234) != 0 || ::unshare(CLONE_NEWUSER) != 0 || ::prctl(PR_SET_DUMPABLE, 1) != 0) return false;
    std::ofstream map("/proc/self/uid_map");
    map << "7 1234 1";
    return static_cast<bool>(map.flush());
  });
  if (!child.ready()) {
    MESSAGE("skipped: no user namespace can be made here");
    return;
  }
  const auto facts = ProcessReader().read(child.id());
  REQUIRE(facts.has_value());
  CHECK(facts->uid == 1234);
  CHECK(facts->insideUid == 7);
  CHECK(facts->userNamespace != inodeOf("/proc/self/ns/user"));
}

TEST_CASE("live: every process of this machine") {
  const ProcessReader reader;
  size_t read = 0, gone = 0;
  std::vector<uint32_t> all = reader.list();
  REQUIRE(!all.empty());
  if (all.size() > 2000) all.resize(2000);
  for (const uint32_t pid : all) {
    const auto facts = reader.read(pid);
    if (!facts) {
      ++gone;
      continue;
    }
    ++read;
    CHECK(facts->key.tgid == pid);
    CHECK(facts->parent.startTicks <= facts->key.startTicks);
    CHECK(commandLineOf(facts->arguments, true).size() <= 4096);
  }
  MESSAGE(read << " processes read, " << gone << " ended before");
  CHECK(read > 0);
}
