#include "attribution/local_addresses.h"

#include <algorithm>
#include <unordered_set>

namespace weir {

void LocalAddresses::learn(uint64_t netnsCookie, const Address& address) {
  const bool multicast = isIp4(address) ? (address[12] & 0xf0) == 0xe0 : address[0] == 0xff;
  if (isAny(address) || multicast || isLoopback(address)) return;
  const auto found = namespaces_.find(address);
  if (found == namespaces_.end()) {
    if (namespaces_.size() < capacity_) namespaces_[address] = {netnsCookie};
    return;
  }
  std::vector<uint64_t>& list = found->second;
  if (std::find(list.begin(), list.end(), netnsCookie) == list.end()) list.push_back(netnsCookie);
}

void LocalAddresses::keepOnly(const std::vector<uint64_t>& netnsCookies) {
  const std::unordered_set<uint64_t> kept(netnsCookies.begin(), netnsCookies.end());
  const auto gone = [&](uint64_t cookie) { return !kept.contains(cookie); };
  for (auto at = namespaces_.begin(); at != namespaces_.end();) {
    std::erase_if(at->second, gone);
    at = at->second.empty() ? namespaces_.erase(at) : std::next(at);
  }
}

bool LocalAddresses::has(uint64_t netnsCookie, const Address& address) const {
  if (isLoopback(address)) return true;
  const auto found = namespaces_.find(address);
  return found != namespaces_.end() &&
         std::find(found->second.begin(), found->second.end(), netnsCookie) != found->second.end();
}

uint64_t LocalAddresses::otherThan(uint64_t netnsCookie, const Address& address) const {
  const auto found = namespaces_.find(address);
  if (found == namespaces_.end()) return 0;
  uint64_t other = 0;
  for (const uint64_t cookie : found->second) {
    if (cookie == netnsCookie) continue;
    if (other != 0) return 0;
    other = cookie;
  }
  return other;
}

}  // namespace weir
