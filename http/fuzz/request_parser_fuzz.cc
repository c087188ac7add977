// Requests on a connection: cut in any way they read the same.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "http/fuzz/fuzz.h"
#include "http/request_parser.h"

namespace cloudlet::http {
namespace {

// What a connection reads that gets `step` bytes at a time.
std::string Read(std::string_view bytes, size_t step) {
  RequestParser parser({.max_request_line = 64, .max_head = 128, .max_headers = 4});
  std::string text;
  size_t begin = 0;
  size_t end = 0;
  while (true) {
    const RequestParser::Step next = parser.Next(bytes.substr(begin, end - begin));
    Require(next.consumed <= end - begin);
    begin += next.consumed;
    switch (next.event) {
      case RequestParser::Event::kNeedMore:
        if (end == bytes.size()) return text + "|more";
        end = std::min(bytes.size(), end + step);
        break;
      case RequestParser::Event::kHead: {
        const RequestHead head = parser.TakeHead();
        text += "|" + head.method + " " + head.target;
        for (const Header& header : head.headers) text += "|" + header.name + ":" + header.value;
        Require(!head.chunked || !head.content_length.has_value());
        break;
      }
      case RequestParser::Event::kBody:
        Require(!next.body.empty());
        text += next.body;
        break;
      case RequestParser::Event::kDone:
        for (const Header& header : parser.trailers())
          text += "|" + header.name + ":" + header.value;
        text += "|done";
        parser.Reset();
        break;
      case RequestParser::Event::kBad:
        Require(next.bad.status >= 400 && next.bad.status < 600);
        return text + "|bad";
    }
  }
}

bool DropEnd(std::string_view end, std::string* text) {
  if (text->size() < end.size()) return false;
  if (text->compare(text->size() - end.size(), end.size(), end) != 0) return false;
  text->resize(text->size() - end.size());
  return true;
}

}  // namespace

const std::vector<std::string>& FuzzSeeds() {
  static const std::vector<std::string> seeds = {
      "\3GET /b/k HTTP/1.1\r\nHost: a\r\n\r\n",
      "\1\r\nPUT /b/k HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.0\r\n\r\n",
      "\7POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nt: "
      "1\r\n\r\n"};
  return seeds;
}

}  // namespace cloudlet::http

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cloudlet::http;  // NOLINT(google-build-using-namespace): here alone
  if (size < 1) return 0;
  const std::string_view bytes = TextOf(data + 1, size - 1);
  std::string whole = Read(bytes, std::max<size_t>(1, bytes.size()));
  std::string cut = Read(bytes, 1 + data[0] % 16);
  // Of a body that is not whole, a little may be held back, and what is wrong be seen earlier or
  // later; but neither reads what the other does not.
  if (DropEnd("|more", &whole) || DropEnd("|more", &cut)) {
    DropEnd("|more", &whole);
    DropEnd("|more", &cut);
    DropEnd("|bad", &whole);
    DropEnd("|bad", &cut);
    const size_t common = std::min(whole.size(), cut.size());
    Require(whole.substr(0, common) == cut.substr(0, common));
    return 0;
  }
  Require(whole == cut);
  return 0;
}
