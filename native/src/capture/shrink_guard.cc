#include "capture/shrink_guard.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <mutex>

namespace weir {

namespace {

// Places are never freed, so that the signal handler may walk over them at any time.
std::atomic<ShrinkGuard::Place*> places{nullptr};
struct sigaction before;
uintptr_t pageSize = 4096;

// Another mapping's fault is none of ours: it is raised again under the handler of before.
void onBus(int, siginfo_t* info, void*) {
  const int kept = errno;
  const auto address = reinterpret_cast<uintptr_t>(info->si_addr);
  for (ShrinkGuard::Place* place = places.load(); place != nullptr; place = place->next) {
    const uintptr_t end = place->end.load();
    if (address < place->begin.load() || address >= end) continue;
    const uintptr_t page = address & ~(pageSize - 1);
    void* const zeros = ::mmap(reinterpret_cast<void*>(page), end - page, PROT_READ,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (zeros == MAP_FAILED) break;
    place->struck.store(true);
    errno = kept;
    return;
  }
  ::sigaction(SIGBUS, &before, nullptr);
  errno = kept;
}

void install() {
  static std::once_flag once;
  std::call_once(once, [] {
    pageSize = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
    struct sigaction action = {};
    action.sa_sigaction = onBus;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGBUS, &action, &before);
  });
}

ShrinkGuard::Place* takePlace() {
  for (ShrinkGuard::Place* place = places.load(); place != nullptr; place = place->next) {
    if (!place->taken.exchange(true)) return place;
  }
  auto* const made = new ShrinkGuard::Place;
  made->taken.store(true);
  made->next = places.load();
  while (!places.compare_exchange_weak(made->next, made)) {
  }
  return made;
}

}  // namespace

ShrinkGuard::ShrinkGuard() : place_(takePlace()) {
  install();
  place_->struck.store(false);
}

ShrinkGuard::~ShrinkGuard() {
  watch(nullptr, 0);
  place_->taken.store(false);
}

void ShrinkGuard::watch(const void* mapping, size_t length) {
  const auto begin = reinterpret_cast<uintptr_t>(mapping);
  place_->end.store(0);
  place_->begin.store(begin);
  place_->end.store(begin + length);
}

}  // namespace weir
