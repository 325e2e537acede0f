// What the binding files share. Only this folder includes <napi.h>.
#pragma once

#include <napi.h>

#include <algorithm>
#include <exception>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace weir::binding {

// Runs body; a weir::Error becomes a JavaScript Error with `code`, everything else WEIR_INTERNAL.
template <class Body>
auto guarded(Napi::Env env, Body&& body) -> decltype(body()) {
  const auto rethrow = [env](const char* code, const char* message) {
    Napi::Error error = Napi::Error::New(env, message);
    error.Set("code", Napi::String::New(env, code));
    throw error;
  };
  try {
    return body();
  } catch (const Napi::Error&) {
    throw;
  } catch (const Error& error) {
    rethrow(error.code().c_str(), error.what());
  } catch (const std::exception& error) {
    rethrow("WEIR_INTERNAL", error.what());
  }
  __builtin_unreachable();
}

inline std::string textOf(const Napi::Object& object, const char* key) {
  return object.Get(key).As<Napi::String>().Utf8Value();
}
inline uint32_t u32Of(const Napi::Object& object, const char* key) {
  return object.Get(key).As<Napi::Number>().Uint32Value();
}
inline double numberOf(const Napi::Object& object, const char* key) {
  return object.Get(key).As<Napi::Number>().DoubleValue();
}
// Of milliseconds.
inline uint64_t nsOf(const Napi::Value& ms) {
  return static_cast<uint64_t>(ms.As<Napi::Number>().DoubleValue() * 1e6);
}
inline uint64_t nsOf(const Napi::Object& object, const char* key) { return nsOf(object.Get(key)); }
inline bool flagOf(const Napi::Object& object, const char* key) { return object.Get(key).As<Napi::Boolean>().Value(); }
inline Napi::Number number(Napi::Env env, uint64_t value) { return Napi::Number::New(env, static_cast<double>(value)); }

inline Napi::Array listOf(Napi::Env env, const std::vector<std::string>& texts) {
  Napi::Array list = Napi::Array::New(env, texts.size());
  for (size_t i = 0; i < texts.size(); i++) list.Set(static_cast<uint32_t>(i), texts[i]);
  return list;
}

// Octets of a Uint8Array or Buffer argument, borrowed for this call.
struct Bytes {
  uint8_t* data;
  size_t size;
};
inline Bytes bytesOf(const Napi::Value& value) {
  auto array = value.As<Napi::Uint8Array>();
  return {array.Data(), array.ByteLength()};
}

// The enumerator at the place of `text` among the names.
template <typename Enum>
Enum choiceOf(const std::string& text, std::initializer_list<std::string_view> names) {
  const auto* const found = std::find(names.begin(), names.end(), text);
  if (found == names.end()) throw Error("WEIR_INTERNAL", "unknown setting '" + text + "'");
  return static_cast<Enum>(found - names.begin());
}

Napi::Function defineMeter(Napi::Env env);
void defineAttribution(Napi::Env env, Napi::Object exports);
Napi::Function defineEncoder(Napi::Env env);
Napi::Function defineOptionsEncoder(Napi::Env env);
Napi::Function defineUdpSender(Napi::Env env);
Napi::Function defineSctpSender(Napi::Env env);
void defineKafka(Napi::Env env, Napi::Object exports);
void defineDpi(Napi::Env env, Napi::Object exports);
void defineHost(Napi::Env env, Napi::Object exports);

}  // namespace weir::binding
