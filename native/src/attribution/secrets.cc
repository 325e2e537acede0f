#include "attribution/secrets.h"

#include <algorithm>
#include <array>
#include <string>

namespace weir {
namespace {

// Names are compared in lower case without - _ and dots.
constexpr std::string_view kInside[] = {
    "password", "passwd", "passphrase", "passcode", "pwd", "secret", "token", "apikey", "accesskey", "privatekey",
    "accountkey", "sharedkey", "sessionkey", "credential", "authorization", "bearer", "cookie", "jwt", "community",
    "signature", "keystorepass", "truststorepass", "sshpass",
};
constexpr std::string_view kAtEnd[] = {"pass", "auth", "key", "psk", "passin", "passout"};
constexpr std::string_view kExact[] = {"pin", "sig", "sas", "otp", "pw", "pgpass", "creds", "cred"};
// Said of a secret, but not the secret.
constexpr std::string_view kOther[] = {
    "file", "filename", "path", "dir", "directory", "stdin", "prompt", "fd", "url", "uri", "endpoint", "ttl", "timeout",
    "expiry", "expiration", "expires", "length", "len", "size", "type", "policy", "store", "provider", "mode", "format",
    "name", "keyid", "enabled", "disabled", "required", "count", "limit", "issuer", "audience", "algorithm", "host",
};
constexpr std::string_view kWithout[] = {"no-", "no_", "ask-", "ask_"};  // --no-password, --ask-become-pass
constexpr std::string_view kNotSecret[] = {"bypass", "compass", "publickey", "pubkey", "pwdx", "hotkey", "monkey"};
constexpr std::string_view kSchemes[] = {"bearer", "basic", "digest", "token", "apikey", "negotiate", "ntlm",
                                         "aws4-hmac-sha256"};
constexpr std::string_view kKeyFiles[] = {".pem", ".key", ".crt", ".cer", ".der", ".p12", ".pfx", ".jks", ".json",
                                          ".pub", ".gpg", ".asc", ".ppk", ".conf", ".txt"};

struct Shape {
  std::string_view start;
  size_t least;            // characters behind it
  std::string_view extra;  // characters beside letters, digits and _
};
constexpr Shape kShapes[] = {
    {"AKIA", 16, ""},        {"ASIA", 16, ""},      {"ghp_", 20, ""},        {"gho_", 20, ""},     {"ghu_", 20, ""},
    {"ghs_", 20, ""},        {"ghr_", 20, ""},      {"github_pat_", 20, ""}, {"glpat-", 16, "-."}, {"xoxb-", 10, "-"},
    {"xoxa-", 10, "-"},      {"xoxp-", 10, "-"},    {"xoxr-", 10, "-"},      {"xoxs-", 10, "-"},   {"xapp-", 10, "-"},
    {"sk-", 20, "-"},        {"sk_live_", 16, ""},  {"sk_test_", 16, ""},    {"rk_live_", 16, ""}, {"AIza", 30, "-"},
    {"ya29.", 20, "-."},     {"eyJ", 20, "-."},     {"hvs.", 20, "-."},      {"hvb.", 20, "-."},   {"npm_", 30, ""},
    {"pypi-", 30, "-"},      {"SG.", 30, "-."},     {"dckr_pat_", 20, "-"},  {"dop_v1_", 30, ""},  {"shpat_", 20, ""},
    {"hf_", 30, ""},         {"glsa_", 20, ""},     {"AccountKey=", 20, "+/="},
};

constexpr std::string_view kCurlPlain = "#0123468aBfgGiIjJkLlMnNOpqRsSvVZ";
constexpr std::string_view kMysqlPlain = "ABbCcEfGHijLNnoqrsTtVvwXx";
// A name with * stands for all that begin so. Rows with `only` count once that word was seen.
constexpr std::array kPrograms = {
    ProgramFlags{"mysql*", "p", kMysqlPlain, SecretPart::whole, true},
    ProgramFlags{"mariadb*", "p", kMysqlPlain, SecretPart::whole, true},
    ProgramFlags{"mycli", "p"},
    ProgramFlags{"mytop", "p"},
    ProgramFlags{"curl", "uUE", kCurlPlain, SecretPart::afterColon, false, "user proxy-user cert proxy-cert"},
    ProgramFlags{"curl", "b", kCurlPlain, SecretPart::whole, false, "pass proxy-pass"},
    ProgramFlags{"http", "a", "bhpvdcFIS", SecretPart::afterColon, false, "auth"},
    ProgramFlags{"https", "a", "bhpvdcFIS", SecretPart::afterColon, false, "auth"},
    ProgramFlags{"sshpass", "p", "v"},
    ProgramFlags{"redis-cli", "a", "xhcv"},
    ProgramFlags{"mongo*", "p", "v"},
    ProgramFlags{"ldap*", "wsa", "xvnzcMPCAI"},
    ProgramFlags{"smbclient", "U", "NkPL", SecretPart::afterPercent, false, "user"},
    ProgramFlags{"rpcclient", "U", "NkP", SecretPart::afterPercent, false, "user"},
    ProgramFlags{"net", "U", "kPl", SecretPart::afterPercent, false, "user"},
    ProgramFlags{"docker", "p", "", SecretPart::whole, false, "", "login"},
    ProgramFlags{"podman", "p", "", SecretPart::whole, false, "", "login"},
    ProgramFlags{"buildah", "p", "", SecretPart::whole, false, "", "login"},
    ProgramFlags{"skopeo", "p", "", SecretPart::whole, false, "", "login"},
    ProgramFlags{"nerdctl", "p", "", SecretPart::whole, false, "", "login"},
    ProgramFlags{"helm", "p", "", SecretPart::whole, false, "", "login"},
    ProgramFlags{"oc", "p", "", SecretPart::whole, false, "", "login"},
    ProgramFlags{"az", "p", "", SecretPart::whole, false, "", "login"},
    ProgramFlags{"cf", "p", "", SecretPart::whole, false, "", "login"},
    ProgramFlags{"mosquitto*", "P", "cdqvN", SecretPart::whole, false, "pw"},
    ProgramFlags{"sqlcmd", "P", "EIbCNeR"},
    ProgramFlags{"bcp", "P", "cnwNETkqR"},
    ProgramFlags{"tsql", "P", "v"},
    ProgramFlags{"lftp", "u", "d", SecretPart::afterComma, false, "user"},
    ProgramFlags{"openssl", "", "", SecretPart::whole, false, "k K pass passin passout"},
    ProgramFlags{"7z*", "p", "", SecretPart::whole, true},
    ProgramFlags{"zip", "P", "rqvmjuyoTX0123456789"},
    ProgramFlags{"unzip", "P", "fopqtuvanjCLX"},
    ProgramFlags{"rar", "p", "", SecretPart::whole, true},
    ProgramFlags{"unrar", "p", "", SecretPart::whole, true},
    ProgramFlags{"ipmitool", "P", "chv"},
    ProgramFlags{"snmp*", "cAX", "dhV"},
    ProgramFlags{"cqlsh", "p", "Ck"},
    ProgramFlags{"rdesktop", "p"},
    ProgramFlags{"useradd", "p", "mMrU"},
    ProgramFlags{"usermod", "p", "aLU"},
    ProgramFlags{"sqlplus", "", "SL", SecretPart::afterSlash},
    ProgramFlags{"sqlldr", "", "", SecretPart::afterSlash},
    ProgramFlags{"expdp", "", "", SecretPart::afterSlash},
    ProgramFlags{"impdp", "", "", SecretPart::afterSlash},
};
static_assert(kPrograms.size() <= 64);

template <class Table>
bool has(const Table& table, std::string_view word) {
  return std::find(std::begin(table), std::end(table), word) != std::end(table);
}

bool endsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

std::string compact(std::string_view name) {
  std::string out = lower(name);
  std::erase_if(out, [](char c) { return c == '-' || c == '_' || c == '.'; });
  return out;
}

// An AWS secret access key has no mark but its form: 40 characters of base64.
bool isAwsSecret(std::string_view text) {
  bool upper = false, small = false, digit = false;
  size_t slashes = 0;
  for (const char c : text) {
    upper |= c >= 'A' && c <= 'Z';
    small |= c >= 'a' && c <= 'z';
    digit |= c >= '0' && c <= '9';
    slashes += c == '/';
  }
  return text[0] != '/' && upper && small && digit && slashes < 4;
}

size_t awsSecretLength(std::string_view text, size_t at) {
  constexpr size_t kLength = 40;
  const auto inside = [](char c) { return (isWordCharacter(c) && c != '_') || c == '/' || c == '+'; };
  size_t end = at;
  while (end < text.size() && inside(text[end])) ++end;
  return end - at == kLength && isAwsSecret(text.substr(at, kLength)) ? kLength : 0;
}

}  // namespace

bool namesSecret(std::string_view name) {
  while (!name.empty() && name[0] == '-') name.remove_prefix(1);
  const std::string small = lower(name);
  for (const std::string_view start : kWithout) {
    if (small.compare(0, start.size(), start) == 0) return false;
  }
  const std::string word = compact(name);
  if (word.size() < 2 || has(kNotSecret, word)) return false;
  if (has(kExact, word)) return true;
  for (const std::string_view end : kOther) {
    if (endsWith(word, end)) return false;
  }
  for (const std::string_view part : kInside) {
    if (word.find(part) != std::string::npos) return true;
  }
  return std::any_of(std::begin(kAtEnd), std::end(kAtEnd), [&](std::string_view end) { return endsWith(word, end); });
}

bool isKeyFile(std::string_view name, std::string_view value) {
  if (!endsWith(compact(name), "key")) return false;
  return std::any_of(std::begin(kKeyFiles), std::end(kKeyFiles),
                     [&](std::string_view end) { return endsWith(value, end); });
}

bool isAuthScheme(std::string_view word) { return has(kSchemes, lower(word)); }

size_t tokenLength(std::string_view text, size_t at) {
  if (at > 0 && isWordCharacter(text[at - 1])) return 0;
  for (const Shape& shape : kShapes) {
    if (text.compare(at, shape.start.size(), shape.start) != 0) continue;
    size_t end = at + shape.start.size();
    while (end < text.size() && (isWordCharacter(text[end]) || shape.extra.find(text[end]) != std::string_view::npos)) {
      ++end;
    }
    if (end - at >= shape.start.size() + shape.least) return end - at;
  }
  return awsSecretLength(text, at);
}

uint64_t programBits(std::string_view word) {
  if (const size_t at = word.find_last_of("/;|&($`{\"'="); at != std::string_view::npos) word.remove_prefix(at + 1);
  uint64_t bits = 0;
  for (size_t i = 0; i < kPrograms.size(); ++i) {
    std::string_view program = kPrograms[i].program;
    const bool family = program.back() == '*';
    if (family) program.remove_suffix(1);
    if (word.compare(0, program.size(), program) != 0) continue;
    if (family || word.size() == program.size() || !isWordCharacter(word[program.size()])) bits |= uint64_t{1} << i;
  }
  return bits;
}

const ProgramFlags* programFlags(size_t index) { return index < kPrograms.size() ? &kPrograms[index] : nullptr; }

}  // namespace weir
