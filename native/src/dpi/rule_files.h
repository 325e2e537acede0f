// The files of --dpi-protocols and --dpi-categories: read once, judged line by line (nDPI leaves out in silence what it does
// not understand), and kept as text, so that every worker's module gets what was judged.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dpi/category_list.h"

namespace weir {

struct RuleFiles {
  std::string protocols;   // rules, one a line; empty = none
  std::string categories;  // name, tab, number
  std::vector<std::string> protocolNames;  // that the rules name
  CategoryList list;       // the same entries as `categories`
};

// categories: the numbers below are nDPI's. Throws Error WEIR_DPI_FILE with every line that is wrong.
RuleFiles readRuleFiles(const std::string& protocolsFile, const std::vector<std::string>& categoryFiles,
                        uint16_t categories);

// One rule of nDPI's protocols file: what is wrong with it, empty = nothing.
std::string judgeProtocolRule(std::string_view rule);

}  // namespace weir
