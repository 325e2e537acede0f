// Tells the service manager how we are: one datagram to its socket (sd_notify(3)). Node.js has no Unix datagram sockets.
#pragma once

#include <string_view>

namespace weir {

// socket: NOTIFY_SOCKET, a path or an abstract name that begins with '@'. Never blocks; "" or errno's name.
const char* notifyServiceManager(std::string_view socket, std::string_view message);

}  // namespace weir
