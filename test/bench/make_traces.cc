// Writes the bench traces as pcap files: make_traces FOLDER. Deterministic; addresses from 10/8 and 198.18/15.
//   mix       ~4.5 M packets, ~330 k biflows, realistic sizes and lengths, TCP with handshakes, UDP, some IPv6
//   syn       5 M one-packet TCP flows
//   million   4 M packets, 1 M concurrent flows interleaved
//   elephant  5 M packets in 100 flows, cut to 128 octets
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <queue>
#include <string>
#include <vector>

#include "trace_writer.h"

namespace {

using weir::bench::put16;
using weir::bench::put32;
using weir::bench::Random;
using weir::bench::Writer;

struct Endpoint {
  uint32_t address;
  uint16_t port;
};

uint8_t g_frame[2048];

// Builds one frame in g_frame; payload octets behind TCP or UDP. Returns its length.
uint32_t build(const Endpoint& from, const Endpoint& to, bool tcp, bool v6, uint8_t flags, uint32_t seq, uint32_t ack,
               uint32_t payload) {
  uint8_t* at = g_frame;
  std::memset(at, 2, 12);
  put16(at + 12, v6 ? 0x86dd : 0x0800);
  at += 14;
  const uint32_t transport = tcp ? 20 : 8;
  if (v6) {
    std::memset(at, 0, 40);
    at[0] = 0x60;
    put16(at + 4, transport + payload);
    at[6] = tcp ? 6 : 17;
    at[7] = 64;
    put32(at + 8, 0x20010db8);
    put32(at + 20, from.address);
    put32(at + 24, 0x20010db8);
    put32(at + 36, to.address);
    at += 40;
  } else {
    std::memset(at, 0, 20);
    at[0] = 0x45;
    put16(at + 2, 20 + transport + payload);
    at[6] = 0x40;
    at[8] = 64;
    at[9] = tcp ? 6 : 17;
    put32(at + 12, from.address);
    put32(at + 16, to.address);
    at += 20;
  }
  put16(at, from.port);
  put16(at + 2, to.port);
  if (tcp) {
    put32(at + 4, seq);
    put32(at + 8, ack);
    at[12] = 0x50;
    at[13] = flags;
    put16(at + 14, 64240);
    put32(at + 16, 0);
  } else {
    put16(at + 4, 8 + payload);
    put16(at + 6, 0);
  }
  at += transport;
  std::memset(at, 0x61, payload);
  const auto length = static_cast<uint32_t>(at + payload - g_frame);
  if (length >= 60) return length;
  std::memset(g_frame + length, 0, 60 - length);
  return 60;
}

void makeSyn(const std::string& folder) {
  Writer writer(folder + "/syn.pcap", 65535);
  Random random(1);
  for (uint32_t i = 0; i < 5'000'000; i++) {
    const Endpoint from{0x0a000000 | (random() & 0xffffff), static_cast<uint16_t>(1024 + random() % 60000)};
    const Endpoint to{0xc6120000 | (i & 0xffff), static_cast<uint16_t>(i >> 16)};
    writer.frame(i * 10ull, g_frame, build(from, to, true, false, 0x02, random(), 0, 0));
  }
}

void makeMillion(const std::string& folder) {
  Writer writer(folder + "/million.pcap", 65535);
  std::vector<uint32_t> order(1'000'000);
  for (uint32_t i = 0; i < order.size(); i++) order[i] = i;
  Random random(2);
  uint64_t us = 0;
  for (int round = 0; round < 4; round++) {
    for (uint32_t i = static_cast<uint32_t>(order.size()) - 1; i > 0; i--) std::swap(order[i], order[random() % (i + 1)]);
    for (const uint32_t flow : order) {
      const Endpoint client{0x0a000000 | flow, static_cast<uint16_t>(1024 + flow % 60000)};
      const Endpoint server{0xc6120000 | (flow * 2654435761u >> 16), 443};
      const bool up = round % 2 == 0;
      writer.frame(us++, g_frame, build(up ? client : server, up ? server : client, true, false, 0x10, flow, flow, 20));
    }
  }
}

void makeElephant(const std::string& folder) {
  Writer writer(folder + "/elephant.pcap", 128);
  std::vector<uint32_t> sequence(100);
  Random random(3);
  for (uint32_t i = 0; i < 5'000'000; i++) {
    const uint32_t flow = random() % 100;
    const Endpoint client{0x0a000000 | flow, static_cast<uint16_t>(40000 + flow)};
    const Endpoint server{0xc6120001, 443};
    const bool up = i % 3 == 0;
    const uint32_t payload = up ? 0 : 1448;
    writer.frame(i * 10ull, g_frame,
                 build(up ? client : server, up ? server : client, true, false, 0x10, up ? 1 : sequence[flow], 1, payload));
    if (!up) sequence[flow] += payload;
  }
}

struct Conversation {
  Endpoint client, server;
  bool tcp, v6;
  uint32_t exchanges;  // data packets to come
  uint32_t step = 0;
  uint32_t seq[2];
  double gapUs;        // mean gap
};

// One packet of the conversation; false when it was the last.
bool next(Conversation& c, Random& random, Writer& writer, uint64_t us) {
  const auto emit = [&](bool up, uint8_t flags, uint32_t payload, uint32_t consumed) {
    writer.frame(us, g_frame, build(up ? c.client : c.server, up ? c.server : c.client, c.tcp, c.v6, flags,
                                    c.seq[up ? 0 : 1], c.seq[up ? 1 : 0], payload));
    c.seq[up ? 0 : 1] += payload + consumed;
  };
  const uint32_t step = c.step++;
  if (!c.tcp) {
    const bool small = c.exchanges <= 2;
    const bool up = step % 2 == 0;
    emit(up, 0, small ? (up ? 40 : 120) : (up ? 60 + random() % 100 : 600), 0);
    return step + 1 < c.exchanges;
  }
  if (step == 0) return emit(true, 0x02, 0, 1), true;
  if (step == 1) return emit(false, 0x12, 0, 1), true;
  if (step == 2) return emit(true, 0x10, 0, 0), true;
  if (step < c.exchanges + 3) {
    const uint32_t phase = (step - 3) % 5;  // request, response, response, ack, response
    if (phase == 0) emit(true, 0x18, 100 + random() % 600, 0);
    else if (phase == 3) emit(true, 0x10, 0, 0);
    else emit(false, 0x10, random() % 5 == 0 ? 1448 : random() % 500, 0);
    return true;
  }
  if (step == c.exchanges + 3) return emit(true, 0x11, 0, 1), true;
  if (step == c.exchanges + 4) return emit(false, 0x11, 0, 1), true;
  emit(true, 0x10, 0, 0);
  return false;
}

void makeMix(const std::string& folder) {
  Writer writer(folder + "/mix.pcap", 65535);
  Random random(4);
  constexpr uint32_t kFlows = 331'000;
  constexpr double kSpanUs = 240e6;
  using Event = std::pair<uint64_t, uint32_t>;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> queue;
  std::vector<Conversation> all(kFlows);
  for (uint32_t i = 0; i < kFlows; i++) {
    Conversation& c = all[i];
    const uint32_t kind = random() % 100;
    c.tcp = kind >= 45;
    c.v6 = random() % 5 == 0;
    c.client = {0x0a000000 | (random() % 20000), static_cast<uint16_t>(1024 + random() % 64000)};
    c.server = {0xc6120000 | (random() % 30000), static_cast<uint16_t>(c.tcp ? 443 : kind < 35 ? 53 : 443)};
    c.exchanges = kind < 35 ? 2 : kind < 45 ? 8 + random() % 40 : kind < 95 ? 1 + random() % 11 : 20 + random() % 90;
    if (random() % 1000 == 0) c.exchanges = 500 + random() % 2500;
    c.seq[0] = random();
    c.seq[1] = random();
    c.gapUs = kind < 35 ? 20e3 : 30e3;
    queue.push({static_cast<uint64_t>(kSpanUs * random.unit()), i});
  }
  while (!queue.empty()) {
    const auto [us, index] = queue.top();
    queue.pop();
    if (next(all[index], random, writer, us)) {
      queue.push({us + 50 + static_cast<uint64_t>(random.exponential() * all[index].gapUs), index});
    }
  }
  std::fprintf(stderr, "mix: %lu packets, %u flows\n", static_cast<unsigned long>(writer.frames), kFlows);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: make_traces FOLDER [mix|syn|million|elephant ...]\n", stderr);
    return 2;
  }
  const std::string folder = argv[1];
  const auto wanted = [&](const char* name) {
    if (argc == 2) return true;
    for (int i = 2; i < argc; i++) {
      if (std::strcmp(argv[i], name) == 0) return true;
    }
    return false;
  };
  if (wanted("mix")) makeMix(folder);
  if (wanted("syn")) makeSyn(folder);
  if (wanted("million")) makeMillion(folder);
  if (wanted("elephant")) makeElephant(folder);
  return 0;
}
