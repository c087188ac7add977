// One answer: pause, interim responses, status, headers, body.
#include "edge/conformance/suite_origin.h"

#include <algorithm>

#include "absl/time/civil_time.h"
#include "edge/date.h"
#include "edge/lists.h"

namespace cloudlet::edge {
namespace {

// So long takes a request to the origin and back.
constexpr absl::Duration kRoundTrip = absl::Milliseconds(2);

bool IsOneOf(const std::string& name, std::initializer_list<const char*> names) {
  return std::any_of(names.begin(), names.end(),
                     [&](const char* one) { return SameHttpName(name, one); });
}

// "Sunday, 06-Nov-94 08:49:37 GMT", out of "Sun, 06 Nov 1994 08:49:37 GMT".
std::string Rfc850(absl::Time time) {
  static const char* const kRest[] = {"day", "day", "sday", "nesday", "rsday", "day", "urday"};
  const auto civil = absl::ToCivilSecond(time, absl::UTCTimeZone());
  // absl::Weekday begins with Monday.
  const size_t day = (static_cast<size_t>(absl::GetWeekday(civil)) + 1) % 7;
  const std::string date = FormatDate(time);
  return date.substr(0, 3) + kRest[day] + ", " + date.substr(5, 2) + "-" + date.substr(8, 3) + "-" +
         date.substr(14);
}

}  // namespace

std::string SuiteValue(const SuiteHeader& header, const SuiteRequest& request, absl::Time now,
                       const std::string& base_url) {
  const auto* const text = std::get_if<std::string>(&header.value);
  if (text == nullptr) {
    const int64_t seconds = std::get<int64_t>(header.value);
    if (!IsOneOf(header.name, {"Date", "Expires", "Last-Modified", "If-Modified-Since",
                               "If-Unmodified-Since"})) {
      return std::to_string(seconds);
    }
    const absl::Time time = now + absl::Seconds(seconds);
    const bool rfc850 =
        std::count(request.rfc850.begin(), request.rfc850.end(), LowerCase(header.name)) != 0;
    return rfc850 ? Rfc850(time) : FormatDate(time);
  }
  if (!request.magic_locations || !IsOneOf(header.name, {"Location", "Content-Location"})) {
    return *text;
  }
  return text->empty() ? base_url : base_url + "/" + *text;
}

std::optional<int64_t> LeadingNumber(const std::string& text) {
  const size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  return Digits(std::string_view(text).substr(0, end), int64_t{1} << 53);
}

SuiteOrigin::SuiteOrigin(const SuiteTest& test, std::string token, absl::Time* now)
    : script_(test.requests), token_(std::move(token)), now_(now), sent_(script_.size()) {
  for (size_t i = 0; i < script_.size(); ++i) {
    for (const SuiteHeader& header : script_[i].response_headers) {
      const auto* const text = std::get_if<std::string>(&header.value);
      if (text != nullptr) sent_[i].Add(header.name, *text);
    }
  }
}

std::variant<HttpResponse, OriginError> SuiteOrigin::Fetch(const HttpRequest& request,
                                                           std::vector<HttpResponse>* interim) {
  const std::string* const header = request.headers.Find("Req-Num");
  const auto number = header == nullptr ? std::nullopt : LeadingNumber(*header);
  if (!number || *number < 1 || static_cast<size_t>(*number) > script_.size()) {
    return HttpResponse{.status = 409, .reason = "Conflict"};
  }
  const auto index = static_cast<size_t>(*number - 1);
  const SuiteRequest& script = script_[index];
  *now_ += kRoundTrip / 2 + absl::Seconds(script.response_pause_seconds);
  for (const SuiteInterim& one : script.interim) {
    HttpResponse response = {.status = one.status};
    for (const SuiteHeader& h : one.headers) {
      response.headers.Add(h.name, std::get<std::string>(h.value));
    }
    interim->push_back(std::move(response));
  }
  HttpResponse response;
  std::tie(response.status, response.reason) =
      StatusFor(script, static_cast<int>(*number), request);
  AddHeaders(script, static_cast<int>(*number), request, &response);
  AddBody(script, request, &response);
  *now_ += kRoundTrip / 2;
  if (script.disconnect) return OriginError::kCutShort;
  return response;
}

std::pair<int, std::string> SuiteOrigin::StatusFor(const SuiteRequest& script, int number,
                                                   const HttpRequest& request) const {
  const std::string& type = script.expected_type;
  const std::string ending = "validated";
  if (type.size() < ending.size() ||
      type.compare(type.size() - ending.size(), ending.size(), ending) != 0) {
    return script.response_status.value_or(std::pair<int, std::string>(200, "OK"));
  }
  const auto same = [&](const char* validator, const char* condition) {
    if (number < 2) return false;
    // The last of the name counts.
    const auto& headers = sent_[static_cast<size_t>(number - 2)].list();
    const auto found = std::find_if(headers.rbegin(), headers.rend(), [&](const HttpHeader& h) {
      return SameHttpName(h.name, validator);
    });
    return found != headers.rend() && request.headers.Joined(condition) == found->value;
  };
  if (same("Last-Modified", "If-Modified-Since") || same("ETag", "If-None-Match")) {
    return {304, "Not Modified"};
  }
  return {999, "304 Not Generated"};
}

void SuiteOrigin::AddHeaders(const SuiteRequest& script, int number, const HttpRequest& request,
                             HttpResponse* response) {
  HttpHeaders& headers = response->headers;
  const std::string base_url =
      request.url.path + (request.url.query ? "?" + *request.url.query : "");
  headers.Add("Server-Base-Url", base_url);
  headers.Add("Server-Request-Count", std::to_string(seen_.size() + 1));
  headers.Add("Client-Request-Count", std::to_string(number));
  headers.Add("Server-Now", std::to_string(absl::ToUnixMillis(*now_)));

  HttpHeaders& sent = sent_[static_cast<size_t>(number - 1)];
  sent = {};
  SeenRequest seen = {number, request.method, request.headers};
  for (const SuiteHeader& header : script.response_headers) {
    const std::string value = SuiteValue(header, script, *now_, base_url);
    headers.Add(header.name, value);
    sent.Add(header.name, value);
    if (!header.check) continue;
    const std::string lines = *headers.Joined(header.name);
    const auto same = std::find_if(seen.sent.begin(), seen.sent.end(),
                                   [&](const auto& one) { return one.first == header.name; });
    if (same == seen.sent.end()) {
      seen.sent.emplace_back(header.name, lines);
    } else {
      same->second = lines;
    }
  }
  if (headers.Find("Content-Type") == nullptr) headers.Add("Content-Type", "text/plain");
  seen_.push_back(std::move(seen));
  std::string numbers;
  for (const SeenRequest& one : seen_) {
    numbers += (numbers.empty() ? "" : " ") + std::to_string(one.number);
  }
  headers.Add("Request-Numbers", numbers);
  if (headers.Find("Date") == nullptr) headers.Add("Date", FormatDate(*now_));
}

void SuiteOrigin::AddBody(const SuiteRequest& script, const HttpRequest& request,
                          HttpResponse* response) {
  if (request.method == "HEAD" || response->status == 204 || response->status == 304) return;
  const bool scripted = script.response_body && !script.response_body->empty();
  std::string body = scripted ? *script.response_body : token_;
  const std::string* const length = response->headers.Find("Content-Length");
  if (length == nullptr) {
    response->headers.Add("Content-Length", std::to_string(body.size()));
  } else if (const auto promised = LeadingNumber(*length)) {
    // What is behind the promised bytes is no part of the answer.
    body.resize(std::min<size_t>(body.size(), static_cast<size_t>(*promised)));
  }
  response->body = absl::Cord(std::move(body));
}

}  // namespace cloudlet::edge
