// --dpi-filter: which flows' records go out, by names of applications, categories and breeds.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fields/application_names.h"
#include "fields/flow_record.h"

namespace weir {

class ApplicationFilter {
 public:
  ApplicationFilter() = default;
  // "tls,quic,!mdns": flows of the names go out, without any such name all; `!` keeps flows of that name away. `unknown` is
  // a flow without application. Letters in either case; an application, its master, its category or its breed has to fit.
  // Throws Error WEIR_DPI_FILTER with every name that `names` does not have, and the nearest it has.
  ApplicationFilter(std::string_view text, const ApplicationNames& names);

  bool empty() const { return all_; }
  bool wants(const FlowApplication& application) const;

 private:
  enum Verdict : uint8_t { kKeep = 1, kDrop = 2 };
  struct Verdicts {
    std::vector<uint8_t> applications, categories, breeds;
  };
  bool apply(std::string_view name, Verdict verdict, const ApplicationNames& names);

  bool all_ = true;
  bool keepsOnly_ = false;
  Verdicts verdicts_;
};

}  // namespace weir
