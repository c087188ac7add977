// ARNs and what they name.
#include "cloudlet/destination.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace cloudlet {
namespace {

using Kind = Destination::Kind;

constexpr char kAccount[] = "000000000000";

// How the ARNs of a kind begin behind the account: "<service>", and what precedes the name.
struct Form {
  Kind kind;
  const char* service;
  const char* prefix;
};
constexpr Form kForms[] = {
    {Kind::kFunction, "lambda", "function:"},
    {Kind::kBucket, "s3", ""},
    {Kind::kQueue, "sqs", ""},
    {Kind::kTopic, "sns", ""},
    {Kind::kEventBus, "events", "event-bus/"},
};

absl::string_view V(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

std::string ArnOf(const Destination& destination, std::string_view region) {
  for (const Form& form : kForms) {
    if (form.kind != destination.kind) continue;
    if (form.kind == Kind::kBucket) return absl::StrCat("arn:aws:s3:::", destination.name);
    return absl::StrCat("arn:aws:", form.service, ":", V(region), ":", kAccount, ":", form.prefix,
                        destination.name);
  }
  return "";
}

absl::StatusOr<Destination> DestinationOfArn(std::string_view arn) {
  if (arn.empty()) return Destination{};
  // arn:partition:service:region:account:resource; the resource may have colons of its own.
  const std::vector<std::string> parts = absl::StrSplit(V(arn), absl::MaxSplits(':', 5));
  if (parts.size() == 6 && parts[0] == "arn") {
    for (const Form& form : kForms) {
      const std::string_view prefix = form.prefix;
      if (parts[2] != form.service || parts[5].compare(0, prefix.size(), prefix) != 0) continue;
      std::string name = parts[5].substr(prefix.size());
      if (!name.empty()) return Destination{form.kind, std::move(name)};
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("\"", V(arn), "\" is no ARN of a function, bucket, queue, topic or event bus"));
}

}  // namespace cloudlet
