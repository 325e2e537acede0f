#include "attribution/accounts.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>

#include "attribution/waiting_child.h"

using namespace weir;

namespace {

constexpr uint32_t kFree = 3'900'000'123;  // nobody has it
constexpr uint64_t kSecond = 1'000'000'000;

// A folder that a child has made its root.
class Container {
 public:
  explicit Container(const std::function<void(const std::string&)>& fill)
      : root_(filled(fill)), child_([this] { return ::chroot(root_.c_str()) == 0 && ::chdir("/") == 0; }) {}
  ~Container() {
    child_.end();
    std::filesystem::remove_all(root_);
  }
  bool ready() const { return child_.ready(); }
  uint32_t id() const { return child_.id(); }
  const std::string& root() const { return root_; }

 private:
  static std::string filled(const std::function<void(const std::string&)>& fill) {
    char name[] = "/tmp/weir-root-XXXXXX";
    const std::string root = ::mkdtemp(name);
    std::filesystem::create_directories(root + "/etc");
    fill(root);
    return root;
  }

  std::string root_;
  WaitingChild child_;
};

#define WEIR_CONTAINER(container, fill)               \
  Container container(fill);                          \
  if (!container.ready()) {                           \
    MESSAGE("skipped: chroot needs CAP_SYS_CHROOT");  \
    return;                                           \
  }

void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

std::string nameIn(const std::function<void(const std::string&)>& fill, uint32_t uid) {
  const Container container(fill);
  return container.ready() ? Accounts().insideUser("x", container.id(), uid) : "(no chroot)";
}

// From here on openat2 is not there, as on kernels before 5.6.
bool withoutOpenat2() {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog whole{4, program};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &whole) == 0;
}

}  // namespace

TEST_CASE("accounts: users and groups of the host") {
  Accounts accounts;
  for (const uint32_t id : {0u, 1u, 2u, 65534u}) {
    const passwd* user = ::getpwuid(id);
    CHECK(accounts.user(id) == (user == nullptr ? "" : user->pw_name));
    const group* group = ::getgrgid(id);
    CHECK(accounts.group(id) == (group == nullptr ? "" : group->gr_name));
  }
  CHECK(accounts.user(kFree).empty());
  CHECK(&accounts.user(kFree) == &accounts.user(kFree));  // what is not there is remembered as well
  CHECK(accounts.group(kFree).empty());
}

TEST_CASE("accounts: names inside a container, by its own passwd and group") {
  WEIR_CONTAINER(container, [](const std::string& root) {
    write(root + "/etc/passwd",
          "root:x:0:0::/:/bin/sh\n# comment:x:5:5\n\nbroken\n:x:9:9\nodd:x:abc:1\nweb:x:1000:1000:,,,:/srv:/bin/false\n"
          "second:x:1000:1000\nlast:x:4294967295:1");
    write(root + "/etc/group", "root:x:0:\nstaff:x:50:web,second\n");
  });
  Accounts accounts;
  CHECK(accounts.insideUser("c", container.id(), 0) == "root");
  CHECK(accounts.insideUser("c", container.id(), 1000) == "web");
  CHECK(accounts.insideUser("c", container.id(), UINT32_MAX) == "last");
  for (const uint32_t nobody : {5u, 9u, 77u}) CHECK(accounts.insideUser("c", container.id(), nobody).empty());
  CHECK(accounts.insideGroup("c", container.id(), 50) == "staff");
  CHECK(accounts.insideGroup("c", container.id(), 1000).empty());
}

TEST_CASE("accounts: in a container the host's names are those of the host") {
  WEIR_CONTAINER(host, [](const std::string& root) {
    write(root + "/etc/passwd", "root:x:0:0\noperator:x:1000:1000\n");
    write(root + "/etc/group", "root:x:0:\noperators:x:1000:\n");
  });
  Accounts accounts(host.id());
  CHECK(accounts.user(0) == "root");
  CHECK(accounts.user(1000) == "operator");
  CHECK(accounts.user(kFree).empty());
  CHECK(accounts.group(1000) == "operators");
  write(host.root() + "/etc/passwd", "renamed:x:1000:1000\n");
  accounts.forgetOlderThan(100 * kSecond);
  accounts.forgetOlderThan(160 * kSecond);
  CHECK(accounts.user(1000) == "renamed");
  Accounts here(static_cast<uint32_t>(::getpid()));
  CHECK(here.user(0) == ::getpwuid(0)->pw_name);
  CHECK(Accounts(UINT32_MAX).user(0) == ::getpwuid(0)->pw_name);
}

TEST_CASE("accounts: a container's passwd is remembered by the container, for a minute") {
  WEIR_CONTAINER(container, [](const std::string& root) { write(root + "/etc/passwd", "web:x:1000:1000\n"); });
  Accounts accounts;
  CHECK(accounts.insideUser("gone", UINT32_MAX, 1000).empty());
  CHECK(accounts.insideUser("gone", container.id(), 1000) == "web");  // a process that had ended did not count
  CHECK(accounts.insideUser("c", container.id(), 1000) == "web");
  write(container.root() + "/etc/passwd", "other:x:1000:1000\n");
  accounts.forgetOlderThan(100 * kSecond);
  accounts.forgetOlderThan(159 * kSecond);
  CHECK(accounts.insideUser("c", UINT32_MAX, 1000) == "web");
  accounts.forgetOlderThan(160 * kSecond);
  CHECK(accounts.insideUser("c", container.id(), 1000) == "other");
}

TEST_CASE("accounts: nothing outside of the container is read") {
  if (nameIn([](const std::string&) {}, 0) == "(no chroot)") {
    MESSAGE("skipped: chroot needs CAP_SYS_CHROOT");
    return;
  }
  char outside[] = "/tmp/weir-passwd-XXXXXX";
  REQUIRE(::close(::mkstemp(outside)) == 0);
  write(outside, "outside:x:1000:1000\n");
  const auto linkTo = [](std::string target) {
    return [target = std::move(target)](const std::string& root) {
      std::filesystem::create_symlink(target, root + "/etc/passwd");
    };
  };
  CHECK(nameIn([](const std::string&) {}, 1000).empty());
  CHECK(nameIn(linkTo(outside), 1000).empty());
  CHECK(nameIn(linkTo(std::string("../../../../../..") + outside), 1000).empty());
  CHECK(nameIn(linkTo("/proc/1/root/etc/passwd"), 0).empty());
  CHECK(nameIn([](const std::string& root) { ::mkfifo((root + "/etc/passwd").c_str(), 0666); }, 1000).empty());
  CHECK(nameIn([](const std::string& root) { std::filesystem::create_directories(root + "/etc/passwd"); }, 1000).empty());
  // a link that stays inside is followed, as on NixOS
  CHECK(nameIn([](const std::string& root) {
          std::filesystem::create_directories(root + "/etc/static");
          write(root + "/etc/static/passwd", "inside:x:1000:1000\n");
          std::filesystem::create_symlink("/etc/static/passwd", root + "/etc/passwd");
        }, 1000) == "inside");
  std::filesystem::remove(outside);
}

TEST_CASE("accounts: a passwd file without end is read to its first megabyte") {
  const auto fill = [](const std::string& root) {
    std::ofstream file(root + "/etc/passwd");
    file << "web:x:1000:1000\n";
    for (int i = 0; i < 40000; ++i) file << "user" << 10000 + i << ":x:" << 10000 + i << ":1:a name of some length:/:\n";
    file << "end:x:7:7\n";
  };
  WEIR_CONTAINER(container, fill);
  Accounts accounts;
  CHECK(accounts.insideUser("c", container.id(), 1000) == "web");
  CHECK(accounts.insideUser("c", container.id(), 7).empty());
}

TEST_CASE("accounts: without openat2 no link is followed at all") {
  WEIR_CONTAINER(plain, [](const std::string& root) { write(root + "/etc/passwd", "web:x:1000:1000\n"); });
  WEIR_CONTAINER(linked, [](const std::string& root) {
    write(root + "/etc/real", "web:x:1000:1000\n");
    std::filesystem::create_symlink("real", root + "/etc/passwd");
  });
  const pid_t child = ::fork();
  if (child == 0) {
    if (!withoutOpenat2()) ::_exit(77);
    Accounts accounts;
    const bool right = accounts.insideUser("a", plain.id(), 1000) == "web" &&
                       accounts.insideUser("b", linked.id(), 1000).empty();
    ::_exit(right ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  if (WEXITSTATUS(status) == 77) {
    MESSAGE("skipped: no seccomp here");
    return;
  }
  CHECK(WEXITSTATUS(status) == 0);
}
