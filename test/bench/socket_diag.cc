// One pass of tier T0 over this host and N TCP sockets of its own: bench_socket_diag [N] [runs].
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "attribution/socket_diag.h"
#include "base/descriptor.h"

namespace {

class Counter : public weir::EventHandler {
 public:
  void onEvent(const weir_event&, weir::EventOrigin) override { events++; }
  size_t events = 0;
};

// Connections over loopback, both ends here.
std::vector<weir::Descriptor> connections(size_t sockets) {
  std::vector<weir::Descriptor> open;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const weir::Descriptor listener(::socket(AF_INET, SOCK_STREAM, 0));
  ::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size);
  ::listen(listener.get(), 128);
  ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size);
  while (open.size() < sockets) {
    weir::Descriptor client(::socket(AF_INET, SOCK_STREAM, 0));
    if (::connect(client.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) break;
    weir::Descriptor server(::accept(listener.get(), nullptr, nullptr));
    if (!server) break;
    open.push_back(std::move(client));
    open.push_back(std::move(server));
  }
  return open;
}

}  // namespace

int main(int argc, char** argv) {
  const size_t wanted = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 16000;
  const int runs = argc > 2 ? std::atoi(argv[2]) : 9;
  rlimit limit;
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const auto open = connections(wanted);
  weir::SocketDiag diag;
  std::vector<double> times;
  weir::DiagResult result;
  for (int i = 0; i < runs; i++) {
    Counter counter;
    const auto start = std::chrono::steady_clock::now();
    result = diag.dump(counter);
    times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  std::sort(times.begin(), times.end());
  std::printf("%zu sockets opened: %zu found, %zu owned, %zu namespaces; pass: median %.1f ms, best %.1f ms, of %d; %s\n", open.size(),
              result.sockets, result.owned, result.namespaces, times[times.size() / 2], times[0], runs,
              result.trouble.empty() ? "no trouble" : result.trouble.c_str());
}
