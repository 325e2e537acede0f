// No secret of a command line gets out: known forms one by one, then forms, wrappers and secrets mixed at random.
#include <doctest/doctest.h>

#include <random>

#include "attribution/process_reader.h"
#include "attribution/secrets.h"
#include "base/utf8.h"

using namespace weir;

namespace {

using Arguments = std::vector<std::string>;

std::string shown(const Arguments& arguments) { return commandLineOf(arguments, true); }

struct Case {
  Arguments arguments;
  const char* expected;
};

const Case kCases[] = {
    {{"nginx: worker process"}, "nginx: worker process"},
    {{"mysql", "-u", "root", "-psecret", "shop"}, "mysql -u root -p*** shop"},
    {{"mysql", "-uphilip", "-p", "shop"}, "mysql -uphilip -p shop"},
    {{"/usr/bin/mysqldump", "-Bpx9", "a"}, "/usr/bin/mysqldump -Bp*** a"},
    {{"app", "--password=x"}, "app --password=***"},
    {{"app", "--password=two words"}, "app --password=***"},
    {{"app", "--password", "x y", "-v"}, "app --password *** -v"},
    {{"app", "--password", "--verbose"}, "app --password --verbose"},
    {{"app", "--token", "x"}, "app --token ***"},
    {{"app", "-password", "x"}, "app -password ***"},
    {{"app", "--no-password", "x", "--password-file", "/run/p", "--token-url", "http://a/"},
     "app --no-password x --password-file /run/p --token-url http://a/"},
    {{"app", "--key", "server.pem", "--key", "abc", "--tls-key=/etc/a.key"}, "app --key server.pem --key *** --tls-key=/etc/a.key"},
    {{"env", "PGPASSWORD=x", "AWS_SECRET_ACCESS_KEY=y", "psql"}, "env PGPASSWORD=*** AWS_SECRET_ACCESS_KEY=*** psql"},
    {{"java", "-Ddb.password=x", "-Djavax.net.ssl.keyStorePassword=y", "-jar", "a.jar"},
     "java -Ddb.password=*** -Djavax.net.ssl.keyStorePassword=*** -jar a.jar"},
    {{"curl", "-u", "user:pass", "http://a/"}, "curl -u user:*** http://a/"},
    {{"curl", "-sSuuser:pass", "http://a/"}, "curl -sSuuser:*** http://a/"},
    {{"curl", "--user", "user:pass", "--proxy-user=p:q"}, "curl --user user:*** --proxy-user=p:***"},
    {{"curl", "-H", "Authorization: Bearer abc", "http://a/"}, "curl -H Authorization:*** http://a/"},
    {{"curl", "-HX-Api-Key: abc"}, "curl -HX-Api-Key:***"},
    {{"curl", "-d", R"({"password": "x", "user": "u"})"}, R"(curl -d {"password":***)"},
    {{"curl", "https://u:p@h/x?access_token=y&z=1"}, "curl https://u:***@h/x?access_token=***"},
    {{"docker", "run", "-p", "80:80", "--user", "0:0", "nginx:1.25"}, "docker run -p 80:80 --user 0:0 nginx:1.25"},
    {{"docker", "login", "-u", "me", "-p", "x", "registry"}, "docker login -u me -p *** registry"},
    {{"psql", "postgres://u:p@h/db"}, "psql postgres://u:***@h/db"},
    {{"psql", "postgres://u:p/w@h/db"}, "psql postgres://u:***@h/db"},
    {{"psql", "host=h user=u password=x dbname=d"}, "psql host=h user=u password=*** dbname=d"},
    {{"psql", "-c", "ALTER USER u WITH PASSWORD 'x y'"}, "psql -c ALTER USER u WITH PASSWORD '***'"},
    {{"mysql", "-e", "CREATE USER u IDENTIFIED BY 'x'"}, "mysql -e CREATE USER u IDENTIFIED BY '***'"},
    {{"git", "clone", "https://0123456789abcdefghij@github.com/a/b"}, "git clone https://***@github.com/a/b"},
    {{"git", "clone", "ssh://git@host:22/a", "git@host:a/b"}, "git clone ssh://git@host:22/a git@host:a/b"},
    {{"app", "redis://:p@h:6379/0", "-x", "u:p@proxy:3128"}, "app redis://:***@h:6379/0 -x u:***@proxy:3128"},
    {{"docker", "pull", "nginx:1.25@sha256:abc"}, "docker pull nginx:1.25@sha256:abc"},
    {{"sh", "-c", "PASSWORD=x exec mysql -px -h db"}, "sh -c PASSWORD=*** exec mysql -p*** -h db"},
    {{"sh", "-c", "curl -H 'Authorization: Basic x y' http://a | sh"}, "sh -c curl -H 'Authorization:***' http://a | sh"},
    {{"bash", "-lc", R"(ssh h "mysql -px shop")"}, R"(bash -lc ssh h "mysql -p*** shop")"},
    {{"sudo", "sshpass", "-p", "x", "ssh", "h"}, "sudo sshpass -p *** ssh h"},
    {{"sshpass", "-px", "ssh", "h"}, "sshpass -p*** ssh h"},
    {{"redis-cli", "-a", "x", "ping"}, "redis-cli -a *** ping"},
    {{"ldapsearch", "-x", "-w", "x", "-D", "cn=a"}, "ldapsearch -x -w *** -D cn=a"},
    {{"smbclient", "-U", "u%p", "//h/s"}, "smbclient -U u%*** //h/s"},
    {{"snmpwalk", "-v2c", "-c", "public", "h"}, "snmpwalk -v2c -c *** h"},
    {{"openssl", "enc", "-k", "x", "-passin", "pass:y"}, "openssl enc -k *** -passin ***"},
    {{"sqlplus", "scott/tiger@db"}, "sqlplus scott/***@db"},
    {{"7z", "a", "-px", "a.7z"}, "7z a -p*** a.7z"},
    {{"xfreerdp", "/u:me", "/p:x"}, "xfreerdp /u:me /p:***"},
    {{"aws", "configure", "set", "aws_secret_access_key", "x"}, "aws configure set aws_secret_access_key ***"},
    {{"app", "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}, "app *** ***"},
    {{"app", "ghp_0123456789abcdefghijABCDEFGHIJ012345", "xoxb-1234567890-abcdefg"}, "app *** ***"},
    {{"app", "-----BEGIN RSA PRIVATE KEY-----\nabc\n"}, "app ***"},
    {{"app", "password", "=", "x"}, "app password = ***"},
    {{"app", ""}, "app "},
    {{}, ""},
    {{"app", "/etc/secrets/a", "secrets/b", "tokens.json"}, "app /etc/secrets/a secrets/b tokens.json"},
};

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  size_t below(size_t limit) { return std::uniform_int_distribution<size_t>(0, limit - 1)(engine_); }
  template <class Items>
  auto& of(Items& items) {
    return items[below(std::size(items))];
  }
  std::string text(std::string_view letters, size_t size) {
    std::string out;
    while (out.size() < size) out += letters[below(letters.size())];
    return out;
  }

 private:
  std::mt19937 engine_;
};

constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
constexpr std::string_view kMarks = " !#$%&*+,./:;<=>?@^_~-";

// <> stands for the secret; one string an argument.
const Arguments kForms[] = {
    {"--password=<>"}, {"--password", "<>"}, {"-password", "<>"}, {"--db-password", "<>"}, {"--PASSWORD", "<>"}, {"PASSWORD=<>"},
    {"--token", "<>"}, {"--token=<>"}, {"--api-key=<>"}, {"--apiKey", "<>"}, {"--secret", "<>"}, {"--client_secret=<>"},
    {"-e", "MYSQL_ROOT_PASSWORD=<>"}, {"-Dspring.datasource.password=<>"}, {"--set", "auth.password=<>"}, {"--passphrase", "<>"},
    {"curl", "-u", "user:<>"}, {"curl", "-uuser:<>"}, {"curl", "--user", "user:<>"}, {"curl", "--user=user:<>"},
    {"curl", "-sSfu", "user:<>"}, {"curl", "-H", "Authorization: Bearer <>"}, {"curl", "-H", "authorization: Basic <>"},
    {"curl", "--header=Authorization: Token <>"}, {"curl", "-H", "X-Auth-Token: <>"}, {"curl", "-H", "Cookie: a=b; session=<>"},
    {"curl", "--oauth2-bearer", "<>"}, {"curl", "-d", "{\"user\":\"u\",\"password\":\"<>\"}"},
    {"curl", "-d", "{\"user\": \"u\", \"password\" : \"<>\"}"}, {"curl", "-d", "user=u&password=<>"}, {"mysql", "-p<>"},
    {"mysqldump", "-uroot", "-p<>", "db"}, {"mariadb", "--password=<>"}, {"sshpass", "-p", "<>", "ssh", "h"}, {"sshpass", "-p<>"},
    {"redis-cli", "-a", "<>"}, {"mongosh", "-p", "<>"}, {"ldapsearch", "-x", "-w", "<>"}, {"smbclient", "-U", "user%<>"},
    {"mosquitto_pub", "-P", "<>"}, {"snmpget", "-v3", "-A", "<>"}, {"ipmitool", "-U", "u", "-P", "<>"}, {"7z", "x", "-p<>"},
    {"docker", "login", "-p", "<>"}, {"openssl", "rsa", "-passin", "pass:<>"}, {"openssl", "enc", "-k", "<>"},
    {"app", "Server=h;Password=<>"}, {"psql", "-c", "alter user u password '<>'"},
    {"aws", "configure", "set", "aws_secret_access_key", "<>"}, {"npm", "config", "set", "//r/:_authToken", "<>"},
    {"vault", "write", "auth/approle/login", "secret_id=<>"}, {"sh", "-c", "DB_PASSWORD='<>' ./run"},
};
// Here it has letters and digits only: marks would end it.
const Arguments kNarrow[] = {
    {"https://user:<>@host/path"}, {"postgres://u:<>@h:5432/db?x=y"}, {"redis://:<>@h"}, {"mongodb://u:<>@a:1,b:2/db"},
    {"--url=amqp://u:<>@h/"}, {"https://h/p?api_key=<>"}, {"https://h/p?a=b&token=<>"}, {"--proxy", "u:<>@proxy:3128"},
    {"psql", "host=h password=<> user=u"},
};
const char* const kNoise[] = {"-v", "--verbose", "run", "/usr/bin/env", "a b", "--name=x", "-f", "file.txt", "don't", "|", "\"", "é"};

Arguments filled(Arguments form, const std::string& secret) {
  for (std::string& argument : form) {
    if (const size_t at = argument.find("<>"); at != std::string::npos) argument.replace(at, 2, secret);
  }
  return form;
}

// The same as one argument of a shell.
Arguments inShell(const Arguments& arguments) {
  std::string line;
  for (const std::string& argument : arguments) {
    const bool quote = argument.find_first_of(" \"&;<>|") != std::string::npos && argument.find('\'') == std::string::npos;
    line += (line.empty() ? "" : " ") + (quote ? "'" + argument + "'" : argument);
  }
  return {"sh", "-c", line};
}

bool wellFormed(const std::string& text) {
  const auto* octets = reinterpret_cast<const uint8_t*>(text.data());
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  }
  return utf8::wellFormedPrefix(octets, text.size()) == text.size();
}

}  // namespace

TEST_CASE("redaction: known forms") {
  for (const Case& each : kCases) CHECK(shown(each.arguments) == std::string(each.expected));
}

TEST_CASE("redaction: no secret survives, however its form is wrapped") {
  Random random(20);
  for (int round = 0; round < 20000; ++round) {
    const bool narrow = random.below(4) == 0;
    std::string secret = random.text(kLetters, 8 + random.below(20));
    if (!narrow && random.below(2) == 0) secret.insert(secret.size() / 2, random.text(kMarks, 1 + random.below(3)));
    const Arguments form = filled(narrow ? random.of(kNarrow) : random.of(kForms), secret);
    Arguments arguments = {random.below(2) == 0 ? "app" : "/usr/bin/sudo"};
    for (size_t i = random.below(3); i > 0; --i) arguments.emplace_back(random.of(kNoise));
    arguments.insert(arguments.end(), form.begin(), form.end());
    for (size_t i = random.below(3); i > 0; --i) arguments.emplace_back(random.of(kNoise));
    if (random.below(4) == 0) arguments = inShell(form);
    const std::string line = shown(arguments);
    const std::string plain = commandLineOf(arguments, false);
    CAPTURE(plain);
    CAPTURE(line);
    REQUIRE(plain.find(secret) != std::string::npos);
    CHECK(line.find(secret.substr(0, 4)) == std::string::npos);
    CHECK(line.find(secret.substr(secret.size() - 4)) == std::string::npos);
  }
}

TEST_CASE("redaction: any octets give one well-formed line") {
  Random random(21);
  const std::string parts[] = {"-p", "mysql", "curl", "://", "@", ":", "=", "'", "\"", "\\", " ", "password", "Authorization",
                               "\xff", "\xc3\xa4", "\n", "\xc2\x85", "-", "--", "/", "ecc", "eyJ"};
  for (int round = 0; round < 20000; ++round) {
    Arguments arguments(random.below(5));
    for (std::string& argument : arguments) {
      for (size_t i = random.below(12); i > 0; --i) {
        argument += random.below(6) == 0 ? std::string(1, static_cast<char>(random.below(256))) : random.of(parts);
      }
    }
    CHECK(wellFormed(shown(arguments)));
    CHECK(wellFormed(commandLineOf(arguments, false)));
  }
}

TEST_CASE("command line: one line of at most 4,096 octets, cut between code points") {
  CHECK(commandLineOf({"a", "b c", ""}, false) == "a b c ");
  CHECK(commandLineOf({"a\nb\tc\x7f", "\xc2\x85", "\xff\xc3"}, false) == "a?b?c? ? ??");
  CHECK(commandLineOf({"--password=x"}, false) == "--password=x");
  std::string many = "a";
  for (int i = 0; i < 3000; ++i) many += "\xc3\xa4";
  CHECK(commandLineOf({many}, false).size() == 4095);
  CHECK(commandLineOf({many}, true) == commandLineOf({many}, false));
  CHECK(shown({std::string(4090, 'x'), "--password=abcdef"}).size() == 4096);
  CHECK(shown({"app", std::string(100000, '\'')}).size() == 4096);
  std::string nested = "x";
  for (int i = 0; i < 40; ++i) nested = "sh -c \"" + nested + " y\"";
  CHECK(wellFormed(shown({"sh", "-c", nested})));
}
