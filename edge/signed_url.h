// The texts of signed URLs and cookies, and what they allow: everything but the cryptography.
//
//   Credential (of the request)  ->  the policy's own bytes, which the signature is over
//                                ->  ParsePolicy  ->  Allows(policy, url, viewer, now)
//
// Pure; any bytes may come in.
//
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-signed-urls.html
#ifndef CLOUDLET_EDGE_SIGNED_URL_H_
#define CLOUDLET_EDGE_SIGNED_URL_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cloudlet/edge_http.h"
#include "cloudlet/signed_url.h"

namespace cloudlet::edge {

// Base64 with '-', '_' and '~' for '+', '=' and '/'.
std::string UrlBase64Encode(std::string_view bytes);
std::optional<std::string> UrlBase64Decode(std::string_view text);

// {"Statement":[{"Resource":"...","Condition":{"DateLessThan":{"AWS:EpochTime":N}}}]}, exactly.
std::string CannedPolicyText(std::string_view resource, int64_t expires);
std::string CustomPolicyText(const UrlPolicy& policy);

// INVALID_ARGUMENT: no JSON, or not of the one form that a policy has: one Statement, a Resource
// (absent: everything), DateLessThan, and no condition that is not known here.
absl::StatusOr<UrlPolicy> ParsePolicy(std::string_view json);

// Whether the resource of a policy is `url`: '*' any characters, '?' one, "\?" the question mark.
// Scheme and domain, path, and query are matched apart, so that no '*' reaches beyond its own; but
// one that ends the path is also for the query, and one that ends the domain for all behind it.
bool ResourceCovers(std::string_view resource, std::string_view url);

// Whether "192.0.2.7" is in "192.0.2.0/24". IPv4 alone, as CloudFront has it. nullopt: the range is
// none.
std::optional<bool> InRange(std::string_view ip, std::string_view range);

// Why `policy` does not open `url` to a viewer at `ip`; "" when it does.
std::string_view WhyRefused(const UrlPolicy& policy, std::string_view url, std::string_view ip,
                            absl::Time now);

// What of a request claims that it may be answered.
struct Credential {
  std::string policy = {};  // the signed bytes, of a canned policy as made from the URL
  std::string key_pair_id = {};
  std::string signature = {};  // decoded
  UrlHashAlgorithm hash = UrlHashAlgorithm::kSha1;
};

// From the query, or where there is none of it, from the cookies. nullopt: there is none, or it is
// not whole, has something twice, or is not to be read.
std::optional<Credential> CredentialOf(const HttpRequest& request);

// The request without the parameters and cookies of signatures.
HttpRequest WithoutCredential(const HttpRequest& request);

// The URL of the request without the parameters of signatures: what is signed.
std::string SignedResourceOf(const HttpUrl& url);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_SIGNED_URL_H_
