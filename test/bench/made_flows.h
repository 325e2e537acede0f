// Flows with self-made payloads, for traces where no captures are: DNS, TLS, QUIC, HTTP, SSH and octets without meaning.
#pragma once

#include <gcrypt.h>

#include <cstring>
#include <string>
#include <string_view>

#include "flow_image.h"
#include "trace_writer.h"

namespace weir::bench {

inline constexpr std::array<std::string_view, 8> kNames = {"www.example.com",   "cdn.example.net",  "api.example.org",
                                                           "www.wikipedia.org", "video.google.com", "www.facebook.com",
                                                           "updates.debian.org", "mail.example.com"};

// Octets in network order, appended.
class Octets {
 public:
  Octets& u8(uint32_t value) { return text_.push_back(static_cast<char>(value)), *this; }
  Octets& u16(uint32_t value) { return u8(value >> 8).u8(value); }
  Octets& u24(uint32_t value) { return u8(value >> 16).u16(value); }
  Octets& u32(uint32_t value) { return u16(value >> 16).u16(value); }
  Octets& text(std::string_view value) { return text_ += value, *this; }
  Octets& zeros(size_t count) { return text_.append(count, '\0'), *this; }
  Octets& random(Random& source, size_t count) {
    for (size_t i = 0; i < count; i++) u8(source());
    return *this;
  }
  const std::string& str() const { return text_; }

 private:
  std::string text_;
};

inline std::string with16(const std::string& body) { return Octets().u16(static_cast<uint32_t>(body.size())).text(body).str(); }
inline std::string extension(uint32_t type, const std::string& body) { return Octets().u16(type).text(with16(body)).str(); }
inline std::string handshake(uint32_t type, const std::string& body) {
  return Octets().u8(type).u24(static_cast<uint32_t>(body.size())).text(body).str();
}
inline std::string record(uint32_t type, const std::string& body) { return Octets().u8(type).u16(0x0303).text(with16(body)).str(); }

inline std::string clientHello(std::string_view name, Random& random, bool quic) {
  std::string extensions = extension(0, with16(Octets().u8(0).text(with16(std::string(name))).str())) +
                           extension(10, with16(Octets().u16(29).u16(23).u16(24).str())) + extension(11, Octets().u8(1).u8(0).str()) +
                           extension(13, with16(Octets().u16(0x0403).u16(0x0804).u16(0x0401).str())) +
                           extension(16, with16(quic ? Octets().u8(2).text("h3").str() : Octets().u8(2).text("h2").u8(8).text("http/1.1").str())) +
                           extension(43, Octets().u8(quic ? 2 : 4).u16(0x0304).text(quic ? "" : "\x03\x03").str()) +
                           extension(51, with16(Octets().u16(29).text(with16(Octets().random(random, 32).str())).str()));
  if (quic) extensions += extension(57, Octets().u8(4).u8(4).u32(0x80100000).str());
  return handshake(1, Octets().u16(0x0303).random(random, 32).u8(quic ? 0 : 32).random(random, quic ? 0 : 32)
                          .text(with16(Octets().u16(0x1301).u16(0x1302).u16(0x1303).u16(0xc02b).u16(0xc02f).u16(0xc030).str()))
                          .u8(1).u8(0).text(with16(extensions)).str());
}

// A client's Initial, protected with the keys that RFC 9001 appendix A.1 derives for the connection id 8394c8f03e515708.
inline std::string quicInitial(std::string_view name, Random& random) {
  static constexpr uint8_t kKey[] = {0x1f, 0x36, 0x96, 0x13, 0xdd, 0x76, 0xd5, 0x46, 0x77, 0x30, 0xef, 0xcb, 0xe3, 0xb1, 0xa2, 0x2d};
  static constexpr uint8_t kIv[] = {0xfa, 0x04, 0x4b, 0x2f, 0x42, 0xa3, 0xfd, 0x3b, 0x46, 0xfb, 0x25, 0x5c};
  static constexpr uint8_t kMask[] = {0x9f, 0x50, 0x44, 0x9e, 0x04, 0xa0, 0xe8, 0x10, 0x28, 0x3a, 0x1e, 0x99, 0x33, 0xad, 0xed, 0xd2};
  const std::string hello = clientHello(name, random, true);
  std::string payload = Octets().u8(6).u8(0).u16(0x4000 | static_cast<uint32_t>(hello.size())).text(hello).str();
  payload.resize(1200 - 22 - 16, '\0');  // PADDING frames
  std::string header = Octets().u8(0xc3).u32(1).u8(8).text("\x83\x94\xc8\xf0\x3e\x51\x57\x08").u8(0).u8(0)
                           .u16(0x4000 | static_cast<uint32_t>(4 + payload.size() + 16)).u32(0).str();
  std::string tag(16, '\0');
  gcry_cipher_hd_t cipher;
  gcry_cipher_open(&cipher, GCRY_CIPHER_AES128, GCRY_CIPHER_MODE_GCM, 0);
  gcry_cipher_setkey(cipher, kKey, sizeof kKey);
  gcry_cipher_setiv(cipher, kIv, sizeof kIv);  // packet number 0
  gcry_cipher_authenticate(cipher, header.data(), header.size());
  gcry_cipher_encrypt(cipher, payload.data(), payload.size(), nullptr, 0);
  gcry_cipher_gettag(cipher, tag.data(), tag.size());
  gcry_cipher_close(cipher);
  std::string mask(16, '\0');
  gcry_cipher_open(&cipher, GCRY_CIPHER_AES128, GCRY_CIPHER_MODE_ECB, 0);
  gcry_cipher_setkey(cipher, kMask, sizeof kMask);
  gcry_cipher_encrypt(cipher, mask.data(), mask.size(), payload.data(), 16);  // sample: the number's 4 octets end the header
  gcry_cipher_close(cipher);
  header[0] = static_cast<char>(header[0] ^ (mask[0] & 0x0f));
  for (size_t i = 0; i < 4; i++) header[header.size() - 4 + i] = static_cast<char>(header[header.size() - 4 + i] ^ mask[1 + i]);
  return header + payload + tag;
}

// One conversation over IPv4 between 192.0.2.1 and 198.51.100.1; the replay gives other addresses.
class Conversation {
 public:
  Conversation(FlowImages& images, FlowKind kind, bool tcp, uint16_t port) : images_(images), tcp_(tcp), port_(port) {
    flow_.kind = kind;
    if (!tcp) return;
    packet(false, 0x02, "");
    packet(true, 0x12, "");
    packet(false, 0x10, "");
  }
  Conversation& say(bool fromServer, std::string_view payload) {
    do {
      packet(fromServer, 0x18, payload.substr(0, 1400));
      payload.remove_prefix(std::min<size_t>(1400, payload.size()));
    } while (!payload.empty());
    return *this;
  }
  void end() {
    if (tcp_) {
      packet(false, 0x11, "");
      packet(true, 0x11, "");
      packet(false, 0x10, "");
    }
    images_.add(std::move(flow_));
  }

 private:
  void packet(bool fromServer, uint32_t flags, std::string_view payload) {
    const uint16_t client = 40000;
    Octets ip;
    const auto length = static_cast<uint32_t>(20 + (tcp_ ? 20 : 8) + payload.size());
    ip.u16(0x4500).u16(length).u32(0x4000).u8(64).u8(tcp_ ? 6 : 17).u16(0);
    ip.u32(fromServer ? 0xc6336401 : 0xc0000201).u32(fromServer ? 0xc0000201 : 0xc6336401);
    ip.u16(fromServer ? port_ : client).u16(fromServer ? client : port_);
    if (tcp_) ip.u32(sequence_[fromServer]).u32(sequence_[!fromServer]).u8(0x50).u8(flags).u16(64240).u32(0);
    else ip.u16(static_cast<uint32_t>(8 + payload.size())).u16(0);
    ip.text(payload);
    const std::string& text = ip.str();
    flow_.packets.push_back(images_.keep({reinterpret_cast<const uint8_t*>(text.data()), text.size()}, fromServer,
                                         flow_.packets.empty() ? 0 : 20'000));
    sequence_[fromServer] += static_cast<uint32_t>(payload.size()) + ((flags & 3) != 0 ? 1 : 0);
  }

  FlowImages& images_;
  FlowImage flow_;
  bool tcp_;
  uint16_t port_;
  uint32_t sequence_[2] = {1000, 2000};
};

inline std::string dnsName(std::string_view name) {
  Octets out;
  for (size_t dot; !name.empty(); name.remove_prefix(std::min(dot + 1, name.size()))) {
    dot = std::min(name.find('.'), name.size());
    out.u8(static_cast<uint32_t>(dot)).text(name.substr(0, dot));
  }
  return out.u8(0).str();
}

inline void makeDns(FlowImages& images, std::string_view name, Random& random) {
  const uint32_t id = random() & 0xffff;
  const std::string question = dnsName(name) + Octets().u16(1).u16(1).str();
  Conversation(images, FlowKind::dns, false, 53)
      .say(false, Octets().u16(id).u16(0x0100).u16(1).u16(0).u32(0).text(question).str())
      .say(true, Octets().u16(id).u16(0x8180).u16(1).u16(1).u32(0).text(question).u16(0xc00c).u16(1).u16(1).u32(300).u16(4).u32(0xcb007105).str())
      .end();
}

inline void makeTls(FlowImages& images, std::string_view name, Random& random, size_t records) {
  const std::string serverHello = handshake(2, Octets().u16(0x0303).random(random, 32).u8(32).random(random, 32).u16(0x1301).u8(0)
                                                   .text(with16(extension(43, Octets().u16(0x0304).str()) +
                                                                extension(51, Octets().u16(29).text(with16(Octets().random(random, 32).str())).str())))
                                                   .str());
  Conversation talk(images, FlowKind::tls, true, 443);
  talk.say(false, record(22, clientHello(name, random, false)));
  talk.say(true, record(22, serverHello) + record(20, "\x01") + record(23, Octets().random(random, 2400).str()));
  talk.say(false, record(20, "\x01") + record(23, Octets().random(random, 53).str()));
  for (size_t i = 0; i < records; i++) {
    talk.say(false, record(23, Octets().random(random, 100 + random() % 300).str()));
    talk.say(true, record(23, Octets().random(random, 200 + random() % 4000).str()));
  }
  talk.end();
}

inline void makeQuic(FlowImages& images, std::string_view name, Random& random) {
  Conversation talk(images, FlowKind::quic, false, 443);
  talk.say(false, quicInitial(name, random));
  talk.say(true, Octets().u8(0xe1).u32(1).u8(0).u8(8).random(random, 1180).str());
  for (int i = 0; i < 6; i++) talk.say(i % 3 == 0, Octets().u8(0x40 | (random() & 0x3f)).random(random, 40 + random() % 1100).str());
  talk.end();
}

inline void makeHttp(FlowImages& images, std::string_view name, Random& random) {
  const std::string body = Octets().random(random, 500 + random() % 6000).str();
  Conversation(images, FlowKind::http, true, 80)
      .say(false, "GET /index-" + std::to_string(random() % 1000) + ".html HTTP/1.1\r\nHost: " + std::string(name) +
                      "\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: */*\r\n\r\n")
      .say(true, "HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html\r\nContent-Length: " + std::to_string(body.size()) +
                     "\r\n\r\n" + body)
      .end();
}

inline void makeSsh(FlowImages& images, Random& random) {
  Octets lists;
  for (const char* list : {"curve25519-sha256,ecdh-sha2-nistp256", "ssh-ed25519", "aes128-ctr,aes256-ctr", "aes128-ctr,aes256-ctr",
                           "hmac-sha2-256", "hmac-sha2-256", "none", "none", "", ""}) {
    lists.u32(static_cast<uint32_t>(std::strlen(list))).text(list);
  }
  const std::string exchange = Octets().u8(20).random(random, 16).text(lists.str()).u8(0).u32(0).str();
  const std::string message = Octets().u32(static_cast<uint32_t>(exchange.size() + 9)).u8(8).text(exchange).zeros(8).str();
  Conversation talk(images, FlowKind::ssh, true, 22);
  talk.say(false, "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n").say(true, "SSH-2.0-OpenSSH_8.4p1\r\n").say(false, message).say(true, message);
  for (int i = 0; i < 10; i++) talk.say(i % 2 == 0, Octets().random(random, 60 + random() % 400).str());
  talk.end();
}

inline void makeFlows(FlowImages& images) {
  Random random(11);
  for (size_t round = 0; round < 16; round++) {
    for (const std::string_view name : kNames) {
      makeDns(images, name, random);
      makeTls(images, name, random, 1 + random() % 8);
      makeQuic(images, name, random);
      makeHttp(images, name, random);
    }
    makeSsh(images, random);
    const bool tcp = round % 2 == 0;
    Conversation other(images, FlowKind::other, tcp, static_cast<uint16_t>(5000 + round * 37));
    for (int i = 0; i < 12; i++) other.say(i % 2 == 0, Octets().random(random, 30 + random() % 900).str());
    other.end();
    Conversation(images, FlowKind::unanswered, true, static_cast<uint16_t>(1 + round)).end();
  }
}

}  // namespace weir::bench
