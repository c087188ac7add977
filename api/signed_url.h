// Signed URLs and signed cookies: who may have what of a private distribution, and for how long.
//
//   absl::StatusOr<UrlSigner> signer = UrlSigner::Create("K2JCJMDEHXQW5F", private_key_pem);
//   std::string url =
//       signer->SignUrl("https://d111.example/film.mp4", cloud.Now() + absl::Hours(1)).value();
//   cdn.Handle({.url = ParseHttpUrl(url).value()});
//
// A distribution checks them in behaviors with trusted key groups (cloudlet/edge.h). Target
// //:edge.
//
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/PrivateContent.html
#ifndef CLOUDLET_API_SIGNED_URL_H_
#define CLOUDLET_API_SIGNED_URL_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace cloudlet {

namespace internal {
class SigningKey;
}  // namespace internal

// Of RSASSA-PKCS1-v1_5, or ECDSA where the key is one over P-256.
enum class UrlHashAlgorithm {
  kSha1,    // CloudFront's default
  kSha256,  // said by Hash-Algorithm=SHA256
};

// A custom policy.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-creating-signed-url-custom-policy.html
struct UrlPolicy {
  // The URL, with "*" for any characters and "?" for one. Empty: the URL that is signed.
  std::string resource = {};
  absl::Time expires = absl::UnixEpoch();  // DateLessThan; whole seconds
  std::optional<absl::Time> starts = {};   // DateGreaterThan
  // IpAddress: IPv4 addresses in CIDR form, "192.0.2.0/24".
  std::string ip_range = {};
};

struct SignedCookie {
  std::string name = {};  // "CloudFront-Policy"
  std::string value = {};
};

// Signs with one private key. A cheap value. Threads: const, any.
class UrlSigner {
 public:
  // `private_key_pem` is an RSA key, or an ECDSA key over P-256 (whose signatures differ each
  // time), unencrypted. INVALID_ARGUMENT: it is none; no key pair id.
  static absl::StatusOr<UrlSigner> Create(std::string_view key_pair_id,
                                          std::string_view private_key_pem,
                                          UrlHashAlgorithm hash = UrlHashAlgorithm::kSha1);

  // `url` with Expires (or Policy), Signature and Key-Pair-Id behind its own query. By `expires`
  // alone it is a canned policy. INVALID_ARGUMENT: no http or https URL, one with such parameters
  // already, characters that JSON would escape (percent-encode them), times outside of the years
  // 1970 to 9999, a range that is none.
  absl::StatusOr<std::string> SignUrl(std::string_view url, absl::Time expires) const;
  absl::StatusOr<std::string> SignUrl(std::string_view url, const UrlPolicy& policy) const;

  // The three cookies (four with SHA256) that open `url` (canned), or what `policy.resource` names.
  absl::StatusOr<std::vector<SignedCookie>> SignCookies(std::string_view url,
                                                        absl::Time expires) const;
  absl::StatusOr<std::vector<SignedCookie>> SignCookies(const UrlPolicy& policy) const;

 private:
  UrlSigner(std::string key_pair_id, std::shared_ptr<const internal::SigningKey> key,
            UrlHashAlgorithm hash);

  std::string key_pair_id_;
  std::shared_ptr<const internal::SigningKey> key_;
  UrlHashAlgorithm hash_;
};

struct UrlPublicKey {
  std::string id = {};  // the Key-Pair-Id of what is signed with its private half
  // An RSA key, or an ECDSA key over P-256: "-----BEGIN PUBLIC KEY-----".
  std::string pem = {};
};

// At most 5 keys.
struct KeyGroup {
  std::string id = {};
  std::vector<UrlPublicKey> keys = {};
};

}  // namespace cloudlet

#endif  // CLOUDLET_API_SIGNED_URL_H_
