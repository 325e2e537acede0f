// What differs between nDPI 4.2 and the releases behind it, found out from the headers at hand: a dependent call that does not
// compile is false in a requires-expression, and the other branch is taken. Nothing outside this file asks for a version.
#pragma once

#include <ndpi_api.h>
#include <netinet/in.h>

#include <concepts>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace weir::ndpi {

using Module = ndpi_detection_module_struct;
using Flow = ndpi_flow_struct;
using Result = ndpi_protocol;

// Names under which the library of these headers is installed: 4.2's carries both numbers, later ones the first.
#define WEIR_NDPI_TEXT_(x) #x
#define WEIR_NDPI_TEXT(x) WEIR_NDPI_TEXT_(x)
inline constexpr const char* kRelease = WEIR_NDPI_TEXT(NDPI_MAJOR) "." WEIR_NDPI_TEXT(NDPI_MINOR);
inline constexpr const char* kSonames[] = {"libndpi.so." WEIR_NDPI_TEXT(NDPI_MAJOR) "." WEIR_NDPI_TEXT(NDPI_MINOR),
                                           "libndpi.so." WEIR_NDPI_TEXT(NDPI_MAJOR)};
#undef WEIR_NDPI_TEXT
#undef WEIR_NDPI_TEXT_

// Numbers of a result: nested in `proto` behind 4.10.
template <class R>
constexpr uint16_t master(const R& result) {
  if constexpr (requires { result.proto.master_protocol; }) {
    return result.proto.master_protocol;
  } else {
    return result.master_protocol;
  }
}

template <class R>
constexpr uint16_t application(const R& result) {
  if constexpr (requires { result.proto.app_protocol; }) {
    return result.proto.app_protocol;
  } else {
    return result.app_protocol;
  }
}

template <class R>
R makeResult(uint16_t application, uint16_t master, uint16_t category) {
  R result{};
  if constexpr (requires { result.proto.app_protocol; }) {
    result.proto.app_protocol = application;
    result.proto.master_protocol = master;
  } else {
    result.app_protocol = application;
    result.master_protocol = master;
  }
  result.category = static_cast<decltype(result.category)>(category);
  return result;
}

// What some functions take instead of a result: the two numbers alone.
template <class Function, class R, class... Before>
auto withNumbers(Function function, const R& result, Before... before) {
  if constexpr (std::invocable<Function, Before..., R>) {
    return function(before..., result);
  } else {
    return function(before..., result.proto);
  }
}

// A module: 4.2 takes preferences, later releases a context that modules may share, or nothing.
template <class Function>
Module* makeModule(Function function) {
  if constexpr (std::invocable<Function, std::nullptr_t>) {
    return function(nullptr);
  } else if constexpr (std::invocable<Function, uint32_t>) {
    return function(0);
  } else {
    return function();
  }
}

// Behind 4.8 it may fail and says so.
template <class Function>
bool finalize(Function function, Module* module) {
  if constexpr (std::is_void_v<decltype(function(module))>) {
    function(module);
    return true;
  } else {
    return function(module) == 0;
  }
}

// Releases before 5 look at nothing until the protocols are chosen. choose: the library's function, null where it has none.
template <class M>
void chooseAllProtocols([[maybe_unused]] void* choose, [[maybe_unused]] M* module) {
#ifdef NDPI_BITMASK_SET_ALL
  if constexpr (requires { ndpi_set_protocol_detection_bitmask2(module, nullptr); }) {
    if (choose == nullptr) return;
    NDPI_PROTOCOL_BITMASK all;
    NDPI_BITMASK_SET_ALL(all);
    reinterpret_cast<void (*)(M*, const NDPI_PROTOCOL_BITMASK*)>(choose)(module, &all);
  }
#endif
}

// Whether packets behind the classification are of use; possible: the library's function, null behind 4.
inline bool expectsMore(uint8_t (*possible)(Module*, Flow*), Module* module, Flow* flow) {
  return possible != nullptr ? possible(module, flow) != 0 : flow->extra_packets_func != nullptr;
}

template <class Function>
const char* breedName(Function function, [[maybe_unused]] Module* module, ndpi_protocol_breed_t breed) {
  if constexpr (std::invocable<Function, Module*, ndpi_protocol_breed_t>) {
    return function(module, breed);
  } else {
    return function(breed);
  }
}

template <class Function>
Result process(Function function, Module* module, Flow* flow, const uint8_t* ip, uint16_t octets, uint64_t ms) {
  if constexpr (std::invocable<Function, Module*, Flow*, const unsigned char*, unsigned short, uint64_t>) {
    return function(module, flow, ip, octets, ms);
  } else {
    return function(module, flow, ip, octets, ms, nullptr);
  }
}

// With a guess by port and address where the packets did not tell.
template <class Function>
Result giveUp(Function function, Module* module, Flow* flow) {
  uint8_t guessed = 0;
  if constexpr (std::invocable<Function, Module*, Flow*, uint8_t, uint8_t*>) {
    return function(module, flow, 1, &guessed);
  } else if constexpr (std::invocable<Function, Module*, Flow*, uint8_t*>) {
    return function(module, flow, &guessed);
  } else {
    return function(module, flow);
  }
}

// Behind 4.2 a file of categories may carry a pointer of the caller's.
template <class Function>
int loadCategories(Function function, Module* module, const char* path) {
  if constexpr (std::invocable<Function, Module*, const char*>) {
    return function(module, path);
  } else {
    return function(module, path, nullptr);
  }
}

// Texts of a flow are arrays here and pointers there.
template <size_t Size>
std::string_view view(const char (&text)[Size]) {
  return {text, strnlen(text, Size)};
}

template <class Text>
  requires std::convertible_to<Text, const char*> && (!std::is_array_v<Text>)
std::string_view view(Text text) {
  return text == nullptr ? std::string_view() : std::string_view(text);
}

// What of TLS and QUIC a flow has.
template <class F>
const auto& tls(const F& flow) {
  if constexpr (requires { flow.protos.tls_quic.issuerDN; }) {
    return flow.protos.tls_quic;
  } else {
    return flow.tls_quic;
  }
}

// The host name is the hello's then.
template <class F>
bool sawHello(const F& flow) {
  if constexpr (requires { tls(flow).hello_processed; }) {
    return tls(flow).hello_processed != 0;
  } else {
    return tls(flow).client_hello_processed != 0;
  }
}

template <class F>
bool hasCertificateSha1(const F& flow) {
  if constexpr (requires { flow.l4.tcp.tls.fingerprint_set; }) {
    return flow.l4_proto == IPPROTO_TCP && flow.l4.tcp.tls.fingerprint_set != 0;
  } else if constexpr (requires { tls(flow).fingerprint_set; }) {
    return tls(flow).fingerprint_set != 0;
  } else {
    return false;
  }
}

template <class F>
std::string_view offeredAlpn(const F& flow) {
  if constexpr (requires { tls(flow).alpn; }) {
    return view(tls(flow).alpn);
  } else if constexpr (requires { tls(flow).advertised_alpns; }) {
    return view(tls(flow).advertised_alpns);
  } else {
    return {};
  }
}

// The operating system that a User-Agent names.
template <class F>
std::string_view operatingSystem(const F& flow) {
  if constexpr (requires { view(flow.http.detected_os); }) return view(flow.http.detected_os);
  return {};
}

template <class F>
std::string_view extraText(const F& flow) {
  if constexpr (requires { view(flow.flow_extra_info); }) return view(flow.flow_extra_info);
  return {};
}

template <class F>
std::string_view deviceVersion(const F& flow) {
  if constexpr (requires { view(flow.protos.ubntac2.version); }) return view(flow.protos.ubntac2.version);
  return {};
}

}  // namespace weir::ndpi
