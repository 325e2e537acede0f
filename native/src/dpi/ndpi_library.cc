#ifdef WEIR_HAVE_NDPI

#include "dpi/ndpi_library.h"

#include <dlfcn.h>

#include <string>

#include "base/error.h"
#include "dpi/dpi.h"

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
  if (address == nullptr) throw Error("WEIR_DPI_LIBRARY", std::string(ndpi::kSoname) + " has no " + name);
  function = reinterpret_cast<Function>(address);
}

// The layout of a flow is compiled in: another build of the library would write beside it.
void compare(const NdpiLibrary& library) {
  const std::string loaded = library.revision();
  const std::string wanted = ndpi::kRelease;
  if (loaded.compare(0, wanted.size(), wanted) != 0) {
    throw Error("WEIR_DPI_LIBRARY", std::string(ndpi::kSoname) + " says it is nDPI " + loaded +
                                        ", weir was built with the headers of " + wanted);
  }
  const uint32_t octets = library.detection_get_sizeof_ndpi_flow_struct();
  if (octets != sizeof(ndpi::Flow)) {
    throw Error("WEIR_DPI_LIBRARY", "nDPI " + loaded + " was built otherwise than its headers say: a flow has " +
                                        std::to_string(octets) + " octets there and " +
                                        std::to_string(sizeof(ndpi::Flow)) + " here");
  }
}

NdpiLibrary load() {
  void* const handle = dlopen(ndpi::kSoname, RTLD_NOW | RTLD_LOCAL | WEIR_NDPI_DEEPBIND);
  if (handle == nullptr) throw Error("WEIR_DPI_LIBRARY", std::string("libndpi does not load: ") + dlerror());
  NdpiLibrary library;
#define WEIR_NDPI_RESOLVE(name) resolve(handle, "ndpi_" #name, library.name);
  WEIR_NDPI_FUNCTIONS(WEIR_NDPI_RESOLVE)
#undef WEIR_NDPI_RESOLVE
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
