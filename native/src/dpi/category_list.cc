#include "dpi/category_list.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace weir {
namespace {

constexpr size_t kLongestName = 253;  // of the DNS
constexpr unsigned kMapped = 96;      // bits of ::ffff:0:0 before an IPv4 address

Address masked(const Address& address, unsigned bits) {
  Address result{};
  std::copy_n(address.begin(), bits / 8, result.begin());
  if (bits % 8 != 0) result[bits / 8] = static_cast<uint8_t>(address[bits / 8] & (0xff00 >> bits % 8));
  return result;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

// Lower case into `out`, without a dot at either end; empty when it does not fit.
std::string_view normalized(std::string_view name, std::array<char, kLongestName>& out) {
  while (!name.empty() && name.front() == '.') name.remove_prefix(1);
  while (!name.empty() && name.back() == '.') name.remove_suffix(1);
  if (name.size() > out.size()) return {};
  std::transform(name.begin(), name.end(), out.begin(), lower);
  return {out.data(), name.size()};
}

bool isNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// False when text is not an address with or without a prefix length.
bool readNetwork(std::string_view text, Address& address, unsigned& bits) {
  const size_t slash = text.find('/');
  const std::string host(text.substr(0, slash));
  unsigned most;
  address = {};
  if (inet_pton(AF_INET, host.c_str(), address.data() + 12) == 1) {
    address[10] = address[11] = 0xff;
    most = 32;
  } else if (inet_pton(AF_INET6, host.c_str(), address.data()) == 1) {
    most = 128;
  } else {
    return false;
  }
  bits = most;
  if (slash != std::string_view::npos) {
    const char* const end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data() + slash + 1, end, bits);
    if (error != std::errc() || at != end || bits > most) return false;
  }
  if (most == 32) bits += kMapped;
  return true;
}

}  // namespace

size_t CategoryList::NetworkHash::operator()(const Network& network) const {
  const std::string_view octets(reinterpret_cast<const char*>(network.address.data()), network.address.size());
  return std::hash<std::string_view>{}(octets) + network.bits;
}

bool CategoryList::add(std::string_view text, uint16_t category) {
  Address address;
  unsigned bits;
  if (readNetwork(text, address, bits)) {
    networks_[{masked(address, bits), static_cast<uint8_t>(bits)}] = category;
    lengths_[bits] = true;
    return true;
  }
  std::array<char, kLongestName> buffer;
  const std::string_view name = normalized(text, buffer);
  if (name.empty() || !std::all_of(name.begin(), name.end(), isNameCharacter)) return false;
  hosts_.insert_or_assign(std::string(name), category);
  return true;
}

uint16_t CategoryList::ofHost(std::string_view text) const {
  if (hosts_.empty()) return 0;
  std::array<char, kLongestName> buffer;
  std::string_view name = normalized(text, buffer);
  while (!name.empty()) {
    const auto found = hosts_.find(name);
    if (found != hosts_.end()) return found->second;
    const size_t dot = name.find('.');
    if (dot == std::string_view::npos) return 0;
    name.remove_prefix(dot + 1);
  }
  return 0;
}

uint16_t CategoryList::ofAddress(const Address& address) const {
  if (networks_.empty()) return 0;
  for (unsigned bits = 129; bits-- > 0;) {
    if (!lengths_[bits]) continue;
    const auto found = networks_.find({masked(address, bits), static_cast<uint8_t>(bits)});
    if (found != networks_.end()) return found->second;
  }
  return 0;
}

}  // namespace weir
