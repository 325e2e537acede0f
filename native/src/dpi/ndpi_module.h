// One detection module of libndpi: a worker's own, since nothing in it is shared or locked. No type of nDPI shows here, so
// that builds without its headers have the same interface (ndpi_absent.cc).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "dpi/rule_files.h"
#include "fields/application_names.h"
#include "fields/flow_facts.h"
#include "fields/flow_record.h"

struct ndpi_detection_module_struct;
struct ndpi_flow_struct;

namespace weir {

// nDPI's numbers as it gives them: the master may be known alone, or be the application itself.
struct Label {
  uint16_t application = 0;
  uint16_t master = 0;
  uint16_t category = 0;
  bool known() const { return application != 0; }
};

class NdpiModule {
 public:
  // Tens of milliseconds; any thread, one at a time. Throws Error.
  explicit NdpiModule(const RuleFiles& rules);
  ~NdpiModule();
  NdpiModule(const NdpiModule&) = delete;
  NdpiModule& operator=(const NdpiModule&) = delete;

  // Octets of a flow; it begins as zeroes.
  static size_t flowOctets();
  // Categories are numbered below this.
  static uint16_t categories();
  // Frees what the flow holds and makes it zeroes again.
  static void clear(ndpi_flow_struct* flow);

  // ip: whole packet, its length as its header says.
  Label process(ndpi_flow_struct* flow, std::span<const uint8_t> ip, uint64_t ns);
  // By what the packets had in them, else a guess by port and address.
  Label giveUp(ndpi_flow_struct* flow);
  // Whether further packets of a classified flow may tell more.
  bool expectsMore(ndpi_flow_struct* flow);
  // Whether they may still change the label: a certificate, a hello in pieces, an answer's names.
  bool mayRename(const ndpi_flow_struct* flow, const Label& label) const;
  static bool isHttp(const Label& label);
  // Label, category, breed, confidence, encryption, risks.
  void describe(const ndpi_flow_struct* flow, const Label& label, FlowApplication& application) const;
  // What nDPI alone has, and what of the rest `facts` does not have yet.
  void addFacts(const ndpi_flow_struct* flow, const Label& label, FactBuffer& facts) const;
  // The name that the flow's client asked for, empty when there is none.
  std::string_view host(const ndpi_flow_struct* flow) const;

  ApplicationNames names() const;

  uint32_t flows = 0;          // that are under inspection in it
  NdpiModule* next = nullptr;  // where modules wait for their end

 private:
  void load(const RuleFiles& rules);

  ndpi_detection_module_struct* module_ = nullptr;
};

}  // namespace weir
