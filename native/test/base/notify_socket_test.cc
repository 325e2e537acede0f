#include "base/notify_socket.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <filesystem>
#include <string>

#include "base/descriptor.h"

using namespace weir;

// A service manager's end, bound to a path or (with a leading zero) an abstract name.
static Descriptor listener(const std::string& name) {
  Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, name.data(), name.size());
  const size_t length = offsetof(sockaddr_un, sun_path) + name.size() + (name[0] == '\0' ? 0 : 1);
  REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), static_cast<socklen_t>(length)) == 0);
  return socket;
}

static std::string received(const Descriptor& socket) {
  char text[256];
  const ssize_t size = ::recv(socket.get(), text, sizeof text, 0);
  return size < 0 ? "nothing" : std::string(text, static_cast<size_t>(size));
}

static std::string told(const std::string& socket, const std::string& message) {
  return notifyServiceManager(socket, message);
}

static std::string uniqueName(const char* part) { return "weir-notify-" + std::string(part) + std::to_string(getpid()); }

TEST_CASE("notify socket: a path") {
  const std::filesystem::path path = std::filesystem::temp_directory_path() / uniqueName("path");
  {
    const Descriptor manager = listener(path.string());
    CHECK(told(path.string(), "READY=1\nSTATUS=metering lo\n") == "");
    CHECK(received(manager) == "READY=1\nSTATUS=metering lo\n");
    CHECK(received(manager) == "nothing");
  }
  CHECK(told(path.string(), "READY=1") == "ECONNREFUSED");
  std::filesystem::remove(path);
  CHECK(told(path.string(), "READY=1") == "ENOENT");
}

TEST_CASE("notify socket: an abstract name") {
  const std::string name = uniqueName("abstract");
  const Descriptor manager = listener(std::string(1, '\0') + name);
  CHECK(told("@" + name, "WATCHDOG=1") == "");
  CHECK(received(manager) == "WATCHDOG=1");
}

TEST_CASE("notify socket: names that fill the address, and those that do not fit") {
  const std::string name = uniqueName("long");
  const std::string longest = name + std::string(sizeof(sockaddr_un::sun_path) - 1 - name.size(), 'x');
  const Descriptor manager = listener(std::string(1, '\0') + longest);
  CHECK(told("@" + longest, "A=1") == "");
  CHECK(received(manager) == "A=1");
  CHECK(told("@" + longest + "x", "A=1") == "ENAMETOOLONG");
  CHECK(told("/" + std::string(sizeof(sockaddr_un::sun_path) - 1, 'x'), "A=1") == "ENAMETOOLONG");
}

TEST_CASE("notify socket: other addresses are refused") {
  CHECK(told("", "READY=1") == "EAFNOSUPPORT");
  CHECK(told("vsock:2:1234", "READY=1") == "EAFNOSUPPORT");
  CHECK(told("relative/path", "READY=1") == "EAFNOSUPPORT");
}

TEST_CASE("notify socket: a full queue does not hold us up") {
  const std::string name = uniqueName("full");
  const Descriptor manager = listener(std::string(1, '\0') + name);
  std::string answer;
  for (int i = 0; i < 100'000 && answer.empty(); i++) answer = told("@" + name, "WATCHDOG=1");
  CHECK(answer == "EAGAIN");
  CHECK(received(manager) == "WATCHDOG=1");
}
