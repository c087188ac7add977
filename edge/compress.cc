// What is compressed is decided by headers alone, so that a stream needs no look at its body.
#include "edge/compress.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "edge/gzip.h"
#include "edge/lists.h"
#include "edge/validators.h"

namespace cloudlet::edge {
namespace {

constexpr int64_t kFewestBytes = 1'000;
constexpr int64_t kMostBytes = 10'000'000;

// The guide's list, sorted.
constexpr std::string_view kTypes[] = {"application/dash+xml",
                                       "application/eot",
                                       "application/font",
                                       "application/font-sfnt",
                                       "application/javascript",
                                       "application/json",
                                       "application/opentype",
                                       "application/otf",
                                       "application/pkcs7-mime",
                                       "application/protobuf",
                                       "application/rss+xml",
                                       "application/truetype",
                                       "application/ttf",
                                       "application/vnd.apple.mpegurl",
                                       "application/vnd.ms-fontobject",
                                       "application/x-font-opentype",
                                       "application/x-font-truetype",
                                       "application/x-font-ttf",
                                       "application/x-httpd-cgi",
                                       "application/x-javascript",
                                       "application/x-mpegurl",
                                       "application/x-opentype",
                                       "application/x-otf",
                                       "application/x-perl",
                                       "application/x-ttf",
                                       "application/xhtml+xml",
                                       "application/xml",
                                       "font/eot",
                                       "font/opentype",
                                       "font/otf",
                                       "font/ttf",
                                       "image/svg+xml",
                                       "text/css",
                                       "text/csv",
                                       "text/html",
                                       "text/javascript",
                                       "text/js",
                                       "text/plain",
                                       "text/richtext",
                                       "text/tab-separated-values",
                                       "text/x-component",
                                       "text/x-java-source",
                                       "text/x-script",
                                       "text/xml",
                                       "vnd.apple.mpegurl"};

bool ListHas(const HttpHeaders& headers, std::string_view name, std::string_view element) {
  const std::vector<std::string_view> list = ListOf(headers, name);
  return std::any_of(list.begin(), list.end(),
                     [&](std::string_view one) { return SameHttpName(one, element); });
}

// The length that all lines of Content-Length say.
std::optional<int64_t> LengthOf(const HttpHeaders& headers) {
  std::optional<int64_t> length;
  for (const HttpHeader& header : headers) {
    if (!SameHttpName(header.name, "Content-Length")) continue;
    const auto one = Digits(header.value, kMostBytes + 1);
    if (!one || (length && length != one)) return std::nullopt;
    length = one;
  }
  return length;
}

bool Accepts(const HttpRequest& request) {
  return (request.method == "GET" || request.method == "HEAD") &&
         ListHas(request.headers, "Accept-Encoding", "gzip");
}

void AddVary(HttpHeaders* headers) {
  if (ListHas(*headers, "Vary", "*") || ListHas(*headers, "Vary", "Accept-Encoding")) return;
  headers->Add("Vary", "Accept-Encoding");
}

void WeakenETag(HttpHeaders* headers) {
  const std::string* const text = headers->Find("ETag");
  if (text == nullptr) return;
  std::optional<EntityTag> tag = ParseEntityTag(*text);
  if (!tag) {
    headers->Remove("ETag");
    return;
  }
  tag->weak = true;
  headers->Set("ETag", ToString(*tag));
}

// All that is done without the body.
enum class Verdict { kAsItIs, kGzip };

Verdict ApplyToHead(const HttpRequest& request, HttpResponse* response) {
  if (response->status == 304) {
    if (Accepts(request) && ConfirmsGzip(request, response->headers)) {
      WeakenETag(&response->headers);
    }
    return Verdict::kAsItIs;
  }
  const bool read = request.method == "GET" || request.method == "HEAD";
  if (!read || !IsCompressible(response->status, response->headers)) return Verdict::kAsItIs;
  AddVary(&response->headers);
  return Accepts(request) ? Verdict::kGzip : Verdict::kAsItIs;
}

// The body in gzip, with its length; as it is where its length is not the one that was said, which
// whoever asked will notice.
void CompressBody(HttpResponse* response) {
  const auto length = LengthOf(response->headers);
  if (!length || static_cast<uint64_t>(*length) != response->body.size()) return;
  std::optional<absl::Cord> body = Gzip(response->body);
  if (!body) return;
  response->headers = GzipHeaders(std::move(response->headers));
  response->body = *std::move(body);
  response->headers.Add("Content-Length", std::to_string(response->body.size()));
}

void Compress(const HttpRequest& request, HttpResponse* response) {
  if (request.method == "HEAD") {
    response->headers = GzipHeaders(std::move(response->headers));
  } else {
    CompressBody(response);
  }
}

class CompressingOrigin final : public Origin {
 public:
  explicit CompressingOrigin(std::shared_ptr<Origin> origin) : origin_(std::move(origin)) {}

  OriginResult Fetch(const HttpRequest& request, absl::Time deadline,
                     const InterimSink& interim) override {
    OriginResult result = origin_->Fetch(request, deadline, interim);
    auto* const response = std::get_if<HttpResponse>(&result);
    if (response != nullptr && ApplyToHead(request, response) == Verdict::kGzip) {
      Compress(request, response);
    }
    return result;
  }

  OriginStream Open(const HttpRequest& request, absl::Time deadline,
                    const InterimSink& interim) override {
    OriginStream result = origin_->Open(request, deadline, interim);
    auto* const stream = std::get_if<HttpStream>(&result);
    if (stream == nullptr || ApplyToHead(request, &stream->head) != Verdict::kGzip) return result;
    if (request.method != "HEAD" && stream->body != nullptr && !ReadAll(stream)) {
      return OriginFailure::kCutShort;
    }
    Compress(request, &stream->head);
    return result;
  }

  std::vector<OriginBucket> buckets() const override { return origin_->buckets(); }

 private:
  // False: it broke off, or there is more than the headers can have said.
  static bool ReadAll(HttpStream* stream) {
    for (;;) {
      absl::StatusOr<absl::Cord> piece = stream->body->Next();
      if (!piece.ok()) return false;
      if (piece->empty()) break;
      stream->head.body.Append(*std::move(piece));
      if (stream->head.body.size() > kMostBytes) return false;
    }
    stream->body = nullptr;
    return true;
  }

  const std::shared_ptr<Origin> origin_;
};

}  // namespace

bool IsCompressibleType(std::string_view content_type) {
  const std::string type = LowerCase(Trimmed(content_type.substr(0, content_type.find(';'))));
  return std::binary_search(std::begin(kTypes), std::end(kTypes), std::string_view(type));
}

bool IsCompressible(int status, const HttpHeaders& headers) {
  if (status != 200 && status != 403 && status != 404) return false;
  const std::string* const type = headers.Find("Content-Type");
  if (type == nullptr || !IsCompressibleType(*type)) return false;
  if (headers.Find("Content-Encoding") != nullptr) return false;
  if (ListHas(headers, "Cache-Control", "no-transform")) return false;
  const auto length = LengthOf(headers);
  return length && *length >= kFewestBytes && *length <= kMostBytes;
}

HttpHeaders GzipHeaders(HttpHeaders headers) {
  headers.Remove("Content-Length");
  headers.Set("Content-Encoding", "gzip");
  WeakenETag(&headers);
  AddVary(&headers);
  return headers;
}

bool ConfirmsGzip(const HttpRequest& request, const HttpHeaders& headers) {
  const std::string* const text = headers.Find("ETag");
  if (text == nullptr) return false;
  const std::optional<EntityTag> tag = ParseEntityTag(*text);
  if (!tag || tag->weak) return false;
  bool weak = false;
  for (const std::string_view element : ListOf(request.headers, "If-None-Match")) {
    const std::optional<EntityTag> asked = ParseEntityTag(element);
    if (!asked || !WeaklyEqual(*asked, *tag)) continue;
    if (!asked->weak) return false;
    weak = true;
  }
  return weak;
}

std::shared_ptr<Origin> MakeCompressingOrigin(std::shared_ptr<Origin> origin) {
  return std::make_shared<CompressingOrigin>(std::move(origin));
}

}  // namespace cloudlet::edge
