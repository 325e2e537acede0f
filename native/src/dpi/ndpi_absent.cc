// Builds without the headers of libndpi.
#ifndef WEIR_HAVE_NDPI

#include "base/error.h"
#include "dpi/dpi.h"
#include "dpi/ndpi_module.h"

namespace weir {
namespace {

constexpr const char* kReason = "the addon was built without the headers of nDPI (package libndpi-dev)";

}  // namespace

DpiAvailability dpiAvailability() { return {false, "", kReason}; }

NdpiModule::NdpiModule(const RuleFiles&) { throw Error("WEIR_DPI_LIBRARY", kReason); }
NdpiModule::~NdpiModule() = default;
size_t NdpiModule::flowOctets() { return 0; }
uint16_t NdpiModule::categories() { return 0; }
void NdpiModule::clear(ndpi_flow_struct*) {}
Label NdpiModule::process(ndpi_flow_struct*, std::span<const uint8_t>, uint64_t) { return {}; }
Label NdpiModule::giveUp(ndpi_flow_struct*) { return {}; }
bool NdpiModule::expectsMore(ndpi_flow_struct*) { return false; }
bool NdpiModule::mayRename(const ndpi_flow_struct*, const Label&) const { return false; }
void NdpiModule::describe(const ndpi_flow_struct*, const Label&, FlowApplication&) const {}
void NdpiModule::addFacts(const ndpi_flow_struct*, const Label&, FactBuffer&) const {}
std::string_view NdpiModule::host(const ndpi_flow_struct*) const { return {}; }
ApplicationNames NdpiModule::names() const { return {}; }

}  // namespace weir

#endif
