// HttpOrigin: lines to one server, taken from those that are idle and given back.
#include "cloudlet/http_origin.h"

#include <deque>
#include <fstream>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "base/real_deadline.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "http/edge/curl_line.h"

namespace cloudlet {
namespace {

using base::Quoted;
using http::CurlLine;

// The lines of an origin; stays as long as one of its answers does.
class Lines {
 public:
  explicit Lines(HttpOriginOptions options) : options_(std::move(options)) {}
  const HttpOriginOptions& options() const { return options_; }

  // The one that was used last: connections that are not needed get old.
  std::unique_ptr<CurlLine> Take() {
    {
      base::MutexLock lock(&mu_);
      if (!idle_.empty()) {
        std::unique_ptr<CurlLine> line = std::move(idle_.back().line);
        idle_.pop_back();
        return line;
      }
    }
    return std::make_unique<CurlLine>(options_);
  }

  void GiveBack(std::unique_ptr<CurlLine> line) {
    std::vector<std::unique_ptr<CurlLine>> old;  // closed without the lock
    base::MutexLock lock(&mu_);
    while (!idle_.empty() &&
           (idle_.size() >= options_.max_idle_connections || idle_.front().until.passed())) {
      old.push_back(std::move(idle_.front().line));
      idle_.pop_front();
    }
    if (options_.max_idle_connections == 0) return;
    idle_.push_back({std::move(line), base::RealDeadline(options_.keep_alive_timeout)});
  }

 private:
  struct Idle {
    std::unique_ptr<CurlLine> line;
    base::RealDeadline until;
  };

  const HttpOriginOptions options_;
  base::Mutex mu_;
  std::deque<Idle> idle_ ABSL_GUARDED_BY(mu_);  // the oldest first
};

class LineBody final : public HttpBody {
 public:
  LineBody(std::shared_ptr<Lines> lines, std::unique_ptr<CurlLine> line)
      : lines_(std::move(lines)), line_(std::move(line)) {}

  absl::StatusOr<absl::Cord> Next() override {
    if (line_ == nullptr) return absl::Cord();
    absl::StatusOr<absl::Cord> piece = line_->Next(lines_->options().read_timeout);
    if (piece.ok() && piece->empty()) lines_->GiveBack(std::move(line_));
    return piece;
  }

 private:
  const std::shared_ptr<Lines> lines_;
  std::unique_ptr<CurlLine> line_;  // null behind the end
};

class HttpOrigin final : public Origin {
 public:
  explicit HttpOrigin(HttpOriginOptions options)
      : clock_(options.clock != nullptr ? options.clock : RealClock()),
        lines_(std::make_shared<Lines>(std::move(options))) {}

  OriginResult Fetch(const HttpRequest& request, absl::Time deadline,
                     const InterimSink& interim) override {
    const base::RealDeadline end(deadline - clock_->Now());
    std::unique_ptr<CurlLine> line = lines_->Take();
    auto begun = line->Begin(request, end.left(), interim);
    if (const auto* const failure = std::get_if<OriginFailure>(&begun)) return *failure;
    HttpResponse response = std::get<HttpResponse>(std::move(begun));
    for (;;) {
      absl::StatusOr<absl::Cord> piece = line->Next(end.left());
      if (absl::IsDeadlineExceeded(piece.status())) return OriginFailure::kTimeout;
      if (!piece.ok()) return OriginFailure::kCutShort;
      if (piece->empty()) break;
      response.body.Append(*std::move(piece));
    }
    lines_->GiveBack(std::move(line));
    return response;
  }

  OriginStream Open(const HttpRequest& request, absl::Time deadline,
                    const InterimSink& interim) override {
    std::unique_ptr<CurlLine> line = lines_->Take();
    auto begun = line->Begin(request, deadline - clock_->Now(), interim);
    if (const auto* const failure = std::get_if<OriginFailure>(&begun)) return *failure;
    HttpStream stream = {std::get<HttpResponse>(std::move(begun)), nullptr};
    if (!line->complete()) {
      stream.body = std::make_unique<LineBody>(lines_, std::move(line));
      return stream;
    }
    absl::StatusOr<absl::Cord> whole = line->Next(absl::ZeroDuration());
    if (!whole.ok()) return OriginFailure::kCutShort;
    stream.head.body = *std::move(whole);
    lines_->GiveBack(std::move(line));
    return stream;
  }

 private:
  const std::shared_ptr<Clock> clock_;
  const std::shared_ptr<Lines> lines_;
};

absl::Status Refuse(std::string_view field, std::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("make http origin: ", base::V(field), ": ", base::V(why)));
}

bool Within(absl::Duration time, int max_seconds) {
  return time >= absl::Seconds(1) && time <= absl::Seconds(max_seconds);
}

absl::Status CheckCaFile(const HttpOriginOptions& options) {
  if (options.ca_file.empty()) return absl::OkStatus();
  if (!options.tls || !options.verify_certificate) {
    return Refuse("ca_file", "it says nothing without tls and verify_certificate");
  }
  std::ifstream file(options.ca_file);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (text.find("-----BEGIN") != std::string::npos) return absl::OkStatus();
  return Refuse("ca_file",
                absl::StrCat(Quoted(options.ca_file), " cannot be read or has no certificate"));
}

absl::Status Check(const HttpOriginOptions& options) {
  const std::string& host = options.host;
  if (host.empty() || host.find_first_of("/?#@[]%\\ \t\r\n") != std::string::npos ||
      host.find('\0') != std::string::npos) {
    return Refuse("host", absl::StrCat(Quoted(host), " is no name and no address"));
  }
  const bool one_colon = host.find(':') != std::string::npos && host.find(':') == host.rfind(':');
  if (one_colon) return Refuse("host", "a port goes into the field port");
  CLOUDLET_RETURN_IF_ERROR(CheckCaFile(options));
  if (!Within(options.connection_timeout, 10)) {
    return Refuse("connection_timeout", "not within 1 s to 10 s");
  }
  if (!Within(options.read_timeout, 120)) return Refuse("read_timeout", "not within 1 s to 120 s");
  if (!Within(options.keep_alive_timeout, 120)) {
    return Refuse("keep_alive_timeout", "not within 1 s to 120 s");
  }
  if (options.max_head_bytes < 1024) return Refuse("max_head_bytes", "less than 1,024");
  if (options.max_body_bytes == 0) return Refuse("max_body_bytes", "no body would fit");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<Origin>> MakeHttpOrigin(const HttpOriginOptions& options) {
  CLOUDLET_RETURN_IF_ERROR(Check(options));
  if (!http::MakeCurlReady()) return absl::InternalError("make http origin: libcurl fails");
  return std::shared_ptr<Origin>(std::make_shared<HttpOrigin>(options));
}

}  // namespace cloudlet
