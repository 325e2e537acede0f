#ifdef WEIR_HAVE_NDPI

#include "dpi/ndpi_library.h"

#include <dlfcn.h>

#include <string>

#include "base/error.h"
#include "dpi/dpi.h"
#include "dpi/quiet_library.h"

namespace weir {
namespace {

// libndpi exports names such as SHA1Init that Node or others may export too: DEEPBIND makes it look into itself first.
// The sanitizers' runtimes refuse the flag.
#if defined(__SANITIZE_ADDRESS__)
#define WEIR_NDPI_DEEPBIND 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WEIR_NDPI_DEEPBIND 0
#endif
#endif
#ifndef WEIR_NDPI_DEEPBIND
#define WEIR_NDPI_DEEPBIND RTLD_DEEPBIND
#endif

template <class Function>
void resolve(void* handle, const char* name, Function& function) {
  void* const address = dlsym(handle, name);
  if (address == nullptr) throw Error("WEIR_DPI_LIBRARY", std::string("libndpi has no ") + name);
  function = reinterpret_cast<Function>(address);
}

// The layout of a flow is compiled in: another build of the library would write beside it.
void compare(const NdpiLibrary& library) {
  const std::string loaded = library.revision();
  const std::string wanted = ndpi::kRelease;
  const bool same = loaded.starts_with(wanted) && (loaded.size() == wanted.size() || loaded[wanted.size()] == '.');
  if (!same) {
    throw Error("WEIR_DPI_LIBRARY",
                "the libndpi of this host is " + loaded + ", weir was built with the headers of " + wanted);
  }
  const uint32_t octets = library.detection_get_sizeof_ndpi_flow_struct();
  if (octets != sizeof(ndpi::Flow)) {
    throw Error("WEIR_DPI_LIBRARY", "nDPI " + loaded + " was built otherwise than its headers say: a flow has " +
                                        std::to_string(octets) + " octets there and " +
                                        std::to_string(sizeof(ndpi::Flow)) + " here");
  }
}

void* open() {
  std::string reasons;
  for (const char* name : ndpi::kSonames) {
    void* const handle = dlopen(name, RTLD_NOW | RTLD_LOCAL | WEIR_NDPI_DEEPBIND);
    if (handle != nullptr) return handle;
    if (reasons.empty()) reasons = dlerror();
  }
  throw Error("WEIR_DPI_LIBRARY", "libndpi does not load: " + reasons);
}

NdpiLibrary load() {
  void* const handle = open();
  silenceStandardOutput(handle);
  NdpiLibrary library;
#define WEIR_NDPI_RESOLVE(name) resolve(handle, "ndpi_" #name, library.name);
  WEIR_NDPI_FUNCTIONS(WEIR_NDPI_RESOLVE)
#undef WEIR_NDPI_RESOLVE
  const bool renamed = dlsym(handle, "ndpi_get_num_supported_protocols") == nullptr;
  resolve(handle, renamed ? "ndpi_get_num_protocols" : "ndpi_get_num_supported_protocols", library.protocols);
  library.extra_dissection_possible = reinterpret_cast<decltype(library.extra_dissection_possible)>(
      dlsym(handle, "ndpi_extra_dissection_possible"));
  library.set_protocol_detection_bitmask2 = dlsym(handle, "ndpi_set_protocol_detection_bitmask2");
  compare(library);
  return library;
}

}  // namespace

const NdpiLibrary& ndpiLibrary() {
  static const NdpiLibrary library = load();  // after a failure the next call tries again
  return library;
}

DpiAvailability dpiAvailability() {
  try {
    return {true, ndpiLibrary().revision(), ""};
  } catch (const Error& error) {
    return {false, "", error.what()};
  }
}

}  // namespace weir

#endif
