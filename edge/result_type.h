// Answers that the edge makes in an origin's place, told from what an origin says: they are never
// stored. A header carries the mark from whoever made the answer to the distribution, which takes
// it away; functions are not shown it (X-Edge-*), and an origin that sends it keeps its own answer
// from being stored.
//
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html
#ifndef CLOUDLET_EDGE_RESULT_TYPE_H_
#define CLOUDLET_EDGE_RESULT_TYPE_H_

#include <string>

#include "cloudlet/edge_http.h"

namespace cloudlet::edge {

// Its value is what access logs have as x-edge-result-type: "LambdaExecutionError".
inline constexpr char kResultTypeHeader[] = "X-Edge-Result-Type";
// No place was free at the origin.
inline constexpr char kCapacityExceeded[] = "CapacityExceeded";

inline bool HasResultType(const HttpHeaders& headers) {
  return headers.Find(kResultTypeHeader) != nullptr;
}

// Takes the mark away. Empty: there was none.
inline std::string TakeResultType(HttpHeaders* headers) {
  const std::string* const found = headers->Find(kResultTypeHeader);
  if (found == nullptr) return {};
  std::string type = *found;
  headers->Remove(kResultTypeHeader);
  return type;
}

// Of the answer that a viewer-request function has made.
inline bool IsGenerated(const std::string& type) {
  return type == "LambdaGeneratedResponse" || type == "FunctionGeneratedResponse";
}

// When to come again stays true where a page takes an error's place, and the page is not kept.
inline void KeepRetry(const HttpHeaders& error, HttpHeaders* page) {
  if (const std::string* const seconds = error.Find("Retry-After")) {
    page->Set("Retry-After", *seconds);
  }
  if (error.Find("Cache-Control") != nullptr) page->Set("Cache-Control", "no-store");
}

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_RESULT_TYPE_H_
