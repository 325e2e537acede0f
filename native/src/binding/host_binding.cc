// Questions about this host, and giving up privileges.
#include <gcrypt.h>
#include <pcap/pcap.h>
#include <zlib.h>

#include <cstdio>

#include "base/notify_socket.h"
#include "binding/binding.h"
#include "capture/capabilities.h"
#include "capture/interface_peers.h"
#include "capture/interfaces.h"
#include "capture/user_filter.h"

namespace weir::binding {

namespace {

std::string macText(const std::array<uint8_t, 6>& mac) {
  char text[18];
  std::snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
  return text;
}

// checkFilter(expression, linkType, snapLength)
void checkFilterCall(const Napi::CallbackInfo& info) {
  guarded(info.Env(), [&] {
    checkFilter(info[0].As<Napi::String>().Utf8Value(), info[1].As<Napi::Number>().Int32Value(),
                info[2].As<Napi::Number>().Uint32Value());
  });
}

// interfaces(netns)
Napi::Value interfacesCall(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return guarded(env, [&]() -> Napi::Value {
    Napi::Array list = Napi::Array::New(env);
    const std::string netns = info[0].As<Napi::String>().Utf8Value();
    const std::vector<InterfaceInfo> interfaces = listInterfaces(netns);
    const std::map<uint32_t, uint32_t> peers = peerNamespaces(interfaces, netns);
    for (const InterfaceInfo& interface : interfaces) {
      const auto peer = peers.find(interface.index);
      Napi::Object entry = Napi::Object::New(env);
      entry.Set("index", number(env, interface.index));
      entry.Set("peerIndex", number(env, interface.peerIndex));
      entry.Set("peerNetns", number(env, peer == peers.end() ? 0 : peer->second));
      entry.Set("name", interface.name);
      entry.Set("mac", macText(interface.mac));
      entry.Set("up", Napi::Boolean::New(env, interface.up));
      entry.Set("linkType", number(env, interface.arphrd));
      entry.Set("mtu", number(env, interface.mtu));
      list.Set(list.Length(), entry);
    }
    return list;
  });
}

Napi::Value probeCall(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return guarded(env, [&]() -> Napi::Value {
    const CaptureProbe probe = probeCapture();
    Napi::Object result = Napi::Object::New(env);
    result.Set("packetSocket", probe.packetSocket);
    result.Set("tpacketV3", probe.ring);
    result.Set("vnetHeader", probe.vnetHeader);
    result.Set("fanoutBpf", probe.fanoutProgram);
    result.Set("setns", probe.namespaces);
    return result;
  });
}

// dropPrivileges(uid, gid, capabilities)
void dropPrivilegesCall(const Napi::CallbackInfo& info) {
  guarded(info.Env(), [&] {
    const auto list = info[2].As<Napi::Array>();
    std::vector<std::string> capabilities;
    for (uint32_t i = 0; i < list.Length(); i++) capabilities.push_back(list.Get(i).As<Napi::String>().Utf8Value());
    dropPrivileges(info[0].As<Napi::Number>().Uint32Value(), info[1].As<Napi::Number>().Uint32Value(), capabilities);
  });
}

Napi::Value capabilitiesCall(const Napi::CallbackInfo& info) {
  Napi::Array list = Napi::Array::New(info.Env());
  for (const std::string& name : effectiveCapabilities()) list.Set(list.Length(), name);
  return list;
}

// notifyServiceManager(socket, message)
Napi::Value notifyServiceManagerCall(const Napi::CallbackInfo& info) {
  const std::string socket = info[0].As<Napi::String>().Utf8Value();
  return Napi::String::New(info.Env(), notifyServiceManager(socket, info[1].As<Napi::String>().Utf8Value()));
}

}  // namespace

void defineHost(Napi::Env env, Napi::Object exports) {
  Napi::Object versions = Napi::Object::New(env);
  versions.Set("libpcap", pcap_lib_version());
  versions.Set("zlib", zlibVersion());
  versions.Set("libgcrypt", gcry_check_version(nullptr));
  exports.Set("versions", versions);
  exports.Set("checkFilter", Napi::Function::New(env, checkFilterCall, "checkFilter"));
  exports.Set("interfaces", Napi::Function::New(env, interfacesCall, "interfaces"));
  exports.Set("probe", Napi::Function::New(env, probeCall, "probe"));
  exports.Set("dropPrivileges", Napi::Function::New(env, dropPrivilegesCall, "dropPrivileges"));
  exports.Set("capabilities", Napi::Function::New(env, capabilitiesCall, "capabilities"));
  exports.Set("notifyServiceManager", Napi::Function::New(env, notifyServiceManagerCall, "notifyServiceManager"));
}

}  // namespace weir::binding
