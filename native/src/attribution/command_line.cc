// Command lines as text: joined, without secrets, as UTF-8. When in doubt more is hidden, never less.
#include <algorithm>

#include "attribution/process_reader.h"
#include "attribution/secrets.h"
#include "base/utf8.h"

namespace weir {
namespace {

constexpr size_t kMostOctets = 4096;
constexpr size_t kMostOfArgument = 16384;  // what stands behind it is not looked at
constexpr int kMostNested = 6;
constexpr std::string_view kHidden = "***";
constexpr std::string_view kSpace = " \t\n\r\f\v";
constexpr auto kNone = std::string_view::npos;

bool isNamePart(char c) { return isWordCharacter(c) || c == '-' || c == '.'; }
bool isName(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), isNamePart); }

// sh -c, bash -lc, su -c: the next argument is a script.
bool takesScript(std::string_view argument) {
  return argument.size() >= 2 && argument.size() <= 6 && argument[0] == '-' && argument.back() == 'c';
}

// Where a secret's value begins: behind NAME= or NAME:.
struct Assignment {
  size_t nameAt = 0, valueAt = 0;
  std::string_view name;
};

// The first secret NAME= or NAME: of a text; valueAt 0 = none.
Assignment findAssignment(std::string_view text) {
  for (size_t i = text.find_first_of("=:"); i != kNone; i = text.find_first_of("=:", i + 1)) {
    if (text[i] == ':' && text.substr(i).starts_with("://")) continue;
    size_t end = i;
    while (end > 0 && std::string_view("\"'\\]) ").find(text[end - 1]) != kNone) --end;
    size_t start = end;
    while (start > 0 && isNamePart(text[start - 1])) --start;
    const std::string_view name = text.substr(start, end - start);
    if (!namesSecret(name) || isKeyFile(name, text.substr(i + 1))) continue;
    return {start, i + 1, name};
  }
  return {};
}

class Redactor {
 public:
  std::string run(const std::vector<std::string>& arguments) {
    for (size_t i = 0; i < arguments.size() && out_.size() < kMostOctets; ++i) {
      if (i > 0) out_ += ' ';
      const std::string_view whole = std::string_view(arguments[i]).substr(0, kMostOfArgument);
      argument(whole, i == 0, i > 0 && takesScript(arguments[i - 1]));
    }
    return std::move(out_);
  }

 private:
  void expect(SecretPart part, std::string_view name) {
    pending_ = part;
    pendingName_ = name;
  }

  void argument(std::string_view value, bool first, bool script) {
    if (pending_ != SecretPart::none && takeValue(value)) return;
    if (value.empty()) return;
    if (value.find("PRIVATE KEY-----") != kNone) {
      out_ += kHidden;
    } else if (value.find_first_of(kSpace) != kNone) {
      if (value[0] != '-' || !flag(value)) line(value, script);
    } else if (first) {
      programs_ |= programBits(value);  // a program's name names no secret: passwd, sshpass
      scrub(value);
    } else {
      word(value);
    }
  }

  // An argument or quoted text with spaces in it: NAME=two words, "Header: two words", or a line of its own.
  void line(std::string_view text, bool script) {
    if (++nested_ > kMostNested) {
      out_ += kHidden;
    } else if (const Assignment found = findAssignment(text); !script && found.valueAt > 0 && isWhole(text, found)) {
      hideFrom(text, found.valueAt);
    } else {
      words(text);
    }
    --nested_;
  }

  static bool isWhole(std::string_view text, const Assignment& found) {
    return text.substr(0, found.nameAt).find_first_of(kSpace) == kNone &&
           text.find_first_not_of(kSpace, found.valueAt) != kNone;
  }

  void words(std::string_view text) {
    while (!text.empty()) {
      const size_t start = std::min(text.find_first_not_of(kSpace), text.size());
      out_ += text.substr(0, start);
      text.remove_prefix(start);
      const size_t size = wordLength(text);
      if (size > 0) quotedOrPlain(text.substr(0, size));
      text.remove_prefix(size);
    }
  }

  // Up to the next space outside of quotes; a quote without its partner is a character like others.
  static size_t wordLength(std::string_view text) {
    size_t i = 0;
    while (i < text.size() && kSpace.find(text[i]) == kNone) {
      if (text[i] == '\\') {
        i = std::min(i + 2, text.size());
        continue;
      }
      const size_t partner = text[i] == '"' || text[i] == '\'' ? text.find(text[i], i + 1) : kNone;
      i = partner == kNone ? i + 1 : partner + 1;
    }
    return i;
  }

  void quotedOrPlain(std::string_view text) {
    const char quote = text[0];
    if ((quote == '"' || quote == '\'') && text.size() > 1 && text.find(quote, 1) == text.size() - 1) {
      out_ += quote;
      argument(text.substr(1, text.size() - 2), false, false);
      out_ += quote;
    } else if (pending_ == SecretPart::none || !takeValue(text)) {
      word(text);
    }
  }

  // The value of a name or flag that stood before; false when it is an option of its own.
  bool takeValue(std::string_view value) {
    if (value.starts_with("--") && value.size() > 2 && isWordCharacter(value[2])) {
      pending_ = SecretPart::none;
      return false;
    }
    const bool sign = value == "=" || value == ":" || value == ":=" || value == "=>";
    const bool scheme = pendingName_.find("uth") != kNone && isAuthScheme(value);
    if (sign || scheme) {
      out_ += value;
      return true;
    }
    const SecretPart part = pending_;
    pending_ = SecretPart::none;
    if (part == SecretPart::whole && isKeyFile(pendingName_, value)) {
      out_ += value;
    } else {
      hide(value, part);
    }
    return true;
  }

  void hide(std::string_view value, SecretPart part) {
    if (part == SecretPart::whole) {
      out_ += kHidden;
      return;
    }
    const char mark = part == SecretPart::afterColon ? ':' : part == SecretPart::afterPercent ? '%' : ',';
    const size_t at = value.find(mark);
    if (at == kNone) return scrub(value);
    out_ += value.substr(0, at + 1);
    out_ += kHidden;
  }

  void word(std::string_view text) {
    const bool by = identified_ && (text == "by" || text == "BY");  // SQL: IDENTIFIED BY 'x'
    identified_ = text == "identified" || text == "IDENTIFIED";
    if (by) expect(SecretPart::whole, text);
    login_ |= text == "login";
    if (text[0] == '-') {
      if (flag(text)) return;
    } else {
      programs_ |= programBits(text);
    }
    if (assignment(text) || oracleLogin(text)) return;
    if (const size_t quote = text.find_first_of("\"'"); quote != kNone && text.find_first_of(kSpace, quote) != kNone) {
      scrub(text.substr(0, quote + 1));
      return line(text.substr(quote + 1), true);
    }
    scrub(text);
    if (pending_ == SecretPart::none) bareName(text);
  }

  bool assignment(std::string_view text) {
    const Assignment found = findAssignment(text);
    if (found.valueAt == 0) return text.starts_with("/p:") && hideFrom(text, 3);  // xfreerdp
    if (text.find_first_not_of("\"'\\", found.valueAt) == kNone) {
      out_ += text;
      expect(SecretPart::whole, found.name);
      return true;
    }
    return hideFrom(text, found.valueAt);
  }

  bool hideFrom(std::string_view text, size_t at) {
    scrub(text.substr(0, at));
    out_ += kHidden;
    return true;
  }

  // A name that ends a word, and is no part of a path: the next word is its value.
  void bareName(std::string_view text) {
    size_t end = text.size();
    while (end > 0 && !isNamePart(text[end - 1])) --end;
    size_t start = end;
    while (start > 0 && isNamePart(text[start - 1])) --start;
    const std::string_view name = text.substr(start, end - start);
    if (start > 0 && text[start - 1] == '/') return;
    if (name == "key" || name == "pass" || name == "auth") return;  // too common as words; --key is told by its dashes
    if (namesSecret(name) && !isKeyFile("key", name) && programBits(text) == 0) expect(SecretPart::whole, name);
  }

  bool oracleLogin(std::string_view text) {
    const size_t slash = text.find('/');
    if (slash == kNone || slash == 0 || text[0] == '-' || text[0] == '.' || !active(SecretPart::afterSlash)) return false;
    const size_t at = text.rfind('@');
    out_ += text.substr(0, slash + 1);
    out_ += kHidden;
    if (at != kNone && at > slash) out_ += text.substr(at);
    return true;
  }

  bool active(SecretPart part) const {
    for (size_t i = 0; const ProgramFlags* row = programFlags(i); ++i) {
      if ((programs_ >> i & 1) != 0 && row->part == part) return true;
    }
    return false;
  }

  // A word with a dash in front. True when it is written.
  bool flag(std::string_view text) {
    const std::string_view name = text.substr(std::min(text.find_first_not_of('-'), text.size()));
    for (size_t i = 0; const ProgramFlags* row = programFlags(i); ++i) {
      if ((programs_ >> i & 1) == 0 || (!row->only.empty() && !login_)) continue;
      if (longFlag(text, name, *row) || (text[1 % text.size()] != '-' && shortFlag(text, *row))) return true;
    }
    if (!isName(name) || !namesSecret(name)) return false;
    out_ += text;
    expect(SecretPart::whole, name);
    return true;
  }

  bool longFlag(std::string_view text, std::string_view name, const ProgramFlags& row) {
    const size_t equals = std::min(name.find('='), name.size());
    const std::string_view key = name.substr(0, equals);
    for (std::string_view left = row.longFlags; !left.empty() && !key.empty();) {
      const size_t size = std::min(left.find(' '), left.size());
      if (left.substr(0, size) == key) {
        const std::string_view value = name.substr(std::min(equals + 1, name.size()));
        out_ += text.substr(0, text.size() - value.size());
        value.empty() ? expect(row.part, key) : hide(value, row.part);
        return true;
      }
      left.remove_prefix(std::min(size + 1, left.size()));
    }
    return false;
  }

  bool shortFlag(std::string_view text, const ProgramFlags& row) {
    size_t i = 1;
    while (i < text.size() && row.plain.find(text[i]) != kNone && row.secret.find(text[i]) == kNone) ++i;
    if (i >= text.size() || row.secret.find(text[i]) == kNone) return false;
    if (i + 1 == text.size()) {
      out_ += text;
      if (!row.attached) expect(row.part, text);
      return true;
    }
    out_ += text.substr(0, i + 1);
    hide(text.substr(i + 1), row.part);
    // -password of a program that has -p as well
    if (!row.attached && isName(text) && namesSecret(text)) expect(SecretPart::whole, text);
    return true;
  }

  // Copies a text without passwords in URLs and without tokens that show by their shape.
  void scrub(std::string_view text) {
    size_t at = 0;
    bool url = false;
    while (at < text.size()) {
      if (text.substr(at).starts_with("://")) {
        out_ += "://";
        url = true;
        at = userInfo(text, at + 3);
      } else if (const size_t size = tokenLength(text, at); size > 0) {
        out_ += kHidden;
        at += size;
      } else if (const size_t next = !url && at == 0 ? plainLogin(text) : 0; next > 0) {
        at = next;
      } else {
        out_ += text[at++];
      }
    }
  }

  // user:password@ behind ://; returns where to go on.
  size_t userInfo(std::string_view text, size_t start) {
    const size_t end = std::min(text.find_first_of("/?#", start), text.size());
    const std::string_view authority = text.substr(start, end - start);
    size_t mark = authority.rfind('@');
    const size_t colon = authority.find(':');
    if (mark == kNone && colon != kNone &&
        authority.find_first_not_of("0123456789,:[]abcdefABCDEF.", colon + 1) != kNone) {
      mark = text.substr(start).rfind('@');  // not a port: a password with a slash in it
    }
    if (mark == kNone) return start;
    if (colon != kNone && colon < mark) {
      out_ += text.substr(start, colon + 1);
      out_ += kHidden;
    } else if (mark >= 20) {
      out_ += kHidden;  // https://TOKEN@host
    } else {
      out_ += text.substr(start, mark);
    }
    return start + mark;
  }

  // user:password@host without a scheme, at the start of a word; 0 = none.
  size_t plainLogin(std::string_view text) {
    const size_t mark = text.rfind('@'), colon = text.find(':');
    if (mark == kNone || colon == kNone || colon == 0 || colon + 1 >= mark || mark + 1 == text.size()) return 0;
    if (text.substr(colon).starts_with("://") || text.find('/') < colon) return 0;
    if (text.substr(mark).starts_with("@sha256:")) return 0;  // an image's digest
    out_ += text.substr(0, colon + 1);
    out_ += kHidden;
    return mark;
  }

  std::string out_;
  std::string_view pendingName_;  // in the arguments
  SecretPart pending_ = SecretPart::none;
  uint64_t programs_ = 0;
  int nested_ = 0;
  bool login_ = false, identified_ = false;
};

std::string joined(const std::vector<std::string>& arguments) {
  std::string out;
  for (const std::string& argument : arguments) {
    if (&argument != arguments.data()) out += ' ';
    out += argument;
    if (out.size() > kMostOctets) break;
  }
  return out;
}

// Control characters and ill-formed octets become '?'; cut between code points.
std::string printable(std::string_view text) {
  std::string out;
  const auto* octets = reinterpret_cast<const uint8_t*>(text.data());
  for (size_t at = 0; at < text.size();) {
    const size_t size = utf8::sequenceLength(octets + at, text.size() - at);
    const bool control = (size == 1 && (octets[at] < 0x20 || octets[at] == 0x7f)) ||
                         (size == 2 && octets[at] == 0xc2 && octets[at + 1] < 0xa0);
    const std::string_view piece = size == 0 || control ? std::string_view("?") : text.substr(at, size);
    if (out.size() + piece.size() > kMostOctets) break;
    out += piece;
    at += size == 0 ? utf8::brokenLength(octets + at, text.size() - at) : size;
  }
  return out;
}

}  // namespace

std::string commandLineOf(const std::vector<std::string>& arguments, bool redact) {
  return printable(redact ? Redactor().run(arguments) : joined(arguments));
}

}  // namespace weir
