// JSON into values: each member of a request by its name.
#include "base/json_struct.h"
// Before other headers of protobuf.
#include <functional>
#include <map>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "edge/conformance/suite_data.h"

namespace cloudlet::edge {
namespace {

using google::protobuf::Value;

std::vector<std::string> Strings(const Value& value) {
  std::vector<std::string> out;
  for (const Value& one : value.list_value().values()) out.push_back(one.string_value());
  return out;
}

std::variant<std::string, int64_t> Scalar(const Value& value) {
  if (value.kind_case() == Value::kNumberValue) return static_cast<int64_t>(value.number_value());
  return value.string_value();
}

// "name", ["name", value] or ["name", value, check].
SuiteHeader Header(const Value& value) {
  if (value.kind_case() == Value::kStringValue) return {value.string_value()};
  const auto& parts = value.list_value().values();
  SuiteHeader header = {parts[0].string_value()};
  if (parts.size() > 1) header.value = Scalar(parts[1]);
  header.check = parts.size() < 3 || parts[2].bool_value();
  return header;
}

std::vector<SuiteHeader> Headers(const Value& value) {
  std::vector<SuiteHeader> out;
  for (const Value& one : value.list_value().values()) out.push_back(Header(one));
  return out;
}

// Besides: ["name", "=", "other"] and ["name", ">", number].
std::vector<SuiteExpectation> Expectations(const Value& value) {
  std::vector<SuiteExpectation> out;
  for (const Value& one : value.list_value().values()) {
    using Kind = SuiteExpectation::Kind;
    const auto& parts = one.list_value().values();
    if (parts.size() == 3) {
      const Kind kind = parts[1].string_value() == "=" ? Kind::kSameAs : Kind::kAbove;
      out.push_back({kind, {parts[0].string_value(), Scalar(parts[2])}});
    } else {
      out.push_back({parts.size() == 2 ? Kind::kValue : Kind::kThere, Header(one)});
    }
  }
  return out;
}

std::vector<SuiteInterim> Interims(const Value& value) {
  std::vector<SuiteInterim> out;
  for (const Value& one : value.list_value().values()) {
    const auto& parts = one.list_value().values();
    SuiteInterim interim = {static_cast<int>(parts[0].number_value())};
    if (parts.size() > 1) interim.headers = Headers(parts[1]);
    out.push_back(std::move(interim));
  }
  return out;
}

std::optional<std::string> MaybeString(const Value& value) {
  if (value.kind_case() != Value::kStringValue) return std::nullopt;
  return value.string_value();
}

using Setter = std::function<void(const Value&, SuiteRequest*)>;

const std::map<std::string, Setter>& Setters() {
  static const std::map<std::string, Setter> setters = {
      {"request_method", [](const Value& v, SuiteRequest* r) { r->method = v.string_value(); }},
      {"filename", [](const Value& v, SuiteRequest* r) { r->filename = v.string_value(); }},
      {"query_arg", [](const Value& v, SuiteRequest* r) { r->query = v.string_value(); }},
      {"request_body", [](const Value& v, SuiteRequest* r) { r->body = v.string_value(); }},
      {"request_headers", [](const Value& v, SuiteRequest* r) { r->headers = Headers(v); }},
      {"magic_ims", [](const Value& v, SuiteRequest* r) { r->magic_ims = v.bool_value(); }},
      {"pause_after", [](const Value& v, SuiteRequest* r) { r->pause_after = v.bool_value(); }},
      {"rfc850date", [](const Value& v, SuiteRequest* r) { r->rfc850 = Strings(v); }},
      {"response_status",
       [](const Value& v, SuiteRequest* r) {
         const auto& parts = v.list_value().values();
         r->response_status = {static_cast<int>(parts[0].number_value()), parts[1].string_value()};
       }},
      {"response_headers",
       [](const Value& v, SuiteRequest* r) { r->response_headers = Headers(v); }},
      {"response_body", [](const Value& v, SuiteRequest* r) { r->response_body = MaybeString(v); }},
      {"interim_responses", [](const Value& v, SuiteRequest* r) { r->interim = Interims(v); }},
      {"magic_locations",
       [](const Value& v, SuiteRequest* r) { r->magic_locations = v.bool_value(); }},
      {"disconnect", [](const Value& v, SuiteRequest* r) { r->disconnect = v.bool_value(); }},
      {"response_pause",
       [](const Value& v, SuiteRequest* r) {
         r->response_pause_seconds = static_cast<int64_t>(v.number_value());
       }},
      {"expected_type",
       [](const Value& v, SuiteRequest* r) { r->expected_type = v.string_value(); }},
      {"expected_status",
       [](const Value& v, SuiteRequest* r) {
         r->expected_status.emplace();
         if (v.kind_case() == Value::kNumberValue) {
           r->expected_status->emplace(static_cast<int>(v.number_value()));
         }
       }},
      {"expected_response_headers",
       [](const Value& v, SuiteRequest* r) { r->expected_response_headers = Expectations(v); }},
      {"expected_response_headers_missing",
       [](const Value& v, SuiteRequest* r) { r->response_headers_missing = Headers(v); }},
      {"expected_interim_responses",
       [](const Value& v, SuiteRequest* r) { r->expected_interim = Interims(v); }},
      {"check_body", [](const Value& v, SuiteRequest* r) { r->check_body = v.bool_value(); }},
      {"expected_response_text",
       [](const Value& v, SuiteRequest* r) { r->expected_text.emplace(MaybeString(v)); }},
      {"expected_request_headers",
       [](const Value& v, SuiteRequest* r) { r->expected_request_headers = Expectations(v); }},
      {"expected_request_headers_missing",
       [](const Value& v, SuiteRequest* r) { r->request_headers_missing = Headers(v); }},
      {"expected_method",
       [](const Value& v, SuiteRequest* r) { r->expected_method = v.string_value(); }},
      {"setup", [](const Value& v, SuiteRequest* r) { r->setup = v.bool_value(); }},
      {"setup_tests",
       [](const Value& v, SuiteRequest* r) {
         for (std::string& check : Strings(v)) r->setup_checks.insert(std::move(check));
       }},
      // How a browser's fetch behaves.
      {"redirect", [](const Value&, SuiteRequest*) {}},
      {"cache", [](const Value&, SuiteRequest*) {}},
      {"mode", [](const Value&, SuiteRequest*) {}},
      {"credentials", [](const Value&, SuiteRequest*) {}},
  };
  return setters;
}

absl::StatusOr<SuiteTest> Test(const google::protobuf::Struct& in) {
  SuiteTest test;
  for (const auto& [name, value] : in.fields()) {
    if (name == "id") test.id = value.string_value();
    if (name == "browser_only") test.browser_only = value.bool_value();
    if (name == "depends_on") test.depends_on = Strings(value);
    if (name == "kind") {
      const std::string& kind = value.string_value();
      test.kind = kind == "optimal" ? SuiteKind::kOptimal
                  : kind == "check" ? SuiteKind::kCheck
                                    : SuiteKind::kRequired;
    }
  }
  const auto requests = in.fields().find("requests");
  if (test.id.empty() || requests == in.fields().end()) {
    return absl::InvalidArgumentError("a test of the suite has no id or no requests");
  }
  for (const Value& one : requests->second.list_value().values()) {
    SuiteRequest request;
    for (const auto& [name, value] : one.struct_value().fields()) {
      const auto setter = Setters().find(name);
      if (setter == Setters().end()) {
        return absl::InvalidArgumentError(absl::StrCat(test.id, ": a request has ",
                                                       base::V(base::Quoted(name)),
                                                       ", which the player does not know"));
      }
      setter->second(value, &request);
    }
    test.requests.push_back(std::move(request));
  }
  return test;
}

}  // namespace

absl::StatusOr<std::vector<SuiteTest>> ParseSuite(std::string_view json) {
  google::protobuf::ListValue groups;
  const auto status = google::protobuf::util::JsonStringToMessage(std::string(json), &groups);
  if (!status.ok()) return absl::InvalidArgumentError("the suite's data is no JSON list");
  std::vector<SuiteTest> tests;
  for (const Value& group : groups.values()) {
    const auto members = group.struct_value().fields().find("tests");
    if (members == group.struct_value().fields().end()) {
      return absl::InvalidArgumentError("a group of the suite has no tests");
    }
    for (const Value& test : members->second.list_value().values()) {
      CLOUDLET_ASSIGN_OR_RETURN(SuiteTest parsed, Test(test.struct_value()));
      tests.push_back(std::move(parsed));
    }
  }
  return tests;
}

}  // namespace cloudlet::edge
