// One association after the other, then all together.
#include "edge/functions/function_options.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/strings.h"
#include "edge/functions/event_rules.h"

namespace cloudlet::edge {
namespace {

std::string WhyOne(const EdgeFunctionAssociation& one) {
  const bool light = one.runtime == EdgeRuntime::kCloudFrontFunctions;
  if (one.function == nullptr) return "there is no function";
  if (light && IsOriginEvent(one.event_type)) {
    return "runtime: CloudFront Functions run at viewer events, use kLambdaAtEdge";
  }
  if (one.include_body && !IsRequestEvent(one.event_type)) {
    return "include_body: a response event has no request body to show";
  }
  if (one.include_body && light) {
    return "include_body: CloudFront Functions see no bodies, use kLambdaAtEdge";
  }
  const absl::Duration longest = LongestTimeout(one.event_type);
  if (one.timeout <= absl::ZeroDuration() || one.timeout > longest) {
    return absl::StrCat("timeout: not above 0 and up to ", absl::FormatDuration(longest));
  }
  return "";
}

}  // namespace

std::string WhyInvalidFunctions(const std::vector<EdgeFunctionAssociation>& functions) {
  std::set<EdgeEventType> points;
  std::set<EdgeRuntime> at_viewer;
  for (const EdgeFunctionAssociation& one : functions) {
    const std::string at = absl::StrCat(base::V(EdgeEventTypeName(one.event_type)), ": ");
    if (!points.insert(one.event_type).second) return at + "there are two functions";
    const std::string why = WhyOne(one);
    if (!why.empty()) return at + why;
    if (!IsOriginEvent(one.event_type)) at_viewer.insert(one.runtime);
  }
  return at_viewer.size() > 1 ? "the viewer events have one runtime, not two" : "";
}

}  // namespace cloudlet::edge
