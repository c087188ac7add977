// A row as text: CloudFront's fields, escapes and hyphens.
#include "cloudlet/edge_log.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/strings.h"

namespace cloudlet {
namespace {

constexpr std::string_view kFields =
    "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) "
    "cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header "
    "cs-protocol cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher "
    "x-edge-response-result-type cs-protocol-version fle-status fle-encrypted-fields c-port "
    "time-to-first-byte x-edge-detailed-result-type sc-content-type sc-content-len sc-range-start "
    "sc-range-end";

bool IsEscaped(unsigned char byte) {
  static constexpr std::string_view kOthers = "<>\"#%{}|\\^~[]`'";
  return byte <= 0x20 || byte >= 0x7F || kOthers.find(static_cast<char>(byte)) != kOthers.npos;
}

// The line, field by field.
class Line {
 public:
  void Text(std::string_view text) {
    Separate();
    if (text.empty()) out_ += '-';
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (IsEscaped(byte)) {
        absl::StrAppend(&out_, "%", base::V(base::HexUpper({&c, 1})));
      } else {
        out_ += c;
      }
    }
  }
  void Number(std::optional<uint64_t> number) {
    Text(number ? std::to_string(*number) : std::string());
  }
  void Seconds(absl::Duration duration) {
    Text(absl::StrFormat("%.3f", std::max(absl::ToDoubleSeconds(duration), 0.0)));
  }
  std::string Done() && { return std::move(out_) + "\n"; }

 private:
  void Separate() {
    if (!out_.empty()) out_ += '\t';
  }
  std::string out_;
};

}  // namespace

std::string_view ToString(EdgeResultType type) {
  switch (type) {
    case EdgeResultType::kHit:
      return "Hit";
    case EdgeResultType::kRefreshHit:
      return "RefreshHit";
    case EdgeResultType::kOriginShieldHit:
      return "OriginShieldHit";
    case EdgeResultType::kMiss:
      return "Miss";
    case EdgeResultType::kLimitExceeded:
      return "LimitExceeded";
    case EdgeResultType::kCapacityExceeded:
      return "CapacityExceeded";
    case EdgeResultType::kError:
      return "Error";
    case EdgeResultType::kRedirect:
      return "Redirect";
  }
  return "";
}

std::string ToLine(const EdgeLogRow& row) {
  Line line;
  line.Text(absl::FormatTime("%Y-%m-%d", row.time, absl::UTCTimeZone()));
  line.Text(absl::FormatTime("%H:%M:%S", row.time, absl::UTCTimeZone()));
  line.Text(row.edge_location);
  line.Number(row.sc_bytes);
  line.Text(row.c_ip);
  line.Text(row.cs_method);
  line.Text(row.cs_host);
  line.Text(row.cs_uri_stem);
  line.Text(absl::StrFormat("%03d", row.sc_status));
  line.Text(row.cs_referer);
  line.Text(row.cs_user_agent);
  line.Text(row.cs_uri_query);
  line.Text(row.cs_cookie);
  line.Text(ToString(row.result_type));
  line.Text(row.request_id);
  line.Text(row.host_header);
  line.Text(row.cs_protocol);
  line.Number(row.cs_bytes);
  line.Seconds(row.time_taken);
  line.Text(row.x_forwarded_for);
  line.Text(row.ssl_protocol);
  line.Text(row.ssl_cipher);
  line.Text(ToString(row.response_result_type));
  line.Text(row.cs_protocol_version);
  line.Text(row.fle_status);
  line.Text(row.fle_encrypted_fields);
  line.Text(row.c_port == 0 ? std::string() : std::to_string(row.c_port));
  line.Seconds(row.time_to_first_byte);
  line.Text(row.detailed_result_type);
  line.Text(row.sc_content_type);
  line.Number(row.sc_content_len);
  line.Number(row.sc_range_start);
  line.Number(row.sc_range_end);
  return std::move(line).Done();
}

std::string EdgeLogHeader() {
  return absl::StrCat("#Version: 1.0\n#Fields: ", base::V(kFields), "\n");
}

}  // namespace cloudlet
