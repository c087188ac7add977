// Naming in an error what it was about: see annotate.h.
#include "objstore/annotate.h"

#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "cloudlet/error.h"

namespace cloudlet::objstore {

absl::Status Annotate(const absl::Status& status, std::string_view verb, std::string_view bucket,
                      std::string_view key) {
  if (status.ok()) return status;
  std::string about(bucket);
  if (!key.empty()) about.append("/").append(key);
  std::string message(verb);
  if (!about.empty()) message.append(" ").append(base::Quoted(about));
  absl::StrAppend(&message, ": ", status.message());
  absl::Status source = status;
  if (status.code() == absl::StatusCode::kUnavailable && ErrorCodeOf(status) == ErrorCode::kNone) {
    source = MakeError(ErrorCode::kServiceUnavailable);
  }
  absl::Status annotated(status.code(), message);
  source.ForEachPayload([&annotated](absl::string_view url, const absl::Cord& payload) {
    annotated.SetPayload(url, payload);
  });
  return annotated;
}

}  // namespace cloudlet::objstore
