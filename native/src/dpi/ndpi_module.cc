#ifdef WEIR_HAVE_NDPI

#include "dpi/ndpi_module.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <mutex>

#include "base/error.h"
#include "dpi/ndpi_library.h"

namespace weir {
namespace {

constexpr uint64_t kNsPerMs = 1'000'000;

// nDPI wants paths; the texts were read and judged before, so it gets them and not the files.
class TextFile {
 public:
  explicit TextFile(const std::string& text) : descriptor_(memfd_create("weir-dpi", MFD_CLOEXEC)) {
    for (size_t done = 0; descriptor_ >= 0 && done < text.size();) {
      const ssize_t count = write(descriptor_, text.data() + done, text.size() - done);
      if (count <= 0) throw Error("WEIR_DPI_LIBRARY", std::string("no memory for nDPI's rules: ") + strerror(errno));
      done += static_cast<size_t>(count);
    }
  }
  ~TextFile() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  TextFile(const TextFile&) = delete;
  TextFile& operator=(const TextFile&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

std::string text(const char* name) { return name == nullptr ? std::string() : std::string(name); }

Label labelOf(const ndpi::Result& result) {
  return {ndpi::application(result), ndpi::master(result), static_cast<uint16_t>(result.category)};
}

ndpi::Result resultOf(const Label& label) {
  return ndpi::makeResult<ndpi::Result>(label.application, label.master, label.category);
}

bool isNamed(const ApplicationNames& names, const std::string& name) {
  return std::any_of(names.applications.begin(), names.applications.end(), [&](const ApplicationName& application) {
    return strcasecmp(application.name.c_str(), name.c_str()) == 0;
  });
}

}  // namespace

NdpiModule::NdpiModule(const RuleFiles& rules) {
  static std::mutex one;  // nDPI's initialization is not for threads
  const std::lock_guard lock(one);
  const NdpiLibrary& library = ndpiLibrary();
  module_ = ndpi::makeModule(library.init_detection_module);
  if (module_ == nullptr) throw Error("WEIR_DPI_LIBRARY", "nDPI makes no detection module: it has no memory");
  try {
    ndpi::chooseAllProtocols(library.set_protocol_detection_bitmask2, module_);
    load(rules);
    if (!ndpi::finalize(library.finalize_initialization, module_)) {
      throw Error("WEIR_DPI_LIBRARY", "nDPI does not finish its initialization");
    }
  } catch (...) {
    library.exit_detection_module(module_);
    throw;
  }
}

NdpiModule::~NdpiModule() { ndpiLibrary().exit_detection_module(module_); }

void NdpiModule::load(const RuleFiles& rules) {
  const NdpiLibrary& library = ndpiLibrary();
  if (!rules.protocols.empty()) {
    const TextFile file(rules.protocols);
    if (library.load_protocols_file(module_, file.path().c_str()) < 0) {
      throw Error("WEIR_DPI_FILE", "nDPI does not take the file of protocols");
    }
    const ApplicationNames known = names();
    for (const std::string& name : rules.protocolNames) {
      if (!isNamed(known, name)) {
        throw Error("WEIR_DPI_FILE", "nDPI has no room for the protocol '" + name + "': fewer custom protocols, please");
      }
    }
  }
  if (!rules.categories.empty()) {
    const TextFile file(rules.categories);
    if (ndpi::loadCategories(library.load_categories_file, module_, file.path().c_str()) < 0) {
      throw Error("WEIR_DPI_FILE", "nDPI does not take the lists of categories");
    }
  }
}

size_t NdpiModule::flowOctets() { return sizeof(ndpi::Flow); }

uint16_t NdpiModule::categories() { return NDPI_PROTOCOL_NUM_CATEGORIES; }

void NdpiModule::clear(ndpi_flow_struct* flow) {
  ndpiLibrary().free_flow_data(flow);
  std::memset(static_cast<void*>(flow), 0, sizeof *flow);
}

Label NdpiModule::process(ndpi_flow_struct* flow, std::span<const uint8_t> ip, uint64_t ns) {
  return labelOf(ndpi::process(ndpiLibrary().detection_process_packet, module_, flow, ip.data(),
                               static_cast<uint16_t>(ip.size()), ns / kNsPerMs));
}

Label NdpiModule::giveUp(ndpi_flow_struct* flow) {
  return labelOf(ndpi::giveUp(ndpiLibrary().detection_giveup, module_, flow));
}

bool NdpiModule::expectsMore(ndpi_flow_struct* flow) {
  return ndpi::expectsMore(ndpiLibrary().extra_dissection_possible, module_, flow);
}

bool NdpiModule::mayRename(const ndpi_flow_struct* flow, const Label& label) const {
  switch (label.master != 0 ? label.master : label.application) {
    case NDPI_PROTOCOL_TLS:
    case NDPI_PROTOCOL_DTLS:
    case NDPI_PROTOCOL_QUIC:
      return label.master == 0 || host(flow).empty();  // without a name the address was all there was
    case NDPI_PROTOCOL_DNS:
      return label.master == 0;
    default:
      return false;
  }
}

bool NdpiModule::isHttp(const Label& label) {
  return label.master == NDPI_PROTOCOL_HTTP || label.application == NDPI_PROTOCOL_HTTP;
}

void NdpiModule::describe(const ndpi_flow_struct* flow, const Label& label, FlowApplication& application) const {
  const NdpiLibrary& library = ndpiLibrary();
  const ndpi::Result result = resultOf(label);
  const bool masterAlone = label.application == 0;
  application.application = masterAlone ? label.master : label.application;
  application.master = masterAlone || label.master == label.application ? 0 : label.master;
  application.category = label.category;
  application.breed = static_cast<uint8_t>(library.get_proto_breed(module_, application.application));
  application.confidence = static_cast<uint8_t>(flow->confidence);
  if (ndpi::withNumbers(library.is_encrypted_proto, result, module_) != 0) application.flags |= kEncrypted;
  application.risks = flow->risk;
  uint16_t client = 0, server = 0;
  application.riskScore = flow->risk == 0 ? 0 : library.risk2score(flow->risk, &client, &server);
}

std::string_view NdpiModule::host(const ndpi_flow_struct* flow) const {
  return ndpi::view(flow->host_server_name);
}

ApplicationNames NdpiModule::names() const {
  const NdpiLibrary& library = ndpiLibrary();
  ApplicationNames names;
  const auto count = static_cast<uint16_t>(library.protocols(module_));
  for (uint16_t i = 0; i < count; i++) {
    const auto category = library.get_proto_category(module_, ndpi::makeResult<ndpi::Result>(i, 0, 0));
    names.applications.push_back({text(library.get_proto_name(module_, i)), static_cast<uint16_t>(category),
                                  static_cast<uint8_t>(library.get_proto_breed(module_, i))});
  }
  for (unsigned i = 0; i < NDPI_PROTOCOL_NUM_CATEGORIES; i++) {
    names.categories.push_back(text(library.category_get_name(module_, static_cast<ndpi_protocol_category_t>(i))));
  }
  for (unsigned i = 0; i <= NDPI_PROTOCOL_UNRATED; i++) {
    const auto breed = static_cast<ndpi_protocol_breed_t>(i);
    names.breeds.push_back(text(ndpi::breedName(library.get_proto_breed_name, module_, breed)));
  }
  for (unsigned i = 0; i < NDPI_CONFIDENCE_MAX; i++) {
    names.confidences.push_back(text(library.confidence_get_name(static_cast<ndpi_confidence_t>(i))));
  }
  for (unsigned i = 0; i < NDPI_MAX_RISK; i++) {
    names.risks.push_back(text(library.risk2str(static_cast<ndpi_risk_enum>(i))));
  }
  return names;
}

}  // namespace weir

#endif
