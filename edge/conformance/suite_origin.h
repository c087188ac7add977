// The origin of the suite: answers the requests of one test by its script and writes down what it
// saw. It behaves as the suite's own server does, which is a Node one: Date, Content-Type and
// Content-Length are its own where the script has none.
#ifndef CLOUDLET_EDGE_CONFORMANCE_SUITE_ORIGIN_H_
#define CLOUDLET_EDGE_CONFORMANCE_SUITE_ORIGIN_H_

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "cloudlet/edge_http.h"
#include "edge/conformance/suite_data.h"
#include "edge/conformance/variant_cache.h"

namespace cloudlet::edge {

// What was asked of the origin once.
struct SeenRequest {
  int number = 0;  // of the client's request, from 1
  std::string method = {};
  HttpHeaders headers = {};
  // What it sent that the client is to get: names with their lines joined.
  std::vector<std::pair<std::string, std::string>> sent = {};
};

// `value` as it goes over the wire: dates from numbers of seconds around `now`, locations under
// `base_url`.
std::string SuiteValue(const SuiteHeader& header, const SuiteRequest& request, absl::Time now,
                       const std::string& base_url);

// The whole number that a text begins with, as JavaScript's parseInt has it.
std::optional<int64_t> LeadingNumber(const std::string& text);

class SuiteOrigin final : public TestOrigin {
 public:
  // Bodies are `token` where the script has none. `now` must outlive the origin.
  SuiteOrigin(const SuiteTest& test, std::string token, absl::Time* now);

  std::variant<HttpResponse, OriginError> Fetch(const HttpRequest& request,
                                                std::vector<HttpResponse>* interim) override;

  const std::vector<SeenRequest>& seen() const { return seen_; }

 private:
  std::pair<int, std::string> StatusFor(const SuiteRequest& script, int number,
                                        const HttpRequest& request) const;
  void AddHeaders(const SuiteRequest& script, int number, const HttpRequest& request,
                  HttpResponse* response);
  void AddBody(const SuiteRequest& script, const HttpRequest& request, HttpResponse* response);

  const std::vector<SuiteRequest> script_;
  const std::string token_;
  absl::Time* const now_;
  std::vector<SeenRequest> seen_;
  // The script's headers by number of request: as they were sent or, until then, as they are
  // written where they are no numbers.
  std::vector<HttpHeaders> sent_;
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_CONFORMANCE_SUITE_ORIGIN_H_
