// Host names and networks with a category each: the lists of --dpi-categories. A name holds for the domains below it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "fields/flow_record.h"

namespace weir {

class CategoryList {
 public:
  // A host name, or an address or network of IPv4 or IPv6. False when it is neither.
  bool add(std::string_view nameOrNetwork, uint16_t category);
  bool empty() const { return hosts_.empty() && networks_.empty(); }
  // 0 = not on a list. The longest name or network that fits decides.
  uint16_t ofHost(std::string_view name) const;
  uint16_t ofAddress(const Address& address) const;

 private:
  struct Network {
    Address address;  // masked
    uint8_t bits;
    bool operator==(const Network&) const = default;
  };
  struct NetworkHash {
    size_t operator()(const Network& network) const;
  };
  struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  std::unordered_map<std::string, uint16_t, TextHash, std::equal_to<>> hosts_;
  std::unordered_map<Network, uint16_t, NetworkHash> networks_;
  std::array<bool, 129> lengths_{};  // prefix lengths in use
};

}  // namespace weir
