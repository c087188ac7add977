// Targets, queries and their canonical forms, against plain versions of the same rules.
#include <algorithm>
#include <cstdio>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/fuzz/fuzz.h"
#include "http/sigv4.h"
#include "http/uri.h"
#include "http/utf8.h"

namespace cloudlet::http {
namespace {

constexpr std::string_view kUnreserved =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

std::string PlainEncode(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    char escape[4];
    std::snprintf(escape, sizeof escape, "%%%02X", static_cast<unsigned char>(c));
    out += kUnreserved.find(c) != std::string_view::npos ? std::string(1, c) : escape;
  }
  return out;
}

bool PlainDecode(std::string_view text, bool plus, std::string* out) {
  const std::string_view digits = "0123456789abcdefABCDEF";
  const auto value = [&](char c) {
    const size_t at = digits.find(c);
    return at < 16 ? at : at - 6;
  };
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size() || digits.find(text[i + 1]) == std::string_view::npos ||
          digits.find(text[i + 2]) == std::string_view::npos) {
        return false;
      }
      *out += static_cast<char>(value(text[i + 1]) * 16 + value(text[i + 2]));
      i += 2;
    } else {
      *out += plus && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out->find('\0') == std::string::npos && IsUtf8(*out);
}

std::string PlainQuery(const std::vector<QueryParam>& query) {
  std::multiset<std::pair<std::string, std::string>> sorted;
  for (const QueryParam& param : query) {
    sorted.emplace(PlainEncode(param.name), PlainEncode(param.value));
  }
  std::string out;
  for (const auto& [name, value] : sorted) out += (out.empty() ? "" : "&") + name + "=" + value;
  return out;
}

// Segment by segment: an escaped slash is no separator.
std::string PlainPath(std::string_view raw) {
  std::string out;
  while (true) {
    const size_t slash = raw.find('/');
    std::string decoded;
    Require(PlainDecode(raw.substr(0, slash), false, &decoded));
    out += PlainEncode(decoded);
    if (slash == std::string_view::npos) return out;
    out += '/';
    raw.remove_prefix(slash + 1);
  }
}

}  // namespace

const std::vector<std::string>& FuzzSeeds() {
  static const std::vector<std::string> seeds = {
      "/",
      "/b/k?acl&x=1&x=&%C3%A4=+%2B",
      "/b/%2f%2F/../a+b%20~",
      "http://host:80/b?a=b",
      "*",
      "/\xE2\x82\xAC/%F0%9F%98%80?=&&==",
      "/b/k?versionId=a%26b%3Dc&response-content-type=text%2Fx"};
  return seeds;
}

}  // namespace cloudlet::http

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cloudlet::http;  // NOLINT(google-build-using-namespace): here alone
  const std::string_view text = TextOf(data, size);
  for (const Plus plus : {Plus::kPlus, Plus::kSpace}) {
    std::string plain;
    const bool good = PlainDecode(text, plus == Plus::kSpace, &plain);
    const auto decoded = PercentDecode(text, plus);
    Require(decoded.ok() == good);
    RequireClientError(decoded.status());
    if (good)
      Require(*decoded == plain && PercentDecode(PercentEncode(plain), plus).value() == plain);
  }
  Require(PercentEncode(text) == PlainEncode(text));
  const auto target = ParseRequestTarget(text);
  RequireClientError(target.status());
  if (!target.ok()) return 0;
  const std::string path = CanonicalPath(target->raw_path);
  if (target->raw_path != "*") {
    Require(path == PlainPath(target->raw_path) && CanonicalPath(path) == path);
    Require(PercentDecode(path).value() == target->path);
  }
  const std::string query = CanonicalQuery(target->query);
  Require(query == PlainQuery(target->query));
  // What has an empty name and no value is dropped when it is read again.
  const auto again = ParseQuery(query);
  Require(again.ok() && CanonicalQuery(*again) == query);
  return 0;
}
