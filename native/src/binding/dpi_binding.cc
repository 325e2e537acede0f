#include "binding/dpi_binding.h"

#include "fields/application_names.h"

namespace weir::binding {
namespace {

// dpi()
Napi::Value availability(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return guarded(env, [&]() -> Napi::Value {
    const DpiAvailability found = dpiAvailability();
    Napi::Object result = Napi::Object::New(env);
    result.Set("available", Napi::Boolean::New(env, found.available));
    result.Set("version", found.version);
    result.Set("reason", found.reason);
    return result;
  });
}

const std::string& nameOf(const std::vector<std::string>& names, size_t number) {
  static const std::string kNone;
  return number < names.size() ? names[number] : kNone;
}

// Names come from a detection module; where no Meter has made one yet, one is made and thrown away.
std::shared_ptr<const ApplicationNames> namesNow() {
  if (applicationNames()->applications.empty() && dpiAvailability().available) {
    DpiOptions plain;
    plain.needs = needsLabel;
    (void)DpiEngine(plain);
  }
  return applicationNames();
}

// applications()
Napi::Value applications(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return guarded(env, [&]() -> Napi::Value {
    const std::shared_ptr<const ApplicationNames> names = namesNow();
    Napi::Array list = Napi::Array::New(env);
    for (size_t number = 0; number < names->applications.size(); number++) {
      const ApplicationName& application = names->applications[number];
      if (application.name.empty()) continue;
      Napi::Object entry = Napi::Object::New(env);
      entry.Set("selector", binding::number(env, number));
      entry.Set("name", application.name);
      entry.Set("category", nameOf(names->categories, application.category));
      entry.Set("breed", nameOf(names->breeds, application.breed));
      list.Set(list.Length(), entry);
    }
    return list;
  });
}

// checkDpi(options): an engine is made of them and thrown away.
void checkDpi(const Napi::CallbackInfo& info) {
  guarded(info.Env(), [&] {
    std::optional<DpiOptions> options = dpiOptionsOf(info[0]);
    if (!options) return;
    options->needs = needsLabel;
    (void)DpiEngine(*options);
  });
}

}  // namespace

std::optional<DpiOptions> dpiOptionsOf(const Napi::Value& value) {
  if (!value.IsObject()) return std::nullopt;
  const auto from = value.As<Napi::Object>();
  DpiOptions options;
  options.tcpPackets = static_cast<uint16_t>(u32Of(from, "tcpPackets"));
  options.udpPackets = static_cast<uint16_t>(u32Of(from, "udpPackets"));
  options.states = u32Of(from, "states");
  options.protocolsFile = textOf(from, "protocolsFile");
  const auto files = from.Get("categoryFiles").As<Napi::Array>();
  for (uint32_t i = 0; i < files.Length(); i++) {
    options.categoryFiles.push_back(files.Get(i).As<Napi::String>().Utf8Value());
  }
  options.filter = textOf(from, "filter");
  options.privacy.hideUrls = flagOf(from, "hideUrls");
  options.privacy.hideDnsNames = flagOf(from, "hideDnsNames");
  options.privacy.hideUserAgents = flagOf(from, "hideUserAgents");
  options.privacy.serverNameKey = textOf(from, "serverNameKey");
  return options;
}

void defineDpi(Napi::Env env, Napi::Object exports) {
  exports.Set("dpi", Napi::Function::New(env, availability, "dpi"));
  exports.Set("checkDpi", Napi::Function::New(env, checkDpi, "checkDpi"));
  exports.Set("applications", Napi::Function::New(env, applications, "applications"));
}

}  // namespace weir::binding
