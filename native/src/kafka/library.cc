#include <string>

#include "base/error.h"
#include "kafka/availability.h"

#ifdef WEIR_HAVE_LIBRDKAFKA

#include <dlfcn.h>

#include "kafka/library.h"

namespace weir {
namespace {

constexpr const char* kName = "librdkafka.so.1";

// Node exports its own OpenSSL, and a library loaded into it would bind to that by default. DEEPBIND makes librdkafka and
// what it pulls in (libssl, libcrypto) look into themselves first. The sanitizers' runtimes refuse the flag.
#if defined(__SANITIZE_ADDRESS__)
#define WEIR_KAFKA_DEEPBIND 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WEIR_KAFKA_DEEPBIND 0
#endif
#endif
#ifndef WEIR_KAFKA_DEEPBIND
#define WEIR_KAFKA_DEEPBIND RTLD_DEEPBIND
#endif

template <class Function>
void resolve(void* handle, const char* name, Function& function) {
  void* const address = dlsym(handle, name);
  if (address == nullptr) throw Error("WEIR_KAFKA_LIBRARY", std::string(kName) + " is too old: it has no " + name);
  function = reinterpret_cast<Function>(address);
}

KafkaLibrary load() {
  void* const handle = dlopen(kName, RTLD_NOW | RTLD_LOCAL | WEIR_KAFKA_DEEPBIND);
  if (handle == nullptr) throw Error("WEIR_KAFKA_LIBRARY", std::string("librdkafka does not load: ") + dlerror());
  KafkaLibrary library;
#define WEIR_KAFKA_RESOLVE(name) resolve(handle, "rd_kafka_" #name, library.name##_);
  WEIR_KAFKA_FUNCTIONS(WEIR_KAFKA_RESOLVE)
#undef WEIR_KAFKA_RESOLVE
  return library;
}

}  // namespace

const KafkaLibrary& kafkaLibrary() {
  static const KafkaLibrary library = load();  // after a failure the next call tries again
  return library;
}

KafkaAvailability kafkaAvailability() {
  try {
    return {true, kafkaLibrary().version_str_(), ""};
  } catch (const Error& error) {
    return {false, "", error.what()};
  }
}

}  // namespace weir

#else

namespace weir {

KafkaAvailability kafkaAvailability() {
  return {false, "", "the addon was built without the headers of librdkafka (package librdkafka-dev)"};
}

}  // namespace weir

#endif
