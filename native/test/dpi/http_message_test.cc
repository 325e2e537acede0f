#include <doctest/doctest.h>

#include "dpi/payload.h"

using namespace weir;
using namespace weir::test;

namespace {

struct Read {
  FactBuffer facts;
  Parse state;
  std::string text(Fact fact) const { return std::string(facts.text(fact)); }
};

Read request(const std::string& stream) {
  Read read;
  read.state = parseHttpRequest(octetsOf(stream), read.facts).state;
  return read;
}

Read response(const std::string& stream) {
  Read read;
  read.state = parseHttpResponse(octetsOf(stream), read.facts).state;
  return read;
}

bool asks(const std::string& stream) { return looksLikeHttpRequest(octetsOf(stream)); }

}  // namespace

TEST_CASE("http: a request and its fields in any case") {
  const Read read = request(
      "POST /path?q=1 HTTP/1.1\r\nhost: example.org:8080\r\nUSER-AGENT:  curl/8.0 \r\nReferer: http://a/\r\n"
      "x-forwarded-for: 192.0.2.1, 192.0.2.2\r\nVia: 1.1 proxy\r\nContent-Type: text/plain\r\nHost: other\r\n\r\nbody");
  CHECK(read.state == Parse::done);
  CHECK(read.text(Fact::httpMethod) == "POST");
  CHECK(read.text(Fact::httpUrl) == "/path?q=1");
  CHECK(read.text(Fact::httpHost) == "example.org:8080");
  CHECK(read.text(Fact::httpUserAgent) == "curl/8.0");
  CHECK(read.text(Fact::httpReferer) == "http://a/");
  CHECK(read.text(Fact::httpForwardedFor) == "192.0.2.1, 192.0.2.2");
  CHECK(read.text(Fact::httpVia) == "1.1 proxy");
  CHECK(read.text(Fact::httpContentType) == "text/plain");
}

TEST_CASE("http: the host of targets that have it") {
  CHECK(request("GET http://user@example.org:81/x HTTP/1.1\r\n\r\n").text(Fact::httpHost) == "example.org:81");
  CHECK(request("GET http://example.org?x HTTP/1.0\r\n\r\n").text(Fact::httpHost) == "example.org");
  CHECK(request("GET http://example.org/ HTTP/1.1\r\nHost: named\r\n\r\n").text(Fact::httpHost) == "named");
  CHECK(request("CONNECT example.org:443 HTTP/1.1\r\n\r\n").text(Fact::httpHost) == "example.org:443");
  CHECK(request("GET /r?to=http://example.org/ HTTP/1.1\r\n\r\n").text(Fact::httpHost).empty());
  CHECK(request("OPTIONS * HTTP/1.1\r\n\r\n").text(Fact::httpUrl) == "*");
}

TEST_CASE("http: only requests of HTTP/1 look like it") {
  CHECK(asks("GET / HTTP/1.1\r\n"));
  CHECK(asks("\r\nGET / HTTP/1.1\r\n"));
  CHECK(asks("GET /a/long/target/that/goes/on"));
  CHECK(asks("VERSION-CONTROL / HTTP/1.1\r\n"));
  CHECK(!asks("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
  CHECK(!asks("OPTIONS rtsp://example.org/ RTSP/1.0\r\n"));
  CHECK(!asks("OPTIONS sip:a@example.org SIP/2.0\r\n"));
  CHECK(!asks("OPTIONS rtsp://example.org/ RTSP/1"));
  CHECK(!asks("GET\x01 / HTTP/1.1\r\n"));
  CHECK(!asks("get / HTTP/1.1\r\n"));
  CHECK(!asks("GET /\r\n"));
  CHECK(!asks("USER name\r\n"));
  CHECK(!asks(""));
  CHECK(!asks("\r\n\r\n"));
}

TEST_CASE("http: a request that comes in pieces") {
  const std::string whole = "GET /index.html HTTP/1.1\r\nHost: example.org\r\nUser-Agent: x\r\n\r\n";
  for (size_t size = 8; size <= whole.size(); size++) {
    CAPTURE(size);
    const Read read = request(whole.substr(0, size));
    CHECK(read.state == (size == whole.size() ? Parse::done : Parse::more));
    const std::string host = read.text(Fact::httpHost), url = read.text(Fact::httpUrl);
    CHECK((host.empty() || host == "example.org"));
    CHECK((url.empty() || url == "/index.html"));
  }
}

TEST_CASE("http: pipelined requests, the first counts") {
  const Read read = request("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: b\r\nVia: c\r\n\r\n");
  CHECK(read.text(Fact::httpUrl) == "/1");
  CHECK(!read.facts.has(Fact::httpVia));
}

TEST_CASE("http: what is too long is cut") {
  const std::string target = "/" + std::string(5000, 'x');
  const Read open = request("GET " + target);
  CHECK(open.state == Parse::more);
  CHECK(open.text(Fact::httpUrl) == target.substr(0, facts::kLongestText));
  const Read read = request("GET " + target + " HTTP/1.1\r\nCookie: " + std::string(20000, 'y') + "\r\nHost: a\r\n\r\n");
  CHECK(read.state == Parse::done);
  CHECK(!read.facts.has(Fact::httpHost));
  CHECK(request("GET " + std::string(20000, 'x')).state == Parse::done);
}

TEST_CASE("http: responses") {
  const Read read = response("HTTP/1.1 404 Not Found\r\nServer: nginx\r\nContent-Type: text/html; charset=utf-8\r\n\r\nbody");
  CHECK(read.state == Parse::done);
  CHECK(read.facts.number(Fact::httpStatus) == 404);
  CHECK(read.text(Fact::httpServer) == "nginx");
  CHECK(read.text(Fact::httpContentType) == "text/html; charset=utf-8");
  CHECK(response("HTTP/1.0 200\r\n\r\n").facts.number(Fact::httpStatus) == 200);
  CHECK(response("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81").facts.number(Fact::httpStatus) == 101);
  for (const char* bad : {"HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n", "ICY 200 OK\r\n\r\n"}) {
    CAPTURE(bad);
    CHECK(response(bad).state == Parse::no);
    CHECK(!looksLikeHttpResponse(octetsOf(bad)));
  }
}

TEST_CASE("http: interim responses are passed over") {
  const std::string stream = "HTTP/1.1 100 Continue\r\nServer: not this\r\n\r\nHTTP/1.1 103 Early\r\n\r\nHTTP/1.1 201 Created\r\nServer: s\r\n\r\n";
  for (size_t size = 8; size <= stream.size(); size++) {
    CAPTURE(size);
    const Read read = response(stream.substr(0, size));
    CHECK(read.state == (size == stream.size() ? Parse::done : Parse::more));
    const uint64_t status = read.facts.number(Fact::httpStatus);
    CHECK((status == 0 || status == 201));
    const std::string server = read.text(Fact::httpServer);
    CHECK((server.empty() || server == "s"));
  }
}

TEST_CASE("http: the response's content type replaces the request's") {
  FactBuffer facts;
  parseHttpRequest(octetsOf("POST / HTTP/1.1\r\nContent-Type: a/b\r\nHost: h\r\n\r\n"), facts);
  parseHttpResponse(octetsOf("HTTP/1.1 204 No Content\r\n\r\n"), facts);
  CHECK(facts.text(Fact::httpContentType) == "a/b");
  parseHttpResponse(octetsOf("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"), facts);
  CHECK(facts.text(Fact::httpContentType) == "text/html");
  CHECK(facts.text(Fact::httpHost) == "h");
}
