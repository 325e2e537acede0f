// What nDPI read in a flow, as facts: what weir's own parsers do not look at, and where those found nothing, what it has of theirs.
// Members that releases do not have in common are asked for by templates over the flow's type.
#ifdef WEIR_HAVE_NDPI

#include <string>

#include "dpi/ndpi_library.h"
#include "dpi/ndpi_module.h"

namespace weir {
namespace {

using ndpi::view;

std::string hex(std::span<const uint8_t> octets) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const uint8_t octet : octets) (text += kDigits[octet >> 4]) += kDigits[octet & 15];
  return text;
}

bool is(const Label& label, uint16_t protocol) { return label.application == protocol || label.master == protocol; }

bool isTls(const Label& label) {
  for (const uint16_t protocol : {NDPI_PROTOCOL_TLS, NDPI_PROTOCOL_DTLS, NDPI_PROTOCOL_QUIC, NDPI_PROTOCOL_MAIL_SMTPS,
                                  NDPI_PROTOCOL_MAIL_POPS, NDPI_PROTOCOL_MAIL_IMAPS}) {
    if (is(label, protocol)) return true;
  }
  return false;
}

bool isMail(const Label& label) {
  return is(label, NDPI_PROTOCOL_MAIL_SMTP) || is(label, NDPI_PROTOCOL_MAIL_POP) ||
         is(label, NDPI_PROTOCOL_MAIL_IMAP) || is(label, NDPI_PROTOCOL_FTP_CONTROL);
}

template <class F>
void addTls(const F& flow, FactBuffer& facts) {
  const auto& tls = ndpi::tls(flow);
  if (ndpi::sawHello(flow)) facts.add(Fact::tlsServerName, view(flow.host_server_name));
  facts.add(Fact::tlsAlpn, ndpi::offeredAlpn(flow));
  if (tls.ssl_version != 0) facts.add(Fact::tlsVersion, tls.ssl_version);
  if (tls.server_cipher != 0) facts.add(Fact::tlsCipher, tls.server_cipher);
  if constexpr (requires { tls.ja3_client; }) facts.add(Fact::tlsJa3Client, view(tls.ja3_client));
  if constexpr (requires { tls.ja3_server; }) facts.add(Fact::tlsJa3Server, view(tls.ja3_server));
  facts.add(Fact::tlsCertificateIssuer, view(tls.issuerDN));
  facts.add(Fact::tlsCertificateSubject, view(tls.subjectDN));
  facts.add(Fact::tlsCertificateNames, view(tls.server_names));
  if (tls.notBefore != 0) facts.add(Fact::tlsCertificateNotBefore, tls.notBefore);
  if (tls.notAfter != 0) facts.add(Fact::tlsCertificateNotAfter, tls.notAfter);
  if (ndpi::hasCertificateSha1(flow)) facts.add(Fact::tlsCertificateSha1, hex({tls.sha1_certificate_fingerprint, 20}));
}

template <class F>
void addSsh(const F& flow, FactBuffer& facts) {
  const auto& ssh = flow.protos.ssh;
  facts.add(Fact::sshClient, view(ssh.client_signature));
  facts.add(Fact::sshServer, view(ssh.server_signature));
  facts.add(Fact::sshHasshClient, view(ssh.hassh_client));
  facts.add(Fact::sshHasshServer, view(ssh.hassh_server));
}

template <class F>
std::string kerberos(const F& flow) {
  const auto& kerberos = flow.protos.kerberos;
  std::string text(view(kerberos.domain));
  for (const std::string_view name : {view(kerberos.hostname), view(kerberos.username)}) {
    if (!name.empty()) text.append(text.empty() ? "" : "\\").append(name);
  }
  return text;
}

// Names of users, never their passwords.
template <class F>
std::string mailUser(const F& flow) {
  if (flow.l4_proto != IPPROTO_TCP) return {};
  const auto& login = flow.l4.tcp.ftp_imap_pop_smtp;
  std::string user(view(login.username));
  if (!user.empty() && login.auth_failed != 0) user += " (refused)";
  return user;
}

template <class F>
std::string torrentHash(const F& flow) {
  const auto& hash = flow.protos.bittorrent.hash;
  return hash[0] == 0 ? std::string() : hex({reinterpret_cast<const uint8_t*>(hash), sizeof hash});
}

// A host name that no fact has yet.
template <class F>
std::string_view unsaidHost(const F& flow, const FactBuffer& facts) {
  const std::string_view host = view(flow.host_server_name);
  for (const Fact fact : {Fact::tlsServerName, Fact::dnsQuery, Fact::httpHost, Fact::dhcpHostName, Fact::sshClient}) {
    if (facts.text(fact) == host) return {};
  }
  return host;
}

template <class F>
std::string info(const F& flow, const Label& label, const FactBuffer& facts) {
  if (is(label, NDPI_PROTOCOL_BITTORRENT) && !is(label, NDPI_PROTOCOL_TLS)) return torrentHash(flow);
  if (is(label, NDPI_PROTOCOL_KERBEROS)) return kerberos(flow);
  if (is(label, NDPI_PROTOCOL_TELNET)) return std::string(view(flow.protos.telnet.username));
  if (isMail(label)) return mailUser(flow);
  if (is(label, NDPI_PROTOCOL_UBNTAC2)) return std::string(ndpi::deviceVersion(flow));
  if (const std::string_view system = ndpi::operatingSystem(flow); !system.empty()) return std::string(system);
  if (const std::string_view extra = ndpi::extraText(flow); !extra.empty()) return std::string(extra);
  return std::string(unsaidHost(flow, facts));
}

}  // namespace

void NdpiModule::addFacts(const ndpi_flow_struct* flow, const Label& label, FactBuffer& facts) const {
  if (isTls(label)) addTls(*flow, facts);
  if (is(label, NDPI_PROTOCOL_SSH)) addSsh(*flow, facts);
  facts.add(Fact::info, info(*flow, label, facts));
}

}  // namespace weir

#endif
