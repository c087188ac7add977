// The tests of http-tests/cache-tests as values. The data is not part of this repository.
//
// https://github.com/http-tests/cache-tests
#ifndef CLOUDLET_EDGE_CONFORMANCE_SUITE_DATA_H_
#define CLOUDLET_EDGE_CONFORMANCE_SUITE_DATA_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"

namespace cloudlet::edge {

struct SuiteHeader {
  std::string name = {};
  // A number is seconds from now in headers that are dates.
  std::variant<std::string, int64_t> value = {};
  bool check = true;  // the client checks that it gets this header of the origin's
};

// How a header of a response is expected: there, with this value, equal to another header, or a
// number above another.
struct SuiteExpectation {
  enum class Kind { kThere, kValue, kSameAs, kAbove };
  Kind kind = Kind::kThere;
  SuiteHeader header = {};  // of kSameAs the value is the other header's name
};

struct SuiteInterim {
  int status = 0;
  std::vector<SuiteHeader> headers = {};
};

struct SuiteRequest {
  // The client.
  std::string method = "GET";
  std::string filename = {};
  std::string query = {};
  std::optional<std::string> body = {};
  std::vector<SuiteHeader> headers = {};
  bool magic_ims = false;
  bool pause_after = false;
  std::vector<std::string> rfc850 = {};  // headers whose dates are written in that form
  // The origin.
  std::optional<std::pair<int, std::string>> response_status = {};
  std::vector<SuiteHeader> response_headers = {};
  std::optional<std::string> response_body = {};
  std::vector<SuiteInterim> interim = {};
  bool magic_locations = false;
  bool disconnect = false;
  int64_t response_pause_seconds = 0;
  // What is checked.
  std::string expected_type = {};
  std::optional<std::optional<int>> expected_status = {};  // nullopt in it: any
  std::vector<SuiteExpectation> expected_response_headers = {};
  std::vector<SuiteHeader> response_headers_missing = {};  // value "": any
  std::optional<std::vector<SuiteInterim>> expected_interim = {};
  bool check_body = true;
  std::optional<std::optional<std::string>> expected_text = {};  // nullopt in it: any
  std::vector<SuiteExpectation> expected_request_headers = {};
  std::vector<SuiteHeader> request_headers_missing = {};
  std::string expected_method = {};
  // Whose failure means that the test could not be set up.
  bool setup = false;
  std::set<std::string> setup_checks = {};

  bool IsSetup(const std::string& check) const { return setup || setup_checks.count(check) != 0; }
};

enum class SuiteKind { kRequired, kOptimal, kCheck };

struct SuiteTest {
  std::string id = {};
  SuiteKind kind = SuiteKind::kRequired;
  std::vector<std::string> depends_on = {};
  bool browser_only = false;
  std::vector<SuiteRequest> requests = {};
};

// InvalidArgument for what is not the suite's data, also where it has a member that is not known
// here: a check that is not played must not count as one that passed.
absl::StatusOr<std::vector<SuiteTest>> ParseSuite(std::string_view json);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_CONFORMANCE_SUITE_DATA_H_
