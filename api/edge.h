// Distribution: a CDN in this process, in front of buckets and other origins.
//
//   DistributionOptions options;
//   options.origins = {{.id = "site", .origin = MakeBucketOrigin(cloud.bucket("site"))}};
//   options.default_behavior.origin_id = "site";
//   options.coherent = true;
//   absl::StatusOr<Distribution> cdn = Distribution::Create(cloud, options);
//   HttpResponse page = cdn->Handle({.url = {.authority = "d.example", .path = "/a.css"}});
//
// It answers as CloudFront does: ordered behaviors, cache keys by policy, one fetch for many
// viewers, invalidation, signed URLs. docs/edge.md follows a request and lists what is not there.
// Target //:edge: including this without linking it is an error of the linker.
//
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Introduction.html
#ifndef CLOUDLET_API_EDGE_H_
#define CLOUDLET_API_EDGE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "cloudlet/cloud.h"
#include "cloudlet/edge_eviction.h"
#include "cloudlet/edge_functions.h"
#include "cloudlet/edge_geography.h"
#include "cloudlet/edge_http.h"
#include "cloudlet/edge_log.h"
#include "cloudlet/edge_origin.h"
#include "cloudlet/edge_response_headers.h"
#include "cloudlet/rate_rules.h"
#include "cloudlet/signed_url.h"

namespace cloudlet {

namespace internal {
class DistributionImpl;
}  // namespace internal

// Which names out of many.
enum class Selection { kNone, kListed, kAllExcept, kAll };

// Names of headers are compared without case, of cookies and query strings with it.
struct NameSelection {
  Selection which = Selection::kNone;
  std::vector<std::string> names = {};  // of kListed and kAllExcept; else empty
};

// How long an answer is kept, and what it depends on: all that is in the key also goes to the
// origin, and nothing else of the viewer's but what the origin request policy adds.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cache-key-create-cache-policy.html
struct CachePolicy {
  // 0 <= min_ttl <= default_ttl <= max_ttl, whole seconds. max_ttl 0: nothing is kept, and requests
  // never wait for each other.
  absl::Duration min_ttl = absl::ZeroDuration();
  absl::Duration default_ttl = absl::Hours(24);
  absl::Duration max_ttl = absl::Hours(24 * 365);
  NameSelection headers = {};  // kNone or kListed
  NameSelection cookies = {};
  NameSelection query_strings = {};
  // Accept-Encoding is in the key and sent, reduced to those of these that the viewer accepts. With
  // neither it is a header as any other.
  bool accept_gzip = false;
  bool accept_brotli = false;
};

// What goes to the origin without being in the key. Answers that depend on it are given to viewers
// who sent something else: that is the policy's to answer for.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/controlling-origin-requests.html
struct OriginRequestPolicy {
  // "Host" among them: the origin sees the viewer's. Authorization only in the profile kRfc9111,
  // which keeps no answer to it but those that are meant for all.
  NameSelection headers = {};
  NameSelection cookies = {};
  NameSelection query_strings = {};
};

enum class AllowedMethods {
  kGetHead,
  kGetHeadOptions,
  kAll,  // and PUT, POST, PATCH, DELETE
  kAny,  // Extension: whatever is a method
};

// Whether viewers may come over http. By `HttpRequest::url.scheme`: all but "https" is http.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-https-viewers-to-cloudfront.html
enum class ViewerProtocolPolicy {
  kAllowAll,
  kRedirectToHttps,  // 301 for GET and HEAD; 307 for other methods, and 403 for them in HTTP/1.0
  kHttpsOnly,        // 403
};

// What happens to the requests whose path matches.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesCacheBehavior.html
struct CacheBehavior {
  // Up to 255 characters; '*' is any number of characters ('/' too), '?' one; case matters; a
  // missing '/' at the beginning is meant. Empty in the default behavior alone.
  std::string path_pattern = {};
  std::string origin_id = {};
  AllowedMethods allowed_methods = AllowedMethods::kGetHead;  // others: 403
  ViewerProtocolPolicy viewer_protocol = ViewerProtocolPolicy::kAllowAll;
  // What the origin sends as it is goes, and is stored, in gzip to viewers who accept it: answers
  // 200, 403 and 404 of 1,000 to 10,000,000 bytes by their Content-Length, of the types that
  // CloudFront lists, without Content-Encoding and no-transform. A strong ETag becomes weak.
  // Takes `cache.accept_gzip` and a max_ttl above 0.
  // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/ServingCompressedFiles.html
  bool compress = false;
  CachePolicy cache = {};
  OriginRequestPolicy origin_request = {};
  ResponseHeadersPolicy response_headers = {};
  // Ids of DistributionOptions::key_groups, at most 4. Not empty: what is not signed by one of
  // their keys is answered with 403, and the parameters and cookies of signatures go no further.
  std::vector<std::string> trusted_key_groups = {};
  std::vector<EdgeFunctionAssociation> functions = {};  // at most one for each event point
};

struct DistributionOrigin {
  std::string id = {};
  std::shared_ptr<Origin> origin = nullptr;
  // The authority of requests to it. Empty: the id.
  std::string domain_name = {};
  // Added to requests, in place of the viewer's headers of these names.
  std::vector<HttpHeader> custom_headers = {};
  absl::Duration response_timeout = absl::Seconds(30);  // 1 s to 120 s
  int connection_attempts = 3;  // 1 to 3: how often it is tried while it answers kConnect
  // The place of a cache that all others ask instead of the origin: so many misses at so many POPs
  // are one fetch. A code of edge_geography.h. Empty: there is none.
  // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/origin-shield.html
  std::string origin_shield = {};
  // Where it is, for modelled latencies; absent: beside the cache that asks it.
  std::optional<GeoPoint> location = {};
  // Extension: how many of its answers may be on their way at once, all behaviors together; 0: any
  // number. Others wait in a queue of at most `max_queued`, first come, first served, for half of
  // their response_timeout; what finds no place there, or waits in vain, is shed: 503 with
  // Retry-After, never stored, and no failure of the origin. Hits need no place.
  int max_concurrent_fetches = 0;
  int max_queued = 0;  // needs max_concurrent_fetches
};

// What viewers get in place of an error, and how long it is remembered.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/GeneratingCustomErrorResponses.html
struct CustomErrorResponse {
  int error_code = 0;  // 400, 403, 404, 405, 414, 416, 500, 501, 502, 503 or 504
  // Path of the page, fetched through the behavior that it matches; empty: the origin's own answer.
  std::string response_page_path = {};
  int response_code = 0;  // of the page; 0: the error's
  absl::Duration error_caching_min_ttl = absl::Seconds(10);
};

enum class GeoRestriction { kNone, kAllowList, kBlockList };

// Which rules of caching hold; docs/edge.md has them side by side.
enum class CacheProfile {
  kCloudFront,
  kRfc9111,  // the TTLs of cache policies must then be at their defaults: lifetimes are the
             // origin's
};

struct DistributionOptions {
  std::vector<DistributionOrigin> origins = {};  // at least one, ids apart
  std::vector<CacheBehavior> behaviors = {};     // at most 75; the first that matches holds
  CacheBehavior default_behavior = {};
  // The object for "/": "index.html". Empty: the origin is asked for "/".
  std::string default_root_object = {};
  std::vector<CustomErrorResponse> custom_error_responses = {};
  GeoRestriction geo_restriction = GeoRestriction::kNone;
  std::vector<std::string> countries = {};  // of the restriction: ISO 3166 alpha-2, "DE"
  std::vector<KeyGroup> key_groups = {};
  CacheProfile profile = CacheProfile::kCloudFront;
  // Extension, of the profile kRfc9111: origins that send fewer bytes of a part than they say are
  // believed that what they describe ends there, and the rest of a part is asked for also where it
  // cannot be joined (docs/edge.md).
  bool lenient_partials = false;
  // What each cache may hold; 0: nothing. It is cut into parts of 64 MiB, or sixteen larger ones,
  // and no answer is stored that is larger than a part.
  uint64_t cache_bytes = uint64_t{256} << 20;
  // Who leaves a cache that is full.
  EvictionPolicy eviction = EvictionPolicy::kS3Fifo;
  // What is larger than 1 % of a part is stored when it is fetched the second time: one large
  // answer that nobody asks for again does not cost a hundred small ones.
  bool large_on_second_request = false;
  // Places with a cache, codes of EdgeLocations() ("FRA"), each once; those outside of the price
  // class are not used. A viewer is served by `Viewer::pop`, else by the nearest, else (nobody
  // knows where he is) by the first. Empty: one place, called `pop`.
  std::vector<std::string> pops = {};
  PriceClass price_class = PriceClass::kAll;
  // Places of regional caches, codes of EdgeLocations(): a POP asks the one that is nearest to it
  // for what it does not have. Empty: there are none.
  std::vector<std::string> regional_caches = {};
  // How long it takes until an invalidation has come to the last POP, each at its own time; shields
  // and regional caches come first.
  absl::Duration invalidation_delay = absl::ZeroDuration();
  // Extension: after a put or delete through this Cloud has returned, no viewer whose request comes
  // then gets what was there before. For origins with buckets (at least one of them, else
  // INVALID_ARGUMENT). A write costs a few nanoseconds more; about one of 65,536 other entries is
  // fetched anew for each.
  bool coherent = false;
  // As it appears in Via and X-Amz-Cf-Pop.
  std::string domain_name = "d111111abcdef8.cloudfront.net";
  // Alternate domain names: "www.example.com", or "*.example.com" for all names that end so. Not
  // empty: requests whose Host (where there is none, the URL's authority) is neither one of them
  // nor `domain_name` are answered with 403. Empty: any is served.
  // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/CNAMEs.html
  std::vector<std::string> aliases = {};
  std::string pop = "FRA56-P4";
  // Extension: where revalidations behind a viewer's back run. It gets each as a function to be
  // called once, on any thread, at any time, before the Cloud goes. Null: on the viewer's thread,
  // before Handle returns.
  std::function<void(std::function<void()>)> background = nullptr;
  // Gets a row for each request when its answer has ended, on the thread that asked for it (or read
  // the body, or dropped it); several at once. What it throws is dropped. Null: none are made.
  // Cookies are in the rows only if `log_cookies` is set.
  std::function<void(const EdgeLogRow&)> access_log = nullptr;
  bool log_cookies = false;
  // Extension: times in the log and in Server-Timing are what this model makes of the distances
  // between viewer, POP, the caches behind it and the origin, in place of what was measured. Nobody
  // waits for them. Absent: they are measured on the Cloud's clock.
  std::optional<LatencyModel> latency_model = {};
  uint64_t seed = 0;  // of X-Amz-Cf-Id and samples; 0: from the machine's entropy
  std::string distribution_id = "EDFDVBD6EXAMPLE";  // as edge functions are told it
  std::vector<RateRule> rate_rules = {};            // at most 10, asked in this order
  // Extension: told of each function at the edge that failed, on the thread that ran it. What it
  // throws is dropped. Null: nobody is told.
  std::function<void(const EdgeFunctionError&)> on_function_error = nullptr;
};

// Who asks.
struct Viewer {
  std::string ip = {};       // "192.0.2.7"; for signed policies with IpAddress, and rate rules
  std::string country = {};  // "DE"; empty: not known, and then never restricted
  std::string pop = {};  // the POP that serves, one of `pops`; empty, or none of them: the nearest
  std::optional<GeoPoint> location = {};  // absent: nobody knows
  // Of the connection, as in the log; empty, 0: not known. In "HTTP/1.0" nothing is compressed, and
  // only GET and HEAD are redirected to https.
  std::string protocol_version = {};  // "HTTP/1.1", "HTTP/2.0"
  std::string ssl_protocol = {};      // "TLSv1.3"
  std::string ssl_cipher = {};        // "TLS_AES_128_GCM_SHA256"
  int port = 0;
};

struct DistributionStats {
  uint64_t requests = 0;
  uint64_t hits = 0;            // answered without the origin
  uint64_t refresh_hits = 0;    // stored, and found good by the origin
  uint64_t misses = 0;          // all others that ended below 400
  uint64_t errors = 0;          // answers of 400 and above
  uint64_t collapsed = 0;       // requests that waited for another's fetch
  uint64_t origin_fetches = 0;  // attempts included
  uint64_t origin_failures = 0;
  uint64_t bytes_out = 0;      // of bodies
  uint64_t invalidations = 0;  // paths
  uint64_t entries = 0;        // stored
  uint64_t stored_bytes = 0;
  uint64_t blocked = 0;                        // requests, by rate rules
  uint64_t shed = 0;                           // fetches that found no place at their origin
  uint64_t function_errors = 0;                // of edge functions
  std::vector<RateRuleStats> rate_rules = {};  // in the order of the options
};

// The caches at one place: requests are counted at POPs, fetches where the origin was asked.
struct PopStats {
  std::string code = {};  // "FRA"
  enum class Kind { kPop, kRegionalCache, kOriginShield } kind = Kind::kPop;
  // Without `invalidations` and all below `stored_bytes`. Fetches that a function has answered, or
  // that were shed, count as `origin_fetches` here; in Distribution::stats they do not.
  DistributionStats stats = {};
};

enum class InvalidationStatus { kInProgress, kCompleted };

// https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_Invalidation.html
struct Invalidation {
  std::string id = {};  // "I2J0I21PCUYOIK"
  InvalidationStatus status = InvalidationStatus::kCompleted;
  absl::Time create_time = absl::UnixEpoch();
  std::string caller_reference = {};
  std::vector<std::string> paths = {};
  // Entries of all caches that were gone when the call returned; not counted for "/*".
  uint64_t removed = 0;
};

struct InvalidateOptions {
  // A second call with the same reference and paths gives back the first one's invalidation and
  // does nothing; with other paths it is INVALID_ARGUMENT. Empty: every call is one of its own.
  std::string caller_reference = {};
};

struct TagInvalidationOptions {
  // What has the tags becomes stale and stays: it is revalidated, and given out stale where the
  // origin's stale-while-revalidate and stale-if-error allow it.
  bool soft = false;
};

// A stored answer, as Distribution::Lookup gives it.
struct CachedResponse {
  // As it is stored: without what this cache says of it (Age, X-Cache, Cache-Status; a shield's
  // stay), without Via, and before the response headers policy. Nothing is copied; it stays while
  // it is held, whatever becomes of the cache.
  std::shared_ptr<const HttpResponse> response = nullptr;
  absl::Duration age = absl::ZeroDuration();
  absl::Duration ttl = absl::ZeroDuration();  // how much longer it is fresh
};

// A handle; copies are the same distribution. Threads: all methods may be called from any number of
// threads at once. The Cloud must stay where it is (not be moved) and live longer than the last
// call.
class Distribution {
 public:
  // INVALID_ARGUMENT names the field that is wrong.
  static absl::StatusOr<Distribution> Create(Cloud& cloud, const DistributionOptions& options);
  Distribution(const Distribution&) = default;  // moving is copying: there is no moved-from one
  Distribution& operator=(const Distribution&) = default;
  ~Distribution() = default;

  // The answer to a viewer, always one: failures are 502, 503 and 504, refusals 400, 403, 414 and
  // 429. Calls the origin on this thread, or waits for a thread that does. `request.time` is not
  // read. What comes before the answer (103) goes to `interim`, which must not throw.
  HttpResponse Handle(const HttpRequest& request, const Viewer& viewer = {},
                      const InterimSink& interim = nullptr) const;

  // The same, but the body may still be on its way: its first bytes are to be had as soon as the
  // origin has sent them. `body` must go before the Cloud does.
  HttpStream HandleStreaming(const HttpRequest& request, const Viewer& viewer = {},
                             const InterimSink& interim = nullptr) const;

  // The answer of Handle, where it is a hit as Lookup finds them, else nullopt: calls nobody's code
  // and waits for nobody. For servers whose threads must not wait.
  std::optional<HttpResponse> HandleHit(const HttpRequest& request,
                                        const Viewer& viewer = {}) const;

  // A hit without an answer being made of it: the stored response, where it is fresh and this GET
  // gets the whole of it; nullopt: it does not, or Handle has more to look at (conditions, ranges,
  // signatures, rate rules, functions, invalidations that are due, variants, errors, aliases,
  // protocols, an access log, ...). Calls nobody's code, waits for nobody, and allocates nothing
  // once a thread has made a call of the same size (but for "/" with a default root object).
  // Counted as a request only where it is a hit.
  std::optional<CachedResponse> Lookup(const HttpRequest& request, const Viewer& viewer = {}) const;

  // Forgets what is stored under these paths, all variants: a request that comes after it is
  // completed is not answered from what was fetched before the call. Without an
  // `invalidation_delay` it is completed when it returns. A path begins with '/', has at most
  // 4,000 characters, and a '*' only as its last, which is any characters; case matters; where
  // query strings are in the cache key they are part of it ("/a.jpg?v=1", "/a.jpg*"). "/*" takes
  // the same time whatever is stored. INVALID_ARGUMENT, and nothing is forgotten: a path is wrong,
  // there is none, or more than 3,000. RESOURCE_EXHAUSTED: more than 3,000 paths, or more than 15
  // with a '*', would be in progress.
  // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Invalidation.html
  absl::StatusOr<Invalidation> Invalidate(absl::Span<const std::string> paths,
                                          const InvalidateOptions& options = {}) const;
  // NOT_FOUND: there is none, or it was completed before the last thousand, or before the last
  // 10,000 paths. As long are caller references remembered.
  absl::StatusOr<Invalidation> GetInvalidation(std::string_view id) const;
  std::vector<Invalidation> ListInvalidations() const;  // the newest first

  // Extension: forgets what the origin sent with one of these tags, at once in all caches, whatever
  // the delay of invalidations: names in Surrogate-Key (between spaces) or in Cache-Groups. Takes
  // the same time whatever is stored; what shares a place in a table of 16,384 goes too.
  // INVALID_ARGUMENT, and nothing is forgotten: there is no tag, an empty one, or more than 3,000.
  // https://www.rfc-editor.org/rfc/rfc9875
  absl::Status InvalidateTags(absl::Span<const std::string> tags,
                              const TagInvalidationOptions& options = {}) const;

  DistributionStats stats() const;          // of all places together
  std::vector<PopStats> pop_stats() const;  // POPs first, in the order of the options

 private:
  explicit Distribution(std::shared_ptr<internal::DistributionImpl> impl);
  std::shared_ptr<internal::DistributionImpl> impl_;
};

}  // namespace cloudlet

#endif  // CLOUDLET_API_EDGE_H_
