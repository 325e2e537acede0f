#include "capture/fanout.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "base/cursor.h"
#include "bpf_machine.h"
#include "wire.h"

using namespace weir;
using namespace weir::wire;

namespace {

constexpr uint32_t kA = 0x0a010203, kB = 0xc0a80a63, kOuterA = 0xac100001, kOuterB = 0xac100002;
constexpr Ip6 kA6 = {0x20, 1, 0xd, 0xb8, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6};
constexpr Ip6 kB6 = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 2, 0x11, 0x22, 0xff, 0xfe, 0x33, 0x44, 0x55};

uint32_t run(const FilterProgram& program, const BpfPacket& packet) { return BpfMachine(program).run(packet); }

// The kernel takes the first tag off received frames, then presents what follows the EtherType.
uint32_t asReceived(const FilterProgram& program, Bytes frame) {
  const uint16_t first = loadBe16(&frame[12]);
  if (first == 0x8100 || first == 0x88a8) frame.erase(frame.begin() + 12, frame.begin() + 16);
  return run(program, {Bytes(frame.begin() + 14, frame.end()), PACKET_HOST, loadBe16(&frame[12])});
}
uint32_t asSent(const FilterProgram& program, const Bytes& frame) {
  return run(program, {frame, PACKET_OUTGOING, loadBe16(&frame[12])});
}

uint32_t hash4(uint32_t a, uint32_t b, uint16_t portA, uint16_t portB, bool fragment = false) {
  return fanoutHash(mapped(a).data(), mapped(b).data(), portA, portB, fragment);
}
uint32_t hash6(uint16_t portA, uint16_t portB, bool fragment = false) {
  return fanoutHash(kA6.data(), kB6.data(), portA, portB, fragment);
}

void expect(const FilterProgram& program, const Bytes& frame, uint32_t hash) {
  CHECK(asReceived(program, frame) == hash);
  CHECK(asSent(program, frame) == hash);
}

const FilterProgram kPlain = fanoutProgram({true, false});
const FilterProgram kTunnels = fanoutProgram({true, true});

}  // namespace

TEST_CASE("fan-out hash: equal both ways, fragments by addresses, spread over the workers") {
  CHECK(hash4(kA, kB, 1000, 80) == hash4(kB, kA, 80, 1000));
  CHECK(hash4(kA, kB, 1000, 80) != hash4(kA, kB, 80, 1000));
  CHECK(hash6(7, 9) == fanoutHash(kB6.data(), kA6.data(), 9, 7, false));
  CHECK(hash4(kA, kB, 1000, 80, true) == hash4(kA, kB, 0, 0));
  for (const uint32_t workers : {2u, 3u, 4u, 8u, 16u}) {
    std::vector<int> byPort(workers), byAddress(workers);
    for (uint32_t i = 0; i < 8000; i++) {
      byPort[fanoutWorker(hash4(kA, kB, static_cast<uint16_t>(32768 + i), 443), workers)]++;
      byAddress[fanoutWorker(hash4(kA + i, kB, 40000, 443), workers)]++;
    }
    const double fair = 8000.0 / workers;
    CHECK(*std::max_element(byPort.begin(), byPort.end()) < fair * 1.2);
    CHECK(*std::min_element(byPort.begin(), byPort.end()) > fair * 0.8);
    CHECK(*std::max_element(byAddress.begin(), byAddress.end()) < fair * 1.2);
    CHECK(*std::min_element(byAddress.begin(), byAddress.end()) > fair * 0.8);
  }
}

TEST_CASE("fan-out program: plain IPv4 and IPv6, both data positions of the kernel") {
  for (const FilterProgram& program : {kPlain, kTunnels}) {
    expect(program, ethernet(0x0800, ip4(kA, kB, 6, tcp(1000, 80))), hash4(kA, kB, 1000, 80));
    expect(program, ethernet(0x0800, ip4(kB, kA, 6, tcp(80, 1000))), hash4(kA, kB, 1000, 80));
    expect(program, ethernet(0x0800, ip4(kA, kB, 17, udp(53, 5353, filled(9)), 0x4000, 3)), hash4(kA, kB, 53, 5353));
    expect(program, ethernet(0x0800, ip4(kA, kB, 132, ports(7, 8))), hash4(kA, kB, 7, 8));
    expect(program, ethernet(0x0800, ip4(kA, kB, 1, filled(8))), hash4(kA, kB, 0, 0));
    expect(program, ethernet(0x86dd, ip6(kA6, kB6, 6, tcp(1000, 80))), hash6(1000, 80));
    expect(program, ethernet(0x86dd, ip6(kB6, kA6, 17, udp(80, 1000, {}))), hash6(1000, 80));
    const Bytes extended = extension(43, extension(60, extension(6, tcp(5, 6))));
    expect(program, ethernet(0x86dd, ip6(kA6, kB6, 0, extended)), hash6(5, 6));
    const Bytes ah = join({6, 4, 0, 0}, join(filled(20), tcp(5, 6)));
    expect(program, ethernet(0x86dd, ip6(kA6, kB6, 51, ah)), hash6(5, 6));
    expect(program, ethernet(0x0800, ip4(kA, kB, 51, ah)), hash4(kA, kB, 5, 6));
  }
}

TEST_CASE("fan-out program: fragments hash by addresses") {
  const uint32_t both = hash4(kA, kB, 0, 0);
  expect(kTunnels, ethernet(0x0800, ip4(kA, kB, 17, udp(53, 5353, filled(8)), 0x2000)), both);
  expect(kTunnels, ethernet(0x0800, ip4(kA, kB, 17, filled(40), 0x2010)), both);
  expect(kTunnels, ethernet(0x0800, ip4(kB, kA, 17, filled(3), 0x0020)), both);
  expect(kTunnels, ethernet(0x0800, ip4(kA, kB, 17, udp(9, 4789, filled(80)), 0x2000)), both);
  expect(kPlain, ethernet(0x86dd, ip6(kA6, kB6, 44, fragment6(17, 1, udp(5, 6, filled(8))))), hash6(0, 0));
  expect(kPlain, ethernet(0x86dd, ip6(kA6, kB6, 44, fragment6(17, 0x10, filled(8)))), hash6(0, 0));
  expect(kPlain, ethernet(0x86dd, ip6(kA6, kB6, 44, fragment6(17, 0, udp(5, 6, {})))), hash6(5, 6));
}

TEST_CASE("fan-out program: link layers") {
  const Bytes packet = ip4(kA, kB, 6, tcp(1000, 80));
  const uint32_t hash = hash4(kA, kB, 1000, 80);
  expect(kPlain, ethernet(0x8100, tag(5, 0x0800, packet)), hash);
  expect(kPlain, ethernet(0x88a8, tag(5, 0x8100, tag(6, 0x0800, packet))), hash);
  expect(kPlain, ethernet(0x8847, join({0, 1, 0, 64, 0, 2, 1, 64}, packet)), hash);
  expect(kPlain, ethernet(0x8864, join({0x11, 0, 0, 1, 0, 42, 0, 0x21}, packet)), hash);
  expect(kPlain, ethernet(0x0806, filled(28)), 0);
  expect(kPlain, ethernet(0x88a8, tag(5, 0x8100, tag(6, 0x8100, tag(7, 0x9100, tag(8, 0x0800, packet))))), 0);
  CHECK(asSent(kPlain, ethernet(0x0800, {0x45, 0, 0})) == 0);
  const FilterProgram raw = fanoutProgram({false, false});
  CHECK(run(raw, {packet, PACKET_OUTGOING, 0x0800}) == hash);
  CHECK(run(raw, {packet, PACKET_HOST, 0x0800}) == hash);
  CHECK(run(raw, {ip6(kA6, kB6, 6, tcp(1, 2)), PACKET_HOST, 0x86dd}) == hash6(1, 2));
  CHECK(run(raw, {{0x15, 0, 0, 0}, PACKET_HOST, 0}) == 0);
}

TEST_CASE("fan-out program: inner addresses and ports of tunnels") {
  const Bytes inner4 = ip4(kA, kB, 6, tcp(1000, 80)), inner6 = ip6(kA6, kB6, 17, udp(53, 54, {}));
  const uint32_t hash = hash4(kA, kB, 1000, 80), hashSix = hash6(53, 54);
  const auto outer = [](uint8_t protocol, const Bytes& payload) {
    return ethernet(0x0800, ip4(kOuterA, kOuterB, protocol, payload));
  };
  expect(kTunnels, outer(17, udp(5555, 4789, vxlan(ethernet(0x0800, inner4)))), hash);
  expect(kTunnels, outer(17, udp(5555, 8472, vxlan(ethernet(0x8100, tag(3, 0x86dd, inner6))))), hashSix);
  expect(kTunnels, outer(17, udp(1, 6081, geneve(0, 0x6558, ethernet(0x0800, inner4)))), hash);
  expect(kTunnels, outer(17, udp(1, 6081, geneve(5, 0x86dd, inner6))), hashSix);
  expect(kTunnels, outer(17, udp(2152, 2152, gtpu(false, 0, inner4))), hash);
  expect(kTunnels, outer(17, udp(2152, 2152, gtpu(true, 0, inner6))), hashSix);
  for (const int extensions : {1, 2}) expect(kTunnels, outer(17, udp(9, 2152, gtpu(false, extensions, inner4))), hash);
  for (const uint32_t flags : {0x0000u, 0x2000u, 0x8000u, 0xb000u, 0x3000u}) {
    expect(kTunnels, outer(47, gre(flags, 0x0800, inner4)), hash);
    expect(kTunnels, outer(47, gre(flags, 0x86dd, inner6)), hashSix);
    expect(kTunnels, outer(47, gre(flags, 0x6558, ethernet(0x0800, inner4))), hash);
  }
  expect(kTunnels, outer(4, inner4), hash);
  expect(kTunnels, outer(41, inner6), hashSix);
  expect(kTunnels, ethernet(0x86dd, ip6(kB6, kA6, 47, gre(0x2000, 0x0800, inner4))), hash);
  expect(kTunnels, ethernet(0x86dd, ip6(kB6, kA6, 4, inner4)), hash);
  expect(kTunnels, ethernet(0x86dd, ip6(kB6, kA6, 17, udp(5, 4789, vxlan(ethernet(0x0800, inner4))))), hash);
  // Fragments inside, by the inner addresses.
  const Bytes fragment = ip4(kA, kB, 17, filled(40), 0x2010);
  expect(kTunnels, outer(17, udp(5555, 4789, vxlan(ethernet(0x0800, fragment)))), hash4(kA, kB, 0, 0));
}

TEST_CASE("fan-out program: what is no tunnel, or no IP inside, hashes by the outer header") {
  const Bytes inner = ip4(kA, kB, 6, tcp(1000, 80));
  const auto outer = [](uint8_t protocol, const Bytes& payload) {
    return ethernet(0x0800, ip4(kOuterA, kOuterB, protocol, payload));
  };
  const Bytes overVxlan = outer(17, udp(5555, 4789, vxlan(ethernet(0x0800, inner))));
  expect(kPlain, overVxlan, hash4(kOuterA, kOuterB, 5555, 4789));
  expect(kPlain, outer(4, inner), hash4(kOuterA, kOuterB, 0, 0));
  expect(kTunnels, outer(17, udp(5, 4789, vxlan(ethernet(0x0806, filled(28))))), hash4(kOuterA, kOuterB, 5, 4789));
  expect(kTunnels, outer(17, udp(5, 2152, filled(20, 0x32))), hash4(kOuterA, kOuterB, 5, 2152));
  expect(kTunnels, outer(47, gre(0x3001, 0x880b, inner)), hash4(kOuterA, kOuterB, 0, 0));
  expect(kTunnels, outer(17, udp(4789, 9999, inner)), hash4(kOuterA, kOuterB, 4789, 9999));
}

TEST_CASE("fan-out programs are within the kernel's limit") {
  CHECK(kTunnels.size() < 4096);
  CHECK(kPlain.size() < kTunnels.size());
}
