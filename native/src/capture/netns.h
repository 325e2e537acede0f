// Network namespaces: names for them, and a stay in one.
#pragma once

#include <string>

#include "base/descriptor.h"

namespace weir {

// '@netns:NAME' -> /run/netns/NAME, '@pid:N' -> /proc/N/ns/net, '' -> '' (the own namespace), a path starting with
// '/' unchanged. The leading '@' may be missing. Throws Error WEIR_NETNS for anything else.
std::string netnsPath(const std::string& name);

// The calling thread is in the namespace for the lifetime of this object; an empty path changes nothing. Sockets stay
// in the namespace they were opened in, so the stay lasts only while opening. Needs CAP_SYS_ADMIN. Throws Error
// WEIR_NETNS and leaves the thread where it was. Destroyed on the same thread; a thread that cannot go back ends the
// process, as everything it opened later would be in the wrong place.
class NetnsScope {
 public:
  explicit NetnsScope(const std::string& path);
  ~NetnsScope();
  NetnsScope(const NetnsScope&) = delete;
  NetnsScope& operator=(const NetnsScope&) = delete;

 private:
  Descriptor home_;  // closed when nothing was changed
};

}  // namespace weir
