// Status lines, headers, and what is said of a body's length.
#include "http/answer_head.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/strings.h"

namespace cloudlet::http {
namespace {

using base::V;

struct StatusReason {
  int status;
  std::string_view reason;
};

constexpr StatusReason kReasons[] = {
    {102, "Processing"},
    {103, "Early Hints"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

// A line break would begin another header, or end the head.
bool IsOneLine(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

std::string StatusLine(int status, std::string_view reason) {
  if (reason.empty() || !IsOneLine(reason)) {
    const auto* const found =
        std::find_if(std::begin(kReasons), std::end(kReasons),
                     [status](const StatusReason& one) { return one.status == status; });
    reason = found == std::end(kReasons) ? "Status" : found->reason;
  }
  return absl::StrCat("HTTP/1.1 ", status, " ", V(reason), "\r\n");
}

// What is more than one line never leaves.
void AppendHeader(std::string* out, std::string_view name, std::string_view value) {
  if (!IsOneLine(name) || !IsOneLine(value)) return;
  absl::StrAppend(out, V(name), ": ", V(value), "\r\n");
}

void AppendHeaders(std::string* out, const Headers& headers) {
  for (const Header& header : headers) AppendHeader(out, header.name, header.value);
}

}  // namespace

bool HasBody(int status) { return status >= 200 && status != 204 && status != 304; }

std::string AnswerHead(const Response& response, const HeadFraming& framing) {
  std::string head = StatusLine(response.status, response.reason);
  AppendHeaders(&head, response.headers);
  if (response.headers.Find("Date") == nullptr) AppendHeader(&head, "Date", framing.date);
  if (!framing.server.empty() && response.headers.Find("Server") == nullptr) {
    AppendHeader(&head, "Server", framing.server);
  }
  // A 304 may tell the length that the 200 would have, a 204 none: RFC 9110 section 8.6.
  if (response.content_length.has_value() && response.status != 204) {
    absl::StrAppend(&head, "Content-Length: ", *response.content_length, "\r\n");
  } else if (framing.chunked && HasBody(response.status)) {
    head += "Transfer-Encoding: chunked\r\n";
  }
  if (!framing.keep_alive) {
    head += "Connection: close\r\n";
  } else if (framing.minor_version == 0) {
    head += "Connection: keep-alive\r\n";
  }
  head += "\r\n";
  return head;
}

std::string InterimHead(const Interim& interim) {
  std::string head = StatusLine(interim.status, interim.reason);
  AppendHeaders(&head, interim.headers);
  head += "\r\n";
  return head;
}

}  // namespace cloudlet::http
