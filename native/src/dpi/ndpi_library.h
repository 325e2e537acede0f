// libndpi, loaded when first needed: weir runs without it. Included only where its headers are installed.
#pragma once

#include "dpi/ndpi_differences.h"

namespace weir {

// What weir calls in every release, without the prefix ndpi_.
#define WEIR_NDPI_FUNCTIONS(call)                                                                           \
  call(revision) call(detection_get_sizeof_ndpi_flow_struct) call(init_detection_module)                    \
  call(finalize_initialization) call(exit_detection_module) call(detection_process_packet)                  \
  call(detection_giveup) call(free_flow_data) call(load_protocols_file) call(load_categories_file)          \
  call(get_proto_name) call(get_proto_category) call(get_proto_breed) call(get_proto_breed_name)            \
  call(category_get_name) call(confidence_get_name) call(risk2str) call(risk2score) call(is_encrypted_proto)

struct NdpiLibrary {
#define WEIR_NDPI_MEMBER(name) decltype(&ndpi_##name) name;
  WEIR_NDPI_FUNCTIONS(WEIR_NDPI_MEMBER)
#undef WEIR_NDPI_MEMBER
  // Under one name or another.
  unsigned (*protocols)(ndpi::Module*);
  // Of some releases only; null elsewhere.
  uint8_t (*extra_dissection_possible)(ndpi::Module*, ndpi::Flow*);
  void* set_protocol_detection_bitmask2;
};

// Loads the library at the first call. Throws Error WEIR_DPI_LIBRARY with the reason when it cannot be used.
const NdpiLibrary& ndpiLibrary();

}  // namespace weir
