// Events as the two kinds of functions have them in JSON.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/json_text.h"
#include "base/strings.h"
#include "cloudlet/edge_functions.h"
#include "edge/functions/event_rules.h"
#include "edge/lists.h"

namespace cloudlet {
namespace {

using base::JsonWriter;

// All that has one name, in the order in which names first come.
struct Field {
  std::string name;
  std::vector<std::pair<std::string, std::string>> values;  // Lambda@Edge: key and value
};

Field& FieldOf(std::string_view name, std::vector<Field>* fields) {
  const auto found = std::find_if(fields->begin(), fields->end(),
                                  [&](const Field& field) { return field.name == name; });
  if (found != fields->end()) return *found;
  fields->push_back({std::string(name), {}});
  return fields->back();
}

std::vector<Field> FieldsOf(const HttpHeaders& headers) {
  std::vector<Field> fields;
  for (const HttpHeader& header : headers) {
    FieldOf(edge::LowerCase(header.name), &fields).values.emplace_back(header.name, header.value);
  }
  return fields;
}

// --- Lambda@Edge ---

void WriteHeaders(const HttpHeaders& headers, JsonWriter* out) {
  out->Open("headers");
  for (const Field& field : FieldsOf(headers)) {
    out->Open(field.name, '[');
    for (const auto& [key, value] : field.values) {
      out->Open();
      out->Text("key", key);
      out->Text("value", value);
      out->Close();
    }
    out->Close(']');
  }
  out->Close();
}

void WriteConfig(const EdgeEvent& event, std::string_view name, JsonWriter* out) {
  out->Open(name);
  out->Text("distributionDomainName", event.distribution_domain_name);
  out->Text("distributionId", event.distribution_id);
  out->Text("eventType", EdgeEventTypeName(event.type));
  out->Text("requestId", event.request_id);
  out->Close();
}

// Of what there is no connection for, CloudFront's defaults.
void WriteOrigin(const EdgeOrigin& origin, JsonWriter* out) {
  out->Open("origin");
  out->Open("custom");
  out->Open("customHeaders");
  out->Close();
  out->Text("domainName", origin.domain_name);
  out->Number("keepaliveTimeout", 5);
  out->Text("path", "");
  out->Number("port", 443);
  out->Text("protocol", "https");
  out->Number("readTimeout", static_cast<uint64_t>(absl::ToInt64Seconds(origin.read_timeout)));
  out->Open("sslProtocols", '[');
  out->Element("TLSv1.2");
  out->Close(']');
  out->Close();
  out->Close();
}

void WriteRequest(const EdgeEvent& event, JsonWriter* out) {
  out->Open("request");
  if (!event.body.empty()) {
    out->Open("body");
    out->Text("action", "read-only");
    out->Text("data", base::Base64Encode(std::string(event.body)));
    out->Text("encoding", "base64");
    out->Flag("inputTruncated", event.body_truncated);
    out->Close();
  }
  out->Text("clientIp", event.client_ip);
  WriteHeaders(event.request.headers, out);
  out->Text("method", event.request.method);
  if (event.origin) WriteOrigin(*event.origin, out);
  out->Text("querystring", event.request.querystring);
  out->Text("uri", event.request.uri);
  out->Close();
}

// --- CloudFront Functions ---

void WriteValue(std::string_view value, std::string_view attributes, JsonWriter* out) {
  out->Text("value", value);
  if (!attributes.empty()) out->Text("attributes", attributes);
}

// Here a field's pairs are value and attributes.
void WriteFields(std::string_view name, const std::vector<Field>& fields, JsonWriter* out) {
  out->Open(name);
  for (const Field& field : fields) {
    out->Open(field.name);
    WriteValue(field.values[0].first, field.values[0].second, out);
    if (field.values.size() > 1) {
      out->Open("multiValue", '[');
      for (const auto& [value, attributes] : field.values) {
        out->Open();
        WriteValue(value, attributes, out);
        out->Close();
      }
      out->Close(']');
    }
    out->Close();
  }
  out->Close();
}

// Adds "name=value"; without '=' the value is empty.
void AddPair(std::string_view pair, std::string_view attributes, std::vector<Field>* fields) {
  const size_t equals = std::min(pair.find('='), pair.size());
  const std::string_view value = pair.substr(std::min(equals + 1, pair.size()));
  FieldOf(pair.substr(0, equals), fields).values.emplace_back(value, attributes);
}

std::vector<Field> QueryFields(std::string_view query) {
  std::vector<Field> fields;
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    if (end > 0) AddPair(query.substr(0, end), "", &fields);
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return fields;
}

std::vector<Field> RequestCookies(const HttpHeaders& headers) {
  std::vector<Field> fields;
  for (const HttpHeader& header : headers) {
    if (!SameHttpName(header.name, "Cookie")) continue;
    std::string_view rest = header.value;
    while (!rest.empty()) {
      const size_t end = std::min(rest.find(';'), rest.size());
      const std::string_view pair = edge::Trimmed(rest.substr(0, end));
      if (!pair.empty()) AddPair(pair, "", &fields);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return fields;
}

std::vector<Field> ResponseCookies(const HttpHeaders& headers) {
  std::vector<Field> fields;
  for (const HttpHeader& header : headers) {
    if (!SameHttpName(header.name, "Set-Cookie")) continue;
    const std::string_view value = header.value;
    const size_t end = std::min(value.find(';'), value.size());
    AddPair(edge::Trimmed(value.substr(0, end)),
            edge::Trimmed(value.substr(std::min(end + 1, value.size()))), &fields);
  }
  return fields;
}

void WriteFlatHeaders(const HttpHeaders& headers, std::string_view cookies, JsonWriter* out) {
  std::vector<Field> fields;
  for (const HttpHeader& header : headers) {
    if (SameHttpName(header.name, cookies)) continue;
    FieldOf(edge::LowerCase(header.name), &fields).values.emplace_back(header.value, "");
  }
  WriteFields("headers", fields, out);
}

}  // namespace

std::string EdgeEventJson(const EdgeEvent& event) {
  JsonWriter out;
  out.Open();
  out.Open("Records", '[');
  out.Open();
  out.Open("cf");
  WriteConfig(event, "config", &out);
  WriteRequest(event, &out);
  if (event.response) {
    out.Open("response");
    WriteHeaders(event.response->headers, &out);
    out.Text("status", std::to_string(event.response->status));
    out.Text("statusDescription", event.response->reason);
    out.Close();
  }
  out.Close();
  out.Close();
  out.Close(']');
  out.Close();
  return out.Take();
}

absl::StatusOr<std::string> CloudFrontFunctionsEventJson(const EdgeEvent& event) {
  if (edge::IsOriginEvent(event.type)) {
    return absl::InvalidArgumentError(
        absl::StrCat("event of CloudFront Functions: type: it has no ",
                     base::V(EdgeEventTypeName(event.type)), ", viewer events alone"));
  }
  JsonWriter out;
  out.Open();
  out.Text("version", "1.0");
  WriteConfig(event, "context", &out);
  out.Open("viewer");
  out.Text("ip", event.client_ip);
  out.Close();
  out.Open("request");
  out.Text("method", event.request.method);
  out.Text("uri", event.request.uri);
  WriteFields("querystring", QueryFields(event.request.querystring), &out);
  WriteFlatHeaders(event.request.headers, "Cookie", &out);
  WriteFields("cookies", RequestCookies(event.request.headers), &out);
  out.Close();
  if (event.response) {
    out.Open("response");
    out.Number("statusCode", static_cast<uint64_t>(event.response->status));
    out.Text("statusDescription", event.response->reason);
    WriteFlatHeaders(event.response->headers, "Set-Cookie", &out);
    WriteFields("cookies", ResponseCookies(event.response->headers), &out);
    out.Close();
  }
  out.Close();
  return out.Take();
}

}  // namespace cloudlet
