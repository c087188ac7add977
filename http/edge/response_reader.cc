// Status lines, header lines, framing.
#include "http/edge/response_reader.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace cloudlet::http {
namespace {

constexpr std::string_view kConnectionHeaders[] = {
    "Connection",       "Keep-Alive",          "TE",     "Transfer-Encoding", "Upgrade",
    "Proxy-Connection", "Proxy-Authorization", "Trailer"};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsTokenChar(char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return IsDigit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         kMarks.find(c) != std::string_view::npos;
}

std::string_view TrimEnd(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  return TrimEnd(text);
}

// Whether what comes under this Transfer-Encoding is the body itself once chunks are put together.
// A name that is of no coding changes nothing: the body then ends with the connection.
bool IsReadable(std::string_view coding) {
  if (SameHttpName(coding, "chunked")) return true;
  static constexpr std::string_view kCodings[] = {"chunked",  "compress",   "deflate", "gzip",
                                                  "identity", "x-compress", "x-gzip"};
  return IsToken(coding) && std::none_of(std::begin(kCodings), std::end(kCodings),
                                         [&](auto one) { return SameHttpName(one, coding); });
}

// "HTTP/1.1 200 OK"; false: it is none.
bool ReadStatusLine(std::string_view line, HttpResponse* out) {
  if (line.size() < 12 || line.substr(0, 7) != "HTTP/1." || !IsDigit(line[7]) || line[8] != ' ') {
    return false;
  }
  const std::string_view digits = line.substr(9, 3);
  if (!std::all_of(digits.begin(), digits.end(), IsDigit)) return false;
  if (line.size() > 12 && line[12] != ' ') return false;
  out->status = (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
  out->reason = std::string(Trim(line.substr(12)));
  return out->status >= 100;
}

}  // namespace

bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsTokenChar);
}

bool IsSound(const HttpHeader& header) {
  return IsToken(header.name) &&
         header.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos;
}

void RemoveConnectionHeaders(HttpHeaders* headers) {
  const std::string listed = headers->Joined("Connection").value_or("");
  for (size_t begin = 0; begin < listed.size();) {
    const size_t end = std::min(listed.find(',', begin), listed.size());
    headers->Remove(Trim(std::string_view(listed).substr(begin, end - begin)));
    begin = end + 1;
  }
  for (const std::string_view name : kConnectionHeaders) headers->Remove(name);
}

std::optional<uint64_t> ContentLengthOf(const HttpHeaders& headers) {
  std::optional<uint64_t> length;
  for (const HttpHeader& header : headers) {
    if (!SameHttpName(header.name, "Content-Length")) continue;
    const std::string& text = header.value;
    // Nineteen digits fit.
    if (text.empty() || text.size() > 19 || !std::all_of(text.begin(), text.end(), IsDigit)) {
      return std::nullopt;
    }
    const uint64_t value = std::stoull(text);
    if (length.has_value() && *length != value) return std::nullopt;
    length = value;
  }
  return length;
}

ResponseReader::Event ResponseReader::Take(std::string_view line) {
  if (line.size() > left_) return Event::kBad;
  left_ -= line.size();
  if (!line.empty() && line.back() == '\n') line.remove_suffix(1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (!begun_) {
    begun_ = true;
    response_ = HttpResponse();
    return ReadStatusLine(line, &response_) ? Event::kMore : Event::kBad;
  }
  if (line.empty()) return End();
  const size_t colon = line.find(':');
  if (line.front() == ' ' || line.front() == '\t' || colon == std::string_view::npos) {
    return Event::kBad;
  }
  // White space before the colon is to be taken out of what is passed on: section 5.1.
  HttpHeader header = {std::string(TrimEnd(line.substr(0, colon))),
                       std::string(Trim(line.substr(colon + 1)))};
  if (!IsSound(header)) return Event::kBad;
  // What frames a body is written as everybody reads it, or not at all.
  const bool frames =
      SameHttpName(header.name, "Content-Length") || SameHttpName(header.name, "Transfer-Encoding");
  if (frames && header.name.size() != colon) return Event::kBad;
  response_.headers.Add(header.name, header.value);
  return Event::kMore;
}

// The empty line: section 6.3 says how long the body is, or that this is not to be trusted.
ResponseReader::Event ResponseReader::End() {
  begun_ = false;
  if (response_.status < 200) return response_.status == 101 ? Event::kBad : Event::kInterim;
  HttpHeaders& headers = response_.headers;
  const size_t codings = headers.Count("Transfer-Encoding");
  const size_t lengths = headers.Count("Content-Length");
  if (codings > 1 || (codings == 1 && lengths > 0)) return Event::kBad;
  if (codings == 1 && !IsReadable(*headers.Find("Transfer-Encoding"))) return Event::kBad;
  headers.Remove("Transfer-Encoding");
  if (lengths > 0) {
    const std::optional<uint64_t> length = ContentLengthOf(headers);
    if (!length.has_value()) return Event::kBad;
    if (lengths > 1) headers.Set("Content-Length", std::to_string(*length));
  }
  return Event::kHead;
}

}  // namespace cloudlet::http
