// Conditional requests: see conditions.h. Nothing here does I/O.
#include "objstore/conditions.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"

namespace cloudlet::objstore {
namespace {

using base::V;

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

int64_t Seconds(absl::Time time) { return absl::ToUnixSeconds(time); }

SourceConditions ConditionsOf(const GetOptions& options) {
  return {options.if_match, options.if_none_match, options.if_modified_since,
          options.if_unmodified_since};
}

absl::Status MatchFailed(std::string_view if_match, std::string_view etag) {
  return MakeError(
      ErrorCode::kPreconditionFailed,
      absl::StrCat("If-Match: the current ETag is ", V(etag), ", not ", V(base::Quoted(if_match))));
}

std::string Date(absl::Time time) {
  return absl::FormatTime(absl::RFC3339_sec, time, absl::UTCTimeZone());
}

absl::Status NoneMatchFailed(std::string_view etag) {
  return MakeError(ErrorCode::kPreconditionFailed,
                   absl::StrCat("If-None-Match: the object exists, its ETag is ", V(etag)));
}

ReadVerdict Evaluate(const SourceConditions& conditions, std::string_view etag,
                     int64_t modified_ms) {
  const int64_t modified = Seconds(absl::FromUnixMillis(modified_ms));
  if (!conditions.if_match.empty()) {
    if (!EtagConditionMatches(conditions.if_match, etag)) return ReadVerdict::kPreconditionFailed;
  } else if (conditions.if_unmodified_since.has_value() &&
             modified > Seconds(*conditions.if_unmodified_since)) {
    return ReadVerdict::kPreconditionFailed;
  }
  if (!conditions.if_none_match.empty()) {
    if (EtagConditionMatches(conditions.if_none_match, etag)) return ReadVerdict::kNotModified;
  } else if (conditions.if_modified_since.has_value() &&
             modified <= Seconds(*conditions.if_modified_since)) {
    return ReadVerdict::kNotModified;
  }
  return ReadVerdict::kProceed;
}

// Of an evaluation that gave kPreconditionFailed.
absl::Status FailedMatch(const SourceConditions& conditions, std::string_view etag,
                         int64_t modified_ms) {
  if (!conditions.if_match.empty()) return MatchFailed(conditions.if_match, etag);
  return MakeError(
      ErrorCode::kPreconditionFailed,
      absl::StrCat("If-Unmodified-Since: the current ETag is ", V(etag), ", modified at ",
                   Date(absl::FromUnixMillis(modified_ms)), ", after ",
                   Date(conditions.if_unmodified_since.value_or(absl::InfinitePast()))));
}

std::string_view WithoutWeakMark(std::string_view etag) {
  return etag.substr(0, 2) == "W/" ? etag.substr(2) : etag;
}

}  // namespace

std::string_view Unquoted(std::string_view etag) {
  const bool quoted = etag.size() >= 2 && etag.front() == '"' && etag.back() == '"';
  return quoted ? etag.substr(1, etag.size() - 2) : etag;
}

bool EtagConditionMatches(std::string_view condition, std::string_view etag) {
  while (true) {
    const size_t comma = condition.find(',');
    const std::string_view one = Trimmed(condition.substr(0, comma));
    if (one == "*") return true;  // quoted it is an ETag like any other
    if (const std::string_view tag = Unquoted(WithoutWeakMark(one)); !tag.empty() && tag == etag)
      return true;
    if (comma == std::string_view::npos) return false;
    condition.remove_prefix(comma + 1);
  }
}

ReadVerdict CheckRead(const GetOptions& options, std::string_view etag, int64_t modified_ms) {
  return Evaluate(ConditionsOf(options), etag, modified_ms);
}

absl::Status FailedRead(const GetOptions& options, std::string_view etag, int64_t modified_ms) {
  return FailedMatch(ConditionsOf(options), etag, modified_ms);
}

absl::Status CheckSource(const SourceConditions& conditions, std::string_view etag,
                         int64_t modified_ms) {
  switch (Evaluate(conditions, etag, modified_ms)) {
    case ReadVerdict::kProceed:
      return absl::OkStatus();
    case ReadVerdict::kPreconditionFailed:
      return FailedMatch(conditions, etag, modified_ms);
    case ReadVerdict::kNotModified:
      break;
  }
  if (!conditions.if_none_match.empty()) return NoneMatchFailed(etag);
  return MakeError(
      ErrorCode::kPreconditionFailed,
      absl::StrCat("If-Modified-Since: the current ETag is ", V(etag), ", modified at ",
                   Date(absl::FromUnixMillis(modified_ms)), ", not after ",
                   Date(conditions.if_modified_since.value_or(absl::InfiniteFuture()))));
}

absl::Status CheckReplaced(const SourceConditions& conditions, std::optional<std::string_view> etag,
                           int64_t modified_ms) {
  CLOUDLET_RETURN_IF_ERROR(CheckWrite(conditions.if_match, conditions.if_none_match, etag));
  if (etag.has_value()) return CheckSource(conditions, *etag, modified_ms);
  if (!conditions.if_modified_since.has_value()) return absl::OkStatus();
  return MakeError(ErrorCode::kPreconditionFailed, "If-Modified-Since: the object does not exist");
}

absl::Status CheckWrite(std::string_view if_match, std::string_view if_none_match,
                        std::optional<std::string_view> etag) {
  if (!if_match.empty()) {
    if (!etag.has_value()) {
      return MakeError(ErrorCode::kNoSuchKey, "If-Match was given and the object does not exist");
    }
    if (!EtagConditionMatches(if_match, *etag)) {
      return MatchFailed(if_match, *etag);
    }
  }
  if (!if_none_match.empty() && etag.has_value() && EtagConditionMatches(if_none_match, *etag)) {
    return NoneMatchFailed(*etag);
  }
  return absl::OkStatus();
}

}  // namespace cloudlet::objstore
