#include "dpi/rule_files.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <functional>

#include "base/error.h"

namespace weir {
namespace {

constexpr unsigned kLastPort = 65534;     // nDPI 4.2 counts a range in 16 bits and would never leave one up to 65535
constexpr size_t kLongestName = 64;       // of a protocol
constexpr size_t kMostComplaints = 20;

using Complaints = std::vector<std::string>;

std::string_view trim(std::string_view text) {
  const size_t from = text.find_first_not_of(" \t\r");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r") - from + 1);
}

std::string quoted(std::string_view text) { return '\'' + std::string(text.substr(0, 80)) + '\''; }

bool readNumber(std::string_view text, unsigned& number) {
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && at == text.data() + text.size();
}

bool isAddress4(std::string_view text) {
  in_addr address;
  return inet_pton(AF_INET, std::string(text).c_str(), &address) == 1;
}

std::string judgePorts(std::string_view text) {
  const size_t dash = text.find('-');
  unsigned from = 0, to = 0;
  if (!readNumber(text.substr(0, dash), from)) return quoted(text) + " is not a port";
  to = from;
  if (dash != std::string_view::npos && !readNumber(text.substr(dash + 1), to)) {
    return quoted(text) + " is not a range of ports";
  }
  if (from == 0 || to < from || to > kLastPort) {
    return quoted(text) + " is not within the ports 1 to " + std::to_string(kLastPort);
  }
  return {};
}

// ADDRESS[/BITS][:PORT]
std::string judgeNetwork(std::string_view text) {
  const std::string wrong = quoted(text) + " is not an IPv4 address or network (with or without :PORT)";
  unsigned number = 0;
  const size_t colon = text.find(':');
  if (colon != std::string_view::npos) {
    if (!readNumber(text.substr(colon + 1), number) || number > kLastPort) return wrong;
    text = text.substr(0, colon);
  }
  const size_t slash = text.find('/');
  if (slash != std::string_view::npos && (!readNumber(text.substr(slash + 1), number) || number > 32)) return wrong;
  return isAddress4(text.substr(0, slash)) ? std::string() : wrong;
}

std::string judgeHost(std::string_view text) {
  const bool opened = !text.empty() && text.front() == '"';
  const bool closed = text.size() > 1 && text.back() == '"';
  if (opened != closed) return "the quotation marks of " + quoted(text) + " are not in pairs";
  if (opened) text = text.substr(1, text.size() - 2);
  if (text.empty()) return "a host without a name";
  return {};
}

std::string judgeElement(std::string_view element) {
  struct Kind {
    std::string_view prefix;
    std::string (*judge)(std::string_view);
  };
  static constexpr Kind kKinds[] = {
      {"tcp:", judgePorts}, {"udp:", judgePorts}, {"ip:", judgeNetwork}, {"host:", judgeHost}};
  for (const Kind& kind : kKinds) {
    if (element.starts_with(kind.prefix)) return kind.judge(element.substr(kind.prefix.size()));
  }
  return quoted(element) + " begins with none of tcp:, udp:, ip:, host:";
}

// ip_risk_mask:NETWORK=MASK, host_risk_mask:"NAME"=MASK, trusted_issuer_dn:"NAME"
std::string judgeMask(std::string_view rule) {
  const size_t colon = rule.find(':');
  const std::string_view kind = rule.substr(0, colon);
  const std::string_view value = colon == std::string_view::npos ? std::string_view() : rule.substr(colon + 1);
  if (kind == "trusted_issuer_dn") return value.empty() ? "trusted_issuer_dn without a name" : std::string();
  if (kind != "ip_risk_mask" && kind != "host_risk_mask") return "no '@' with the name of a protocol behind it";
  const size_t equals = value.find('=');
  uint64_t mask = 0;
  if (equals == std::string_view::npos || equals == 0) return std::string(kind) + " without =MASK";
  const std::string_view number = value.substr(equals + 1);
  const auto [at, error] = std::from_chars(number.data(), number.data() + number.size(), mask);
  if (error != std::errc() || at != number.data() + number.size()) return quoted(number) + " is not a mask (a number)";
  return kind == "ip_risk_mask" ? judgeNetwork(value.substr(0, equals)) : judgeHost(value.substr(0, equals));
}

void forEachLine(const std::string& path, Complaints& complaints,
                 const std::function<std::string(std::string_view)>& take) {
  std::ifstream file(path);
  if (!file) {
    complaints.push_back(path + ": " + std::strerror(errno));
    return;
  }
  std::string line;
  for (size_t number = 1; std::getline(file, line); number++) {
    const std::string_view text = trim(line);
    if (text.empty() || text.front() == '#') continue;
    const std::string wrong = text.find('\0') == std::string_view::npos ? take(text) : "not a text file";
    if (!wrong.empty()) complaints.push_back(path + ':' + std::to_string(number) + ": " + wrong);
  }
  if (file.bad()) complaints.push_back(path + ": " + std::strerror(errno));
}

// As nDPI writes it.
std::string protocolName(std::string_view rule) {
  std::string name(trim(rule.substr(rule.rfind('@') + 1)));
  for (char& c : name) {
    if (std::strchr("/&^:;'\" ", c) != nullptr) c = '_';
  }
  return name;
}

std::string takeCategory(std::string_view line, uint16_t categories, RuleFiles& files) {
  const size_t tab = line.find('\t');
  if (tab == std::string_view::npos) return "no tab with the number of a category behind it";
  const std::string_view name = trim(line.substr(0, tab));
  const std::string_view text = trim(line.substr(tab + 1));
  unsigned category = 0;
  if (!readNumber(text, category) || category == 0 || category >= categories) {
    return quoted(text) + " is not the number of a category (1 to " + std::to_string(categories - 1) + ")";
  }
  if (!files.list.add(name, static_cast<uint16_t>(category))) return quoted(name) + " is not a host name or an address";
  files.categories.append(name).append("\t").append(text).append("\n");
  return {};
}

}  // namespace

std::string judgeProtocolRule(std::string_view rule) {
  const size_t at = rule.rfind('@');
  if (at == std::string_view::npos) return judgeMask(rule);
  const std::string_view name = trim(rule.substr(at + 1));
  if (name.empty() || name.size() > kLongestName) return "no name of a protocol behind '@'";
  std::string_view elements = rule.substr(0, at);
  for (;;) {
    const size_t comma = elements.find(',');
    std::string wrong = judgeElement(elements.substr(0, comma));
    if (!wrong.empty() || comma == std::string_view::npos) return wrong;
    elements.remove_prefix(comma + 1);
  }
}

RuleFiles readRuleFiles(const std::string& protocolsFile, const std::vector<std::string>& categoryFiles,
                        uint16_t categories) {
  RuleFiles files;
  Complaints complaints;
  if (!protocolsFile.empty()) {
    forEachLine(protocolsFile, complaints, [&](std::string_view line) {
      std::string wrong = judgeProtocolRule(line);
      if (wrong.empty()) {
        files.protocols.append(line).append("\n");
        if (line.find('@') != std::string_view::npos) files.protocolNames.push_back(protocolName(line));
      }
      return wrong;
    });
  }
  for (const std::string& path : categoryFiles) {
    forEachLine(path, complaints, [&](std::string_view line) { return takeCategory(line, categories, files); });
  }
  if (complaints.empty()) return files;
  std::string text;
  for (size_t i = 0; i < std::min(complaints.size(), kMostComplaints); i++) {
    text += (i == 0 ? "" : "\n") + complaints[i];
  }
  if (complaints.size() > kMostComplaints) {
    text += "\n... and " + std::to_string(complaints.size() - kMostComplaints) + " more";
  }
  throw Error("WEIR_DPI_FILE", text);
}

}  // namespace weir
