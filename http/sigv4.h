// AWS Signature Version 4 over a request's head, as S3 has it: the functions of which both signing
// and verifying are made.
//
//   const Scope scope = {"20130524", "us-east-1", "s3"};
//   const std::string canonical =
//       CanonicalRequest("GET", target, headers, {"host", "x-amz-date"}, kUnsignedPayload);
//   const Mac mac = Hmac(SigningKey(secret, scope),
//                        StringToSign("20130524T000000Z", scope, canonical));
//
// S3's rules: a path is not normalised and encoded once, a query is sorted by encoded name, then
// value.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
//
// Threads: values are plain data, functions are free; SigningKeys is safe to use from any thread.
#ifndef CLOUDLET_HTTP_SIGV4_H_
#define CLOUDLET_HTTP_SIGV4_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "http/message.h"
#include "http/uri.h"

namespace cloudlet::http {

// A secret access key. Nothing prints it, and its bytes are overwritten when it goes.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string bytes) : bytes_(std::move(bytes)) {}
  Secret(const Secret&) = default;
  Secret& operator=(const Secret& other);
  ~Secret();

  std::string_view Reveal() const { return bytes_; }

 private:
  std::string bytes_;
};

// A message authentication code: HMAC-SHA256. What is compared are these bytes, in constant time.
using Mac = std::array<uint8_t, 32>;

Mac Hmac(std::string_view key, std::string_view text);
inline Mac Hmac(const Mac& key, std::string_view text) {
  return Hmac(std::string_view(reinterpret_cast<const char*>(key.data()), key.size()), text);
}
// 64 lower-case hexadecimal digits, and back; nullopt unless it is just that.
std::string HexOf(const Mac& mac);
std::optional<Mac> MacOf(std::string_view hex);
bool SameMac(const Mac& a, const Mac& b);

// The SHA-256 of `text` in lower-case hexadecimal digits.
std::string Sha256Hex(std::string_view text);

inline constexpr std::string_view kSigV4Algorithm = "AWS4-HMAC-SHA256";
inline constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";
inline constexpr std::string_view kEmptySha256 =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

// What a signing key is good for.
struct Scope {
  std::string date = {};  // "20130524"
  std::string region = {};
  std::string service = {};

  std::string ToString() const;  // "20130524/us-east-1/s3/aws4_request"
};

// "20130524T000000Z", and back: nullopt unless it is such a time that exists.
std::string AmzTime(absl::Time time);
std::optional<absl::Time> ParseAmzTime(std::string_view text);

// Every byte of `raw_path` (RequestTarget's) encoded once: an escape stays one, in upper case, so
// that "%2F" is not '/'; an escaped unreserved character stands for itself.
std::string CanonicalPath(std::string_view raw_path);
// The same for services other than S3, which encode what is encoded once more: "%2F" is "%252F".
std::string CanonicalPathTwice(std::string_view raw_path);
// `leave_out` is the name of a parameter that is no part of it.
std::string CanonicalQuery(const std::vector<QueryParam>& query, std::string_view leave_out = {});

// `signed_headers`: lower case, ascending. One that is sent twice counts with its values joined by
// ','; an absent one as empty. `payload_hash` is the last line. X-Amz-Signature is left out of the
// query. `service` says how the path is encoded.
std::string CanonicalRequest(std::string_view method, const RequestTarget& target,
                             const Headers& headers, const std::vector<std::string>& signed_headers,
                             std::string_view payload_hash, std::string_view service = "s3");
std::string StringToSign(std::string_view amz_time, const Scope& scope,
                         std::string_view canonical_request);

Mac SigningKey(const Secret& secret, const Scope& scope);

// Signing keys that were made lately: a key is four HMACs, and a client's is the same all day.
class SigningKeys {
 public:
  // Holds at most `capacity` keys.
  explicit SigningKeys(size_t capacity = 1024) : half_(capacity / 2 + 1) {}

  // SigningKey(secret, scope). A secret that has changed does not get the old one's key.
  Mac Get(std::string_view key_id, const Secret& secret, const Scope& scope);

  size_t size() const;

 private:
  const size_t half_;
  mutable base::Mutex mu_;
  // Two generations: when the younger is full it becomes the older, which goes.
  absl::flat_hash_map<std::string, Mac> young_ ABSL_GUARDED_BY(mu_);
  absl::flat_hash_map<std::string, Mac> old_ ABSL_GUARDED_BY(mu_);
};

// Where the signatures of a body's chunks begin: what signed its head. See aws_chunked.h.
struct StreamSeed {
  Mac key = {};                // the signing key
  std::string amz_time = {};   // of the head
  std::string scope = {};      // Scope::ToString()
  std::string signature = {};  // of the head, hexadecimal
};

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_SIGV4_H_
