// Origins: where a distribution gets what it does not have.
//
//   std::shared_ptr<Origin> site = MakeBucketOrigin(cloud.bucket("site").As(reader));
//   std::shared_ptr<Origin> api = MakeCallbackOrigin([](const HttpRequest& request) {
//     return HttpResponse{.status = 200, .body = absl::Cord("hello")};
//   });
//   std::shared_ptr<Origin> both = MakeOriginGroup({.primary = site, .secondary = spare});
//
// Anybody may write another one. Target //:edge.
//
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistS3AndCustomOrigins.html
#ifndef CLOUDLET_API_EDGE_ORIGIN_H_
#define CLOUDLET_API_EDGE_ORIGIN_H_

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "absl/time/time.h"
#include "cloudlet/bucket.h"
#include "cloudlet/edge_http.h"

namespace cloudlet {

// Why there is no answer.
enum class OriginFailure {
  kConnect,   // the origin could not be reached
  kTimeout,   // no answer in time
  kCutShort,  // the answer ended before it was whole
};

using OriginResult = std::variant<HttpResponse, OriginFailure>;

// A body that comes in pieces, to be read by one thread at a time.
class HttpBody {
 public:
  virtual ~HttpBody() = default;  // also before the end: what is left is not wanted
  // The next bytes, for which it waits; empty: that was all. An error: it broke off, and what came
  // before is not the whole.
  virtual absl::StatusOr<absl::Cord> Next() = 0;
};

// An answer whose body may still be on its way.
struct HttpStream {
  HttpResponse head = {};                    // with the body, where that is whole already
  std::unique_ptr<HttpBody> body = nullptr;  // null: `head.body` is all
};

using OriginStream = std::variant<HttpStream, OriginFailure>;

// Takes interim responses (status 100 to 199), in order, before the answer. May be null.
using InterimSink = std::function<void(const HttpResponse&)>;

// Objects that an origin answers from: GET /a/b is the key `path` + "/a/b" without its first '/'.
struct OriginBucket {
  std::string bucket = {};
  std::string path = {};  // as BucketOriginOptions::path
};

// Threads: Fetch is called from any number of threads at once.
class Origin {
 public:
  virtual ~Origin() = default;

  // Answers `request` before `deadline`, a time of the Cloud's clock. No lock is held meanwhile. An
  // answer that comes later counts as kTimeout, a thrown exception as kCutShort, a status outside
  // of 200 to 999 as kCutShort. A body to HEAD is dropped.
  virtual OriginResult Fetch(const HttpRequest& request, absl::Time deadline,
                             const InterimSink& interim) = 0;

  // The same as soon as the head is there. `deadline` is for the head; `request` is not used after
  // the return. By default Fetch's answer, whole.
  virtual OriginStream Open(const HttpRequest& request, absl::Time deadline,
                            const InterimSink& interim);

  // The buckets whose objects the answers are made of: what a coherent distribution watches. Must
  // not change. None: the answers are of something else, and are seen to change by their lifetimes.
  virtual std::vector<OriginBucket> buckets() const { return {}; }
};

struct BucketOriginOptions {
  // Put before the path of every request: "/public" makes GET /a the key "public/a". A '/' that is
  // missing at its beginning is meant, one at its end is not.
  std::string path = {};
};

// GET, HEAD, PUT and DELETE of the objects of `bucket`, on behalf of the bucket handle's caller
// (origin access identity: `bucket.As(caller)`): who may write through a distribution is who may
// use a behavior that allows all methods. Of the object come its bytes, ETag, Last-Modified,
// Content-Type, Cache-Control, Content-Disposition, -Encoding, -Language, Expires, x-amz-version-id
// and x-amz-meta-* (the one called "surrogate-key" is Surrogate-Key, too); conditions and a single
// range are carried out by the store. The path is unescaped (a '+' stays). Errors are S3's own
// status with its code in a small XML body; an object that is not there is 404 to a caller who may
// list the bucket, else 403, as in S3. A Cloud that is closed, or a read that the store fails, is
// kConnect. A PUT writes the whole object with the request's Content-Type, Cache-Control,
// Content-MD5 and so on, as far as the origin request policy lets them come here. Other methods:
// 405 MethodNotAllowed; OPTIONS: 403, as of a bucket without CORS.
std::shared_ptr<Origin> MakeBucketOrigin(Bucket bucket, const BucketOriginOptions& options = {});

// Calls `answer`, from any thread, several at once. It may throw: kCutShort.
std::shared_ptr<Origin> MakeCallbackOrigin(
    std::function<OriginResult(const HttpRequest& request)> answer);

// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html
struct OriginGroupOptions {
  std::shared_ptr<Origin> primary = nullptr;
  std::shared_ptr<Origin> secondary = nullptr;
  // Statuses of the primary that make the secondary be asked: of 400, 403, 404, 416, 429, 500, 502,
  // 503, 504. A failure always does.
  std::vector<int> failover_statuses = {500, 502, 503, 504};
};

// Asks the secondary where the primary fails or answers with one of the statuses; GET, HEAD and
// OPTIONS only. null: an origin is missing, or a status cannot be chosen.
std::shared_ptr<Origin> MakeOriginGroup(const OriginGroupOptions& options);

}  // namespace cloudlet

#endif  // CLOUDLET_API_EDGE_ORIGIN_H_
