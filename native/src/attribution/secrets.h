// What secrets on command lines look like: names, flags of programs, tokens by their shape.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir {

inline bool isWordCharacter(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// True for password, DB_PASSWD, x-api-key, access_token, ...; not for password-file, token-url and the like.
bool namesSecret(std::string_view name);

// True when the value of this name is a file, as for --key server.pem.
bool isKeyFile(std::string_view name, std::string_view value);

// bearer, basic, ...: what follows is the secret.
bool isAuthScheme(std::string_view word);

// Length of a credential of known shape that starts at `at` (AKIA..., ghp_..., a JSON web token); 0 = none.
size_t tokenLength(std::string_view text, size_t at);

// Which part of a flag's value is secret.
enum class SecretPart : uint8_t { none, whole, afterColon, afterPercent, afterComma, afterSlash };

// Short flags of a program that carry a secret.
struct ProgramFlags {
  std::string_view program;
  std::string_view secret;   // letters whose value is secret
  std::string_view plain = {};  // letters without a value, which may stand before them in one word
  SecretPart part = SecretPart::whole;
  bool attached = false;     // the value stands in the same word or there is none
  std::string_view longFlags = {};  // space separated long names with the same kind of value
  std::string_view only = {};       // counts only when this word was on the line
};

// Programs by bits, so that several may be active on one line (sudo, env, sh -c). 0 = none known.
uint64_t programBits(std::string_view word);
// The flag row number `index` of the table, nullptr behind its end.
const ProgramFlags* programFlags(size_t index);

}  // namespace weir
