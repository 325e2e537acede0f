#include "fields/community_id.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>

#include <string>

using namespace weir;

namespace {

struct Row {
  uint8_t protocol;
  const char* source;
  const char* destination;
  uint16_t sourcePort, destinationPort;  // for ICMP: type and counter-type or code, as the spec's data has them
  const char* seed0;
  const char* seed1;
};

// The reference data of the Community ID specification (baseline_deflt.json and baseline_seed1.json), every row.
const Row kBaseline[] = {
    {58, "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 135, 136, "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=",
     "1:kHa1FhMYIT6Ym2Vm2AOtoOARDzY="},
    {58, "fe80::260:97ff:fe07:69ea", "fe80::200:86ff:fe05:80da", 136, 135, "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=",
     "1:kHa1FhMYIT6Ym2Vm2AOtoOARDzY="},
    {58, "fe80::260:97ff:fe07:69ea", "fe80::200:86ff:fe05:80da", 135, 136, "1:zavyT/cezQr1fmImYCwYnMXbgck=",
     "1:2hSqmsDZ2kdcY9kbiUzOEBic0iM="},
    {58, "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 136, 135, "1:zavyT/cezQr1fmImYCwYnMXbgck=",
     "1:2hSqmsDZ2kdcY9kbiUzOEBic0iM="},
    {58, "3ffe:501:1800:2345::2", "3ffe:507:0:1:200:86ff:fe05:80da", 3, 0, "1:2ObVBgIn28oZvibYZhZMBgh7WdQ=",
     "1:lVEtCZpYu84Xqaa++3lXFyuu2n4="},
    {58, "3ffe:501:410:0:2c0:dfff:fe47:33e", "3ffe:507:0:1:200:86ff:fe05:80da", 1, 4,
     "1:hLZd0XGWojozrvxqE0dWB1iM6R0=", "1:W8MHwXpWzpoSTD+cGcaJr4u0ys8="},
    {58, "3ffe:507:0:1:200:86ff:fe05:80da", "3ffe:501:0:1001::2", 128, 129, "1:+TW+HtLHvV1xnGhV1lv7XoJrqQg=",
     "1:GfZxjAkDk2MkegpBYHV6tadtFXQ="},
    {58, "3ffe:501:0:1001::2", "3ffe:507:0:1:200:86ff:fe05:80da", 129, 128, "1:+TW+HtLHvV1xnGhV1lv7XoJrqQg=",
     "1:GfZxjAkDk2MkegpBYHV6tadtFXQ="},
    {58, "fe80::200:86ff:fe05:80da", "ff02::2", 133, 134, "1:hO+sN4H+MG5MY/8hIrXPqc4ZQz0=",
     "1:L7Ka0ZMYu+J3bL4ulW2PrqyXNo8="},
    {58, "fe80::260:97ff:fe07:69ea", "ff02::1", 134, 133, "1:pkvHqCL88/tg1k4cPigmZXUtL00=",
     "1:K/ee5UCqAMAQXDorP5nSa2CGLjc="},
    {1, "192.168.0.89", "192.168.0.1", 8, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=", "1:03g6IloqVBdcZlPyX8r0hgoE7kA="},
    {1, "192.168.0.1", "192.168.0.89", 0, 8, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=", "1:03g6IloqVBdcZlPyX8r0hgoE7kA="},
    {1, "10.0.0.1", "10.0.0.2", 11, 0, "1:YHxtAirCG//0OzkcVAukqKQN9xM=", "1:XjUibYHaafLQ3pxQeiMI8g25q20="},
    {6, "2001:470:e5bf:dead:4957:2174:e82c:4887", "2607:f8b0:400c:c03::1a", 63943, 25,
     "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=", "1:eJYTW6AOzFLlSUoESovMjnu7rMw="},
    {6, "2607:f8b0:400c:c03::1a", "2001:470:e5bf:dead:4957:2174:e82c:4887", 25, 63943,
     "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=", "1:eJYTW6AOzFLlSUoESovMjnu7rMw="},
    {132, "192.168.170.8", "192.168.170.56", 7, 7, "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs=",
     "1:5w3ZRjeKBzqT3zsaEECDGjUbYeg="},
    {132, "192.168.170.56", "192.168.170.8", 7, 7, "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs=",
     "1:5w3ZRjeKBzqT3zsaEECDGjUbYeg="},
    {6, "128.232.110.120", "66.35.250.204", 34855, 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=",
     "1:3V71V58M3Ksw/yuFALMcW0LAHvc="},
    {6, "66.35.250.204", "128.232.110.120", 80, 34855, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=",
     "1:3V71V58M3Ksw/yuFALMcW0LAHvc="},
    {17, "192.168.1.52", "8.8.8.8", 54585, 53, "1:d/FP5EW3wiY1vCndhwleRRKHowQ=", "1:Q9We8WO3piVF8yEQBNJF4uiSVrI="},
    {17, "8.8.8.8", "192.168.1.52", 53, 54585, "1:d/FP5EW3wiY1vCndhwleRRKHowQ=", "1:Q9We8WO3piVF8yEQBNJF4uiSVrI="},
    {46, "10.1.12.1", "10.1.12.2", 0, 0, "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw=", "1:rYir8gphR31noO9iDRQmF/BteEI="},
    {46, "10.1.12.2", "10.1.12.1", 0, 0, "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw=", "1:rYir8gphR31noO9iDRQmF/BteEI="},
};

FlowKey keyOf(const Row& row) {
  FlowKey key{};
  key.protocol = row.protocol;
  const bool isVersion6 = std::string(row.source).find(':') != std::string::npos;
  key.ipVersion = isVersion6 ? 6 : 4;
  const char* const texts[2] = {row.source, row.destination};
  for (size_t i = 0; i < 2; i++) {
    if (!isVersion6) key.address[i][10] = key.address[i][11] = 0xff;
    REQUIRE(inet_pton(isVersion6 ? AF_INET6 : AF_INET, texts[i], key.address[i].data() + (isVersion6 ? 0 : 12)) == 1);
  }
  const bool isIcmp = row.protocol == 1 || row.protocol == 58;
  key.port[0] = isIcmp ? 0 : row.sourcePort;  // our keys have no ICMP ports
  key.port[1] = isIcmp ? 0 : row.destinationPort;
  return key;
}

std::string idOf(const FlowKey& key, uint8_t icmpType = 0, uint8_t icmpCode = 0, uint16_t seed = 0) {
  char text[kCommunityIdSize];
  const size_t size = communityId(key, icmpType, icmpCode, seed, text);
  return {text, size};
}

}  // namespace

TEST_CASE("community id: every row of the specification's reference data, seeds 0 and 1") {
  for (const Row& row : kBaseline) {
    CAPTURE(row.source);
    CAPTURE(row.sourcePort);
    const auto type = static_cast<uint8_t>(row.sourcePort);
    // Two-way types have code 0 on the wire; one-way rows hold the code where the counter-type would be.
    const bool oneWay = row.sourcePort == 11 || row.sourcePort == 3 || row.sourcePort == 1;
    const auto code = static_cast<uint8_t>(oneWay ? row.destinationPort : 0);
    CHECK(idOf(keyOf(row), type, code, 0) == row.seed0);
    CHECK(idOf(keyOf(row), type, code, 1) == row.seed1);
  }
}

TEST_CASE("community id: Zeek's published examples") {
  const Row tcp{6, "1.2.3.4", "5.6.7.8", 1122, 3344, "", ""};
  CHECK(idOf(keyOf(tcp)) == "1:wCb3OG7yAFWelaUydu0D+125CLM=");
  CHECK(idOf(keyOf(tcp), 0, 0, 1) == "1:HhA1B+6CoLbiKPEs5nhNYN4XWfk=");
  const Row udp{17, "1.2.3.4", "5.6.7.8", 1122, 3344, "", ""};
  CHECK(idOf(keyOf(udp)) == "1:0Mu9InQx6z4ZiCZM/7HXi2WMhOg=");
  const Row ping{1, "1.2.3.4", "5.6.7.8", 0, 0, "", ""};
  CHECK(idOf(keyOf(ping), 8, 0) == "1:crodRHL2FEsHjbv3UkRrfbs4bZ0=");
  const Row rsvp{46, "1.2.3.4", "5.6.7.8", 0, 0, "", ""};
  CHECK(idOf(keyOf(rsvp)) == "1:ikv3kmf89luf73WPz1jOs49S768=");
}

TEST_CASE("community id: equal addresses are ordered by port, ports of other protocols do not count") {
  Row row{6, "10.0.0.1", "10.0.0.1", 80, 5000, "", ""};
  const std::string id = idOf(keyOf(row));
  std::swap(row.sourcePort, row.destinationPort);
  CHECK(idOf(keyOf(row)) == id);
  Row esp{50, "10.0.0.1", "10.0.0.2", 7, 9, "", ""};
  const std::string espId = idOf(keyOf(esp));
  esp.sourcePort = esp.destinationPort = 0;
  CHECK(idOf(keyOf(esp)) == espId);
}
