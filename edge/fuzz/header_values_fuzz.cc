// One value through every reader of header values: what is read is well-formed, written and read
// again it is the same.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "edge/cache_key.h"
#include "edge/compress.h"
#include "edge/cors.h"
#include "edge/date.h"
#include "edge/directives.h"
#include "edge/freshness.h"
#include "edge/fuzz/fuzz.h"
#include "edge/invalidation.h"
#include "edge/lists.h"
#include "edge/ranges.h"
#include "edge/structured_field.h"
#include "edge/validators.h"
#include "edge/variants.h"

namespace cloudlet::edge {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'893'456'000);

void CheckLists(std::string_view text) {
  std::string_view rest = text;
  size_t bytes = 0;
  while (const auto element = NextElement(&rest)) {
    Require(Trimmed(*element) == *element);
    bytes += element->size();
  }
  Require(bytes <= text.size());
  if (const auto unquoted = Unquoted(text)) Require(unquoted->size() + 2 <= text.size());
  const auto digits = Digits(text, 1000);
  Require(!digits || (*digits >= 0 && *digits <= 1000));
}

void CheckDate(std::string_view text) {
  const auto time = ParseDate(text, kNow);
  if (!time) return;
  // A second 60 at the end of the year 9999 is after what can be written.
  const std::string written = FormatDate(*time);
  const auto again = ParseDate(written, kNow);
  Require(again.has_value() && (*again == *time || written == "Fri, 31 Dec 9999 23:59:59 GMT"));
}

std::string Written(const SfMember& member) {
  const SfValue& value = member.value;
  switch (value.type) {
    case SfValue::Type::kInteger:
      return member.key + "=" + std::to_string(value.integer);
    case SfValue::Type::kString:
      return member.key + "=" + SfString(value.text);
    case SfValue::Type::kToken:
      return member.key + "=" + value.text;
    case SfValue::Type::kBoolean:
      return member.key + (value.boolean ? "" : "=?0");
    case SfValue::Type::kDecimal:
    case SfValue::Type::kBytes:
    case SfValue::Type::kInnerList:
      break;
  }
  return member.key + "=()";
}

void CheckDictionary(std::string_view text) {
  const auto members = ParseSfDictionary(text);
  if (!members) return;
  std::string written;
  for (const SfMember& member : *members) {
    written += (written.empty() ? "" : ", ") + Written(member);
  }
  const auto again = ParseSfDictionary(written);
  Require(again && again->size() == members->size());
  for (size_t i = 0; i < again->size(); ++i) {
    Require((*again)[i].key == (*members)[i].key && Written((*again)[i]) == Written((*members)[i]));
  }
}

void CheckDuration(const std::optional<absl::Duration>& duration) {
  if (!duration || *duration == absl::InfiniteDuration()) return;
  Require(*duration >= absl::ZeroDuration() && *duration <= absl::Seconds(kMaxDeltaSeconds));
}

void CheckDirectives(const HttpHeaders& headers) {
  for (const Directives& d : {ParseCacheControl(headers),
                              ParseTargeted(headers, "CDN-Cache-Control").value_or(Directives())}) {
    CheckDuration(d.max_age);
    CheckDuration(d.s_maxage);
    CheckDuration(d.stale_while_revalidate);
    CheckDuration(d.stale_if_error);
  }
  const RequestDirectives request = ParseRequestDirectives(headers);
  CheckDuration(request.max_age);
  CheckDuration(request.min_fresh);
  CheckDuration(request.max_stale);
  CheckDuration(ParseAge(headers));
}

void CheckRanges(std::string_view text) {
  if (const auto specs = ParseRange(text)) {
    for (const RangeSpec& spec : *specs) {
      for (const uint64_t size : {uint64_t{0}, uint64_t{1}, uint64_t{10}, uint64_t{1} << 62}) {
        const auto span = Resolve(spec, size);
        Require(!span || (span->length > 0 && span->end() <= size));
      }
    }
  }
  if (const auto range = ParseContentRange(text)) {
    Require(range->span.length > 0 && (!range->size || range->span.end() <= *range->size));
    const auto again = ParseContentRange(ToString(*range));
    Require(again && again->span == range->span && again->size == range->size);
  }
  if (const auto tag = ParseEntityTag(text)) Require(ToString(*tag) == text);
}

void CheckUrl(std::string_view text) {
  const HttpUrl base = {.authority = "d.example", .path = "/b/c/d;p", .query = "q"};
  const auto url = ResolveUrl(base, text);
  if (!url) return;
  Require(url->path[0] == '/' && !url->authority.empty());
  Require((url->path + "/").find("/../") == std::string::npos);
  Require((url->path + "/").find("/./") == std::string::npos);
  if (text.find_first_of(" \t\r\n") == std::string_view::npos) {
    Require(ResolveUrl(base, ToString(*url)) == url);
  }
}

void CheckVariants(std::string_view text) {
  for (const char* const name : {"Foo", "Accept-Language"}) {
    HttpHeaders request;
    request.Add(name, text);
    const auto value = NormalisedValue(request, name);
    Require(value.has_value() && value == NormalisedValue(request, name));
    if (std::string_view(name) != "Foo") continue;
    request.Set(name, *value);
    Require(NormalisedValue(request, name) == value);
  }
}

// What goes out to viewers and into the log.
void CheckViewerSide(std::string_view text) {
  EdgeLogRow row;
  row.cs_user_agent = row.cs_uri_query = row.sc_content_type = std::string(text);
  const std::string line = ToLine(row);
  Require(std::count(line.begin(), line.end(), '\t') == 32);
  Require(line.find('\n') == line.size() - 1);

  const std::string origin(text);
  constexpr std::string_view kSuffix = ".example.org";
  if (AllowsOrigin("*.example.org", text)) {
    Require(text.size() > kSuffix.size());
    Require(SameHttpName(text.substr(text.size() - kSuffix.size()), kSuffix));
  }
  const CorsHeaders cors = {.allow_origins = {"https://a.example", "*.example.org"},
                            .allow_methods = {"ALL"},
                            .allow_headers = {"*"}};
  HttpHeaders headers = {{"Vary", origin}};
  ApplyCors(cors, {.headers = {{"Origin", origin}}}, &headers);
  const auto* const allowed = headers.Find("Access-Control-Allow-Origin");
  Require(allowed == nullptr || *allowed == origin);

  const std::string_view accepted = NormalisedAcceptEncoding(
      {{"Accept-Encoding", origin}}, {.accept_gzip = true, .accept_brotli = true});
  Require(accepted.empty() || accepted == "br" || accepted == "gzip" || accepted == "br,gzip");
}

void CheckCompression(std::string_view text) {
  const HttpHeaders headers = {{"Content-Type", "text/css"},
                               {"Content-Length", "5000"},
                               {"ETag", std::string(text)},
                               {"Vary", std::string(text)},
                               {"Cache-Control", std::string(text)}};
  if (!IsCompressible(200, headers)) return;
  const HttpHeaders packed = GzipHeaders(headers);
  Require(packed.Count("Content-Encoding") == 1 && packed.Find("Content-Length") == nullptr);
  const auto* const tag = packed.Find("ETag");
  Require(tag == nullptr || ParseEntityTag(*tag)->weak);
  Require(!ConfirmsGzip({.headers = {{"If-None-Match", std::string(text)}}}, packed));
}

}  // namespace

const std::vector<std::string>& FuzzSeeds() {
  static const std::vector<std::string> seeds = {
      "Sun, 06 Nov 1994 08:49:37 GMT",
      "Sunday, 06-Nov-94 08:49:37 GMT",
      "Sun Nov  6 08:49:37 1994",
      "max-age=60, s-maxage=\"1\", no-cache=\"a, b\", stale-while-revalidate=5, private",
      "x=\"\\\"\", stale-if-error=1",
      "max-age=60;a=?1, no-store, x=(a \"b\";c 1.5), y=:aGk=:, z=-15",
      "bytes=0-1, 5-, -3",
      "bytes 4-9/10",
      "bytes 4-9/*",
      "W/\"abc\"",
      "https://User.example:443/a/../b/./c?d#e",
      "../g;x=1/./y",
      "en;q=0.5, de, fr;q=1.000, *;q=0",
      "https://www.example.org",
      "gzip;q=0.5, br;q=0, *",
      "7200, 0"};
  return seeds;
}

}  // namespace cloudlet::edge

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cloudlet::edge;  // NOLINT(google-build-using-namespace): here alone
  const std::string_view text = TextOf(data, size);
  CheckLists(text);
  CheckDate(text);
  CheckDictionary(text);
  CheckRanges(text);
  CheckUrl(text);
  CheckVariants(text);
  CheckViewerSide(text);
  CheckCompression(text);
  cloudlet::HttpHeaders headers;
  for (const char* const name : {"Cache-Control", "CDN-Cache-Control", "Age"}) {
    headers.Add(name, text);
  }
  CheckDirectives(headers);
  return 0;
}
