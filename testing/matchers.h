// gmock matchers for what cloudlet answers. Target //:testing_gtest.
//
//   EXPECT_THAT(bucket.Get("nope"), HasErrorCode(ErrorCode::kNoSuchKey));
//   EXPECT_THAT(bucket.Get("k"), ObjectIs("hello", HasMetadata("owner", "me")));
//   EXPECT_THAT(fake.cloud().Events().value(),
//               ElementsAre(EventIs(EventType::kObjectCreatedPut, "k")));
//
// What they show of objects and invocations, in failures too, is their description and at most 200
// bytes of a body.
//
// They take what calls give as it is: an absl::StatusOr whose status is an error does not match,
// and the failure shows that error.
#ifndef CLOUDLET_TESTING_MATCHERS_H_
#define CLOUDLET_TESTING_MATCHERS_H_

#include <ostream>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cloudlet/cloud.h"
#include "gmock/gmock.h"

// How GoogleTest shows them: found by the types' namespace.
namespace cloudlet {

namespace testing::kit_internal {

// At most so many bytes of a body are shown.
inline std::string Shown(const std::string& body) {
  constexpr size_t kMost = 200;
  if (body.size() <= kMost) return ::testing::PrintToString(body);
  return ::testing::PrintToString(body.substr(0, kMost)) + "... (" + std::to_string(body.size()) +
         " bytes)";
}

}  // namespace testing::kit_internal

inline void PrintTo(const ObjectInfo& info, std::ostream* out) {
  *out << "{" << ::testing::PrintToString(info.key) << ", " << info.size << " bytes, ETag "
       << info.etag << ", #" << info.sequence;
  if (!info.version_id.empty()) *out << ", version " << info.version_id;
  if (!info.metadata.empty()) *out << ", metadata " << ::testing::PrintToString(info.metadata);
  *out << "}";
}

inline void PrintTo(const GetResult& got, std::ostream* out) {
  PrintTo(got.info, out);
  if (got.not_modified) {
    *out << ", not modified";
  } else {
    *out << " from byte " << got.offset << ": "
         << testing::kit_internal::Shown(std::string(got.body));
  }
}

inline void PrintTo(const HeadResult& head, std::ostream* out) {
  PrintTo(head.info, out);
  if (head.not_modified) *out << ", not modified";
}

inline void PrintTo(const Event& event, std::ostream* out) {
  *out << EventTypeName(event.type) << " of " << event.bucket << "/" << event.key << " #"
       << event.sequence;
}

inline void PrintTo(const InvokeResult& result, std::ostream* out) {
  *out << "{" << result.status_code;
  if (!result.function_error.empty()) *out << " " << result.function_error;
  *out << ", payload " << testing::kit_internal::Shown(result.payload) << "}";
}

// Of what cloudlet's calls answer.
template <typename T>
void PrintTo(const absl::StatusOr<T>& result, std::ostream* out) {
  if (result.ok()) {
    *out << "OK: " << ::testing::PrintToString(*result);
  } else {
    *out << result.status();
  }
}

}  // namespace cloudlet

namespace cloudlet::testing {

namespace kit_internal {

inline const absl::Status& StatusOf(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& status_or) {
  return status_or.status();
}

inline std::string Words(ErrorCode code) {
  return code == ErrorCode::kNone ? "no S3 code" : InfoOf(code).name;
}

// What was given, where it is no error; null and an explanation where it is.
template <typename T>
const T* ValueOf(const T& value, ::testing::MatchResultListener* /*listener*/) {
  return &value;
}
template <typename T>
const T* ValueOf(const absl::StatusOr<T>& value, ::testing::MatchResultListener* listener) {
  if (value.ok()) return &*value;
  *listener << "which is the error " << value.status().ToString();
  return nullptr;
}

// The info of a GetResult, HeadResult or ReadIntoResult, or the info itself.
inline const ObjectInfo& InfoIn(const ObjectInfo& info) { return info; }
template <typename Result>
const ObjectInfo& InfoIn(const Result& result) {
  return result.info;
}

}  // namespace kit_internal

// A Status or StatusOr that carries this S3 (or Lambda) code. kNone: an error without one.
MATCHER_P(HasErrorCode, code,
          (negation ? "is not an error with the code " : "is an error with the code ") +
              kit_internal::Words(code)) {
  const absl::Status& status = kit_internal::StatusOf(arg);
  *result_listener << "whose code is "
                   << (status.ok() ? "OK" : kit_internal::Words(ErrorCodeOf(status)));
  if (!status.ok()) *result_listener << " (" << status.ToString() << ")";
  return !status.ok() && ErrorCodeOf(status) == code;
}
// The same, by another name.
template <typename Code>
auto IsS3Error(Code code) {
  return HasErrorCode(code);
}

// A Status or StatusOr that is OK.
MATCHER(IsOk, negation ? "is an error" : "is OK") {
  const absl::Status& status = kit_internal::StatusOf(arg);
  if (!status.ok()) *result_listener << "which is the error " << status.ToString();
  return status.ok();
}

// A StatusOr that is OK and whose value matches.
MATCHER_P(IsOkAnd, matcher,
          (negation ? "is an error or " : "is OK and ") +
              ::testing::DescribeMatcher<typename std::decay_t<arg_type>::value_type>(matcher,
                                                                                      negation)) {
  const auto* const value = kit_internal::ValueOf(arg, result_listener);
  return value != nullptr && ::testing::ExplainMatchResult(matcher, *value, result_listener);
}

// A Status or StatusOr with this canonical code, and a message that matches (a string: is equal).
MATCHER_P2(StatusIs, code, message_matcher,
           (negation ? "is no status of code " : "is a status of code ") +
               absl::StatusCodeToString(code) + " whose message " +
               ::testing::DescribeMatcher<std::string>(message_matcher)) {
  const absl::Status& status = kit_internal::StatusOf(arg);
  *result_listener << "which is " << status.ToString();
  return status.code() == static_cast<absl::StatusCode>(code) &&
         ::testing::Matches(::testing::MatcherCast<std::string>(message_matcher))(
             std::string(status.message()));
}
template <typename Code>
auto StatusIs(Code code) {
  return StatusIs(code, ::testing::_);
}

// An object that was got (GetResult), with a body that matches (a string: is equal).
MATCHER_P(HasBody, body_matcher,
          std::string("has a body that ") +
              ::testing::DescribeMatcher<std::string>(body_matcher, negation)) {
  const auto* const got = kit_internal::ValueOf(arg, result_listener);
  if (got == nullptr) return false;
  const std::string body(got->body);
  *result_listener << "whose body is " << kit_internal::Shown(body);
  return ::testing::Matches(::testing::MatcherCast<std::string>(body_matcher))(body);
}

// An object, got, headed or listed by its info, with an ETag that matches.
MATCHER_P(HasETag, etag_matcher,
          std::string("has an ETag that ") +
              ::testing::DescribeMatcher<std::string>(etag_matcher, negation)) {
  const auto* const value = kit_internal::ValueOf(arg, result_listener);
  if (value == nullptr) return false;
  const std::string& etag = kit_internal::InfoIn(*value).etag;
  *result_listener << "whose ETag is " << ::testing::PrintToString(etag);
  return ::testing::Matches(::testing::MatcherCast<std::string>(etag_matcher))(etag);
}

// Likewise, with user metadata of this name whose value matches.
MATCHER_P2(HasMetadata, name, value_matcher,
           (negation ? "has no metadata " : "has metadata ") +
               ::testing::PrintToString(std::string(name)) + " that " +
               ::testing::DescribeMatcher<std::string>(value_matcher)) {
  const auto* const value = kit_internal::ValueOf(arg, result_listener);
  if (value == nullptr) return false;
  const auto& metadata = kit_internal::InfoIn(*value).metadata;
  const auto found = metadata.find(name);
  if (found == metadata.end()) {
    *result_listener << "whose metadata is " << ::testing::PrintToString(metadata);
    return false;
  }
  *result_listener << "where it is " << ::testing::PrintToString(found->second);
  return ::testing::Matches(::testing::MatcherCast<std::string>(value_matcher))(found->second);
}

// An object with this body, for which all of the others hold too.
template <typename Body, typename... Others>
auto ObjectIs(Body body, Others... others) {
  return ::testing::AllOf(HasBody(std::move(body)), std::move(others)...);
}

// A result of Invoke without a function error, whose payload matches (a string: is equal).
MATCHER_P(InvocationIs, payload_matcher,
          (negation ? "has failed or has a payload that " : "has succeeded with a payload that ") +
              ::testing::DescribeMatcher<std::string>(payload_matcher, negation)) {
  const auto* const result = kit_internal::ValueOf(arg, result_listener);
  if (result == nullptr) return false;
  if (!result->function_error.empty()) {
    *result_listener << "which is the function error " << kit_internal::Shown(result->payload);
    return false;
  }
  *result_listener << "whose payload is " << kit_internal::Shown(result->payload);
  return ::testing::Matches(::testing::MatcherCast<std::string>(payload_matcher))(result->payload);
}

// A result of Invoke whose handler failed, with an error (the payload, JSON) that matches.
MATCHER_P(InvocationFails, error_matcher,
          (negation ? "has succeeded or has an error that " : "has failed with an error that ") +
              ::testing::DescribeMatcher<std::string>(error_matcher, negation)) {
  const auto* const result = kit_internal::ValueOf(arg, result_listener);
  if (result == nullptr) return false;
  *result_listener << (result->function_error.empty() ? "whose payload is " : "whose error is ")
                   << kit_internal::Shown(result->payload);
  return !result->function_error.empty() &&
         ::testing::Matches(::testing::MatcherCast<std::string>(error_matcher))(result->payload);
}

// An event of this type (kObjectCreated and the like: of any of its kind) about a key that matches.
MATCHER_P2(EventIs, type, key_matcher,
           (negation ? "is no event " : "is an event ") + std::string(EventTypeName(type)) +
               " about a key that " + ::testing::DescribeMatcher<std::string>(key_matcher)) {
  const Event& event = arg;
  *result_listener << "which is " << EventTypeName(event.type) << " of " << event.bucket << "/"
                   << event.key << " #" << event.sequence;
  return EventTypeCovers(type, event.type) &&
         ::testing::Matches(::testing::MatcherCast<std::string>(key_matcher))(event.key);
}

}  // namespace cloudlet::testing

#endif  // CLOUDLET_TESTING_MATCHERS_H_
