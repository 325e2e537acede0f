// What differs between nDPI 4.2 and the releases behind it, found out from the headers at hand: a dependent call that does not
// compile is false in a requires-expression, and the other branch is taken. Nothing outside this file asks for a version.
#pragma once

#include <ndpi_api.h>

#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace weir::ndpi {

using Module = ndpi_detection_module_struct;
using Flow = ndpi_flow_struct;
using Result = ndpi_protocol;

// The name under which this library is installed.
#define WEIR_NDPI_TEXT_(x) #x
#define WEIR_NDPI_TEXT(x) WEIR_NDPI_TEXT_(x)
inline constexpr const char* kRelease = WEIR_NDPI_TEXT(NDPI_MAJOR) "." WEIR_NDPI_TEXT(NDPI_MINOR);
inline constexpr const char* kSoname = "libndpi.so." WEIR_NDPI_TEXT(NDPI_MAJOR) "." WEIR_NDPI_TEXT(NDPI_MINOR);
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

// Releases before 5 look at nothing until the protocols are chosen.
template <class M>
concept HasProtocolMask = requires(M* module) {
  ndpi_set_protocol_detection_bitmask2(module, nullptr);
};

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

}  // namespace weir::ndpi
