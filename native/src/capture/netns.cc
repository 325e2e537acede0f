#include "capture/netns.h"

#include <fcntl.h>
#include <sched.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string_view>

#include "base/error.h"

namespace weir {
namespace {

bool startsWith(std::string_view text, std::string_view start) { return text.substr(0, start.size()) == start; }

bool isNumber(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::string netnsPath(const std::string& name) {
  if (name.empty() || name[0] == '/') return name;
  const std::string_view text = std::string_view(name).substr(name[0] == '@' ? 1 : 0);
  if (startsWith(text, "netns:")) {
    const std::string_view given = text.substr(6);
    if (!given.empty() && given != "." && given != ".." && given.find('/') == std::string_view::npos) {
      return "/run/netns/" + std::string(given);
    }
  }
  if (startsWith(text, "pid:") && isNumber(text.substr(4))) return "/proc/" + std::string(text.substr(4)) + "/ns/net";
  throw Error("WEIR_NETNS", "network namespace '" + name + "' is not of the form @netns:NAME or @pid:NUMBER");
}

NetnsScope::NetnsScope(const std::string& path) {
  if (path.empty()) return;
  Descriptor there(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!there) throw Error("WEIR_NETNS", "cannot open network namespace " + path + ": " + std::strerror(errno));
  Descriptor home(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!home) throw Error("WEIR_NETNS", std::string("cannot open the own network namespace: ") + std::strerror(errno));
  if (::setns(there.get(), CLONE_NEWNET) != 0) {
    const int reason = errno;
    throw Error("WEIR_NETNS", "cannot enter network namespace " + path + ": " + std::strerror(reason) +
                                  (reason == EPERM ? " (CAP_SYS_ADMIN is needed)" : ""));
  }
  home_ = std::move(home);
}

NetnsScope::~NetnsScope() {
  if (!home_) return;
  if (::setns(home_.get(), CLONE_NEWNET) != 0) {
    std::fprintf(stderr, "weir: cannot leave the network namespace again: %s\n", std::strerror(errno));
    std::terminate();
  }
}

}  // namespace weir
