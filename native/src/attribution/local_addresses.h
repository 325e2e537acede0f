// Which addresses belong to which network namespace: of sockets seen there, and of interfaces. Not thread-safe.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "attribution/socket_tuple.h"
#include "base/hash.h"

namespace weir {

struct AddressHash {
  size_t operator()(const Address& address) const { return hashFixed<16>(address.data(), seed); }
  HashSeed seed = randomSeed();
};

class LocalAddresses {
 public:
  explicit LocalAddresses(size_t capacity = 65536) : capacity_(capacity) {}

  // A full table takes no new ones. any, multicast, loopback: not taken.
  void learn(uint64_t netnsCookie, const Address& address);
  // Namespaces that are gone: their addresses may be another one's now.
  void keepOnly(const std::vector<uint64_t>& netnsCookies);
  // Loopback addresses are everywhere.
  bool has(uint64_t netnsCookie, const Address& address) const;
  // The one namespace beside netnsCookie that has the address; 0 = none, or several.
  uint64_t otherThan(uint64_t netnsCookie, const Address& address) const;

 private:
  size_t capacity_;
  std::unordered_map<Address, std::vector<uint64_t>, AddressHash> namespaces_;
};

}  // namespace weir
