// A bucket's objects as HTTP, over the public API.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "cloudlet/edge_origin.h"
#include "cloudlet/error.h"
#include "edge/date.h"
#include "edge/lists.h"
#include "edge/path_pattern.h"
#include "edge/ranges.h"

namespace cloudlet {
namespace {

using base::V;

HttpResponse ErrorAnswer(const HttpRequest& request, int status, std::string_view code,
                         std::string_view message) {
  HttpResponse response;
  response.status = status;
  const std::string body =
      absl::StrCat("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>", V(code),
                   "</Code><Message>", V(message), "</Message></Error>");
  response.headers.Add("Content-Type", "application/xml");
  response.headers.Add("Content-Length", std::to_string(body.size()));
  if (request.method != "HEAD") response.body = absl::Cord(body);
  return response;
}

void AddUnlessEmpty(std::string_view name, const std::string& value, HttpHeaders* headers) {
  if (!value.empty()) headers->Add(name, value);
}

HttpHeaders HeadersOf(const ObjectInfo& info) {
  HttpHeaders headers;
  headers.Add("ETag", absl::StrCat("\"", info.etag, "\""));
  headers.Add("Last-Modified", edge::FormatDate(info.last_modified));
  headers.Add("Accept-Ranges", "bytes");
  AddUnlessEmpty("Content-Type", info.content_type, &headers);
  AddUnlessEmpty("Cache-Control", info.cache_control, &headers);
  AddUnlessEmpty("Content-Disposition", info.content_disposition, &headers);
  AddUnlessEmpty("Content-Encoding", info.content_encoding, &headers);
  AddUnlessEmpty("Content-Language", info.content_language, &headers);
  AddUnlessEmpty("Expires", info.expires, &headers);
  AddUnlessEmpty("x-amz-version-id", info.version_id, &headers);
  for (const auto& [name, value] : info.metadata) {
    headers.Add("x-amz-meta-" + name, value);
    if (name == "surrogate-key") headers.Add("Surrogate-Key", value);
  }
  return headers;
}

// One range; S3, too, ignores several, and what is malformed.
std::optional<ByteRange> RangeOf(const HttpHeaders& headers) {
  const auto text = headers.Joined("Range");
  const auto specs = text ? edge::ParseRange(*text) : std::nullopt;
  if (!specs || specs->size() != 1) return std::nullopt;
  return ByteRange{(*specs)[0].first, (*specs)[0].last};
}

GetOptions OptionsOf(const HttpHeaders& headers, absl::Time now) {
  GetOptions options;
  options.if_match = headers.Joined("If-Match").value_or("");
  options.if_none_match = headers.Joined("If-None-Match").value_or("");
  if (const std::string* text = headers.Find("If-Modified-Since")) {
    options.if_modified_since = edge::ParseDate(*text, now);
  }
  if (const std::string* text = headers.Find("If-Unmodified-Since")) {
    options.if_unmodified_since = edge::ParseDate(*text, now);
  }
  options.range = RangeOf(headers);
  return options;
}

bool IsServed(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE";
}

PutOptions PutOptionsOf(const HttpHeaders& headers) {
  const auto value = [&](std::string_view name) { return headers.Joined(name).value_or(""); };
  PutOptions options;
  options.content_type = value("Content-Type");
  options.cache_control = value("Cache-Control");
  options.content_disposition = value("Content-Disposition");
  options.content_encoding = value("Content-Encoding");
  options.content_language = value("Content-Language");
  options.expires = value("Expires");
  options.content_md5 = value("Content-MD5");
  options.if_match = value("If-Match");
  options.if_none_match = value("If-None-Match");
  static constexpr std::string_view kMetadata = "x-amz-meta-";
  for (const HttpHeader& header : headers) {
    const std::string_view name = header.name;
    if (!SameHttpName(name.substr(0, kMetadata.size()), kMetadata)) continue;
    options.metadata[edge::LowerCase(name.substr(kMetadata.size()))] = header.value;
  }
  return options;
}

// Whether If-Range lets the range stand: RFC 9110 section 13.1.5.
bool MeetsIfRange(const std::string& if_range, const ObjectInfo& info, absl::Time now) {
  if (!if_range.empty() && if_range[0] == '"') return if_range == "\"" + info.etag + "\"";
  const auto date = edge::ParseDate(if_range, now);
  return date && *date == absl::FromUnixSeconds(absl::ToUnixSeconds(info.last_modified));
}

class BucketOrigin final : public Origin {
 public:
  BucketOrigin(Bucket bucket, BucketOriginOptions options)
      : bucket_(std::move(bucket)), options_(std::move(options)) {
    std::string* const path = &options_.path;
    while (!path->empty() && path->back() == '/') path->pop_back();
    if (!path->empty() && path->front() != '/') path->insert(0, 1, '/');
  }

  OriginResult Fetch(const HttpRequest& request, absl::Time deadline,
                     const InterimSink& interim) override {
    (void)deadline;  // nothing in here waits
    (void)interim;
    if (request.method == "OPTIONS") {
      return ErrorAnswer(request, 403, "AccessForbidden",
                         "CORSResponse: CORS is not enabled for this bucket.");
    }
    if (!IsServed(request.method)) {
      return ErrorAnswer(request, 405, "MethodNotAllowed",
                         "The specified method is not allowed against this resource.");
    }
    const auto key = edge::ObjectKeyOf(options_.path, request.url.path);
    if (!key) return ErrorAnswer(request, 400, "InvalidURI", "Couldn't parse the specified URI.");
    if (key->empty()) return ErrorAnswer(request, 403, "AccessDenied", "Access Denied");
    absl::StatusOr<HttpResponse> response =
        request.method == "PUT" ? Write(request, *key)
        : request.method == "DELETE"
            ? Remove(request, *key)
            : Read(request, *key, OptionsOf(request.headers, request.time));
    if (response.ok()) return *std::move(response);
    return Failed(request, *key, response.status());
  }

  std::vector<OriginBucket> buckets() const override { return {{bucket_.name(), options_.path}}; }

 private:
  absl::StatusOr<HttpResponse> Read(const HttpRequest& request, const std::string& key,
                                    GetOptions options) const {
    const std::string* const if_range = request.headers.Find("If-Range");
    if (if_range != nullptr && options.range) {
      const auto head = bucket_.Head(key);
      if (!head.ok()) return head.status();
      // What is read must be what was compared.
      if (MeetsIfRange(*if_range, head->info, request.time)) {
        const std::string match = options.if_match;
        if (match.empty()) options.if_match = head->info.etag;
        auto part = ReadOnce(request, key, options);
        if (part.ok() || !match.empty() || !IsPreconditionFailed(part.status())) return part;
        options.if_match.clear();
      }
      options.range.reset();
    }
    return ReadOnce(request, key, options);
  }

  absl::StatusOr<HttpResponse> ReadOnce(const HttpRequest& request, const std::string& key,
                                        const GetOptions& options) const {
    if (request.method == "HEAD") {
      GetOptions whole = options;
      whole.range.reset();  // a Range is for GET alone
      const auto head = bucket_.Head(key, whole);
      if (!head.ok()) return head.status();
      return Answer(head->info, head->not_modified, head->info.size, absl::Cord());
    }
    auto got = bucket_.Get(key, options);
    if (!got.ok()) return got.status();
    const uint64_t length = got->body.size();
    HttpResponse response = Answer(got->info, got->not_modified, length, std::move(got->body));
    if (options.range && !got->not_modified) {
      response.status = 206;
      response.headers.Add("Content-Range", edge::ToString(edge::ContentRange{{got->offset, length},
                                                                              got->info.size}));
    }
    return response;
  }

  absl::StatusOr<HttpResponse> Write(const HttpRequest& request, const std::string& key) const {
    const auto put = bucket_.Put(key, request.body, PutOptionsOf(request.headers));
    if (!put.ok()) return put.status();
    HttpResponse response;
    response.headers.Add("ETag", absl::StrCat("\"", put->etag, "\""));
    AddUnlessEmpty("x-amz-version-id", put->version_id, &response.headers);
    response.headers.Add("Content-Length", "0");
    return response;
  }

  absl::StatusOr<HttpResponse> Remove(const HttpRequest& request, const std::string& key) const {
    DeleteOptions options;
    options.if_match = request.headers.Joined("If-Match").value_or("");
    const auto removed = bucket_.Delete(key, options);
    if (!removed.ok()) return removed.status();
    HttpResponse response = {.status = 204};
    AddUnlessEmpty("x-amz-version-id", removed->version_id, &response.headers);
    if (removed->delete_marker) response.headers.Add("x-amz-delete-marker", "true");
    return response;
  }

  static HttpResponse Answer(const ObjectInfo& info, bool not_modified, uint64_t length,
                             absl::Cord body) {
    HttpResponse response;
    response.headers = HeadersOf(info);
    if (not_modified) {
      response.status = 304;
      return response;
    }
    response.headers.Add("Content-Length", std::to_string(length));
    response.body = std::move(body);
    return response;
  }

  OriginResult Failed(const HttpRequest& request, const std::string& key,
                      const absl::Status& status) const {
    const ErrorCode code = ErrorCodeOf(status);
    if (code == ErrorCode::kNone) return OriginFailure::kConnect;
    const ErrorInfo& info = InfoOf(code);
    HttpResponse response = ErrorAnswer(request, info.http_status, info.name, info.message);
    if (code == ErrorCode::kInvalidRange) {
      if (const auto head = bucket_.Head(key); head.ok()) {
        response.headers.Add("Content-Range", absl::StrCat("bytes */", head->info.size));
      }
    }
    return response;
  }

  const Bucket bucket_;
  BucketOriginOptions options_;  // constant
};

}  // namespace

std::shared_ptr<Origin> MakeBucketOrigin(Bucket bucket, const BucketOriginOptions& options) {
  return std::make_shared<BucketOrigin>(std::move(bucket), options);
}

}  // namespace cloudlet
