#include <doctest/doctest.h>

#include "dpi/digest.h"
#include "dpi/payload.h"

using namespace weir;
using namespace weir::test;

namespace {

const std::string kIdentification = "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n";

std::string list(const std::string& names) { return be32(static_cast<uint32_t>(names.size())) + names; }

// KEXINIT whose directions differ, so that a mix-up shows.
std::string kexInit(const std::string& keyExchange = "curve25519-sha256,ext-info-c") {
  std::string payload = std::string(1, 20) + std::string(16, 'c') + list(keyExchange) + list("ssh-ed25519");
  payload += list("aes-up") + list("aes-down") + list("mac-up") + list("mac-down") + list("none") + list("zlib");
  payload += list("") + list("") + std::string(5, '\0');
  const std::string padding(4, 'p');
  return be32(static_cast<uint32_t>(1 + payload.size() + padding.size())) + '\x04' + payload + padding;
}

struct Read {
  FactBuffer facts;
  Parse state;
  std::string text(Fact fact) const { return std::string(facts.text(fact)); }
};

Read read(const std::string& stream, bool client) {
  Read result;
  result.state = parseSsh(octetsOf(stream), client, result.facts).state;
  return result;
}

}  // namespace

TEST_CASE("ssh: identification and HASSH of either side") {
  const std::string stream = kIdentification + kexInit();
  const Read client = read(stream, true);
  CHECK(client.state == Parse::done);
  CHECK(client.text(Fact::sshClient) == "SSH-2.0-OpenSSH_9.2p1 Debian-2");
  CHECK(client.text(Fact::sshHasshClient) == md5Hex("curve25519-sha256,ext-info-c;aes-up;mac-up;none"));
  CHECK(!client.facts.has(Fact::sshServer));
  const Read server = read(stream, false);
  CHECK(server.text(Fact::sshServer) == "SSH-2.0-OpenSSH_9.2p1 Debian-2");
  CHECK(server.text(Fact::sshHasshServer) == md5Hex("curve25519-sha256,ext-info-c;aes-down;mac-down;zlib"));
}

TEST_CASE("ssh: pieces") {
  const std::string stream = kIdentification + kexInit();
  for (size_t size = 8; size < stream.size(); size++) {
    CAPTURE(size);
    FactBuffer facts;
    const ParseResult result = parseSsh(octetsOf(stream.substr(0, size)), true, facts);
    CHECK(result.state == Parse::more);
    CHECK(result.wanted <= stream.size());
    CHECK(facts.has(Fact::sshClient) == (size >= kIdentification.size()));
  }
}

TEST_CASE("ssh: the old protocol and a line without CR") {
  CHECK(read("SSH-1.5-1.2.27\n", false).state == Parse::done);
  CHECK(read("SSH-1.5-1.2.27\n", false).text(Fact::sshServer) == "SSH-1.5-1.2.27");
  CHECK(read("SSH-1.99-Cisco-1.25\n" + kexInit(), false).facts.has(Fact::sshHasshServer));
}

TEST_CASE("ssh: what is not KEXINIT gives no fingerprint") {
  CHECK(!read(kIdentification + be32(12) + hex("04 15 0000000000 00000000"), true).facts.has(Fact::sshHasshClient));
  CHECK(!read(kIdentification + be32(0xffffffff) + hex("0414"), true).facts.has(Fact::sshHasshClient));
  std::string lying = kIdentification + kexInit();
  lying[kIdentification.size() + 5 + 1 + 16] = '\x7f';  // length of the first list
  CHECK(read(lying, true).state == Parse::done);
  CHECK(!read(lying, true).facts.has(Fact::sshHasshClient));
}

TEST_CASE("ssh: only its own beginning looks like it") {
  CHECK(looksLikeSsh(octetsOf("SSH-2.0-x")));
  CHECK(!looksLikeSsh(octetsOf("SSH-")));
  CHECK(!looksLikeSsh(octetsOf("SSH-3.0-x")));
  CHECK(read("SSH-2.0-" + std::string(300, 'x'), true).state == Parse::no);
  CHECK(read("SSH-2.0-" + std::string(300, 'x') + "\r\n", true).state == Parse::no);
}
