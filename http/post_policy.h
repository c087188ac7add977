// The policy of a POST form: what its signer allows the form to say.
//
//   CLOUDLET_ASSIGN_OR_RETURN(PostPolicy policy, PostPolicy::Parse(form.fields.Get("policy")));
//   CLOUDLET_RETURN_IF_ERROR(policy.Check(form, "bucket of the route", clock.Now()));
//   ... CLOUDLET_RETURN_IF_ERROR(policy.CheckSoFar(bytes));  // as the file comes
//   CLOUDLET_RETURN_IF_ERROR(policy.CheckSize(bytes));       // at its end
//
// Verify its signature first (Authenticator::AuthenticateForm). Every field needs a condition but
// x-amz-signature, file, policy and x-ignore-*; AWSAccessKeyId and signature too, of forms signed
// the old way. The bucket is the route's, whatever a field says.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
//
// Threads: a PostPolicy is immutable.
#ifndef CLOUDLET_HTTP_POST_POLICY_H_
#define CLOUDLET_HTTP_POST_POLICY_H_

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "http/post_form.h"

namespace google::protobuf {
class ListValue;
class Value;
}  // namespace google::protobuf

namespace cloudlet::http {

class PostPolicy {
 public:
  // The document in base64. InvalidPolicyDocument: it is none.
  static absl::StatusOr<PostPolicy> Parse(std::string_view base64);

  // AccessDenied: it has expired, a condition does not hold, or a field has none.
  absl::Status Check(const PostForm& form, std::string_view bucket, absl::Time now) const;

  // EntityTooLarge or EntityTooSmall: a file of `bytes` is not allowed.
  absl::Status CheckSize(uint64_t bytes) const;
  // EntityTooLarge: one of `bytes` and more is not.
  absl::Status CheckSoFar(uint64_t bytes) const;

  absl::Time expiration() const { return expiration_; }

 private:
  enum class Test { kEquals, kStartsWith, kNever };
  struct Condition {
    Test test = Test::kNever;
    std::string field = {};  // lower case
    std::string value = {};
    std::string text = {};  // as errors show it
  };

  PostPolicy() = default;
  absl::Status AddCondition(const google::protobuf::Value& value);
  absl::Status AddList(const google::protobuf::ListValue& list);
  static bool Holds(const Condition& condition, const PostForm& form, std::string_view bucket);

  absl::Time expiration_;
  std::vector<Condition> conditions_;
  uint64_t min_bytes_ = 0;
  uint64_t max_bytes_ = std::numeric_limits<uint64_t>::max();
};

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_POST_POLICY_H_
