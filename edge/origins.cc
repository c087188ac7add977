// Callbacks, groups, and the fence around all that is the user's.
#include "edge/origins.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "edge/lists.h"

namespace cloudlet {
namespace edge {
namespace {

bool AreSound(const HttpHeaders& headers) {
  return std::all_of(headers.begin(), headers.end(), IsSoundHeader);
}

// A body that is not of the length that is said was cut, or is not the one that was meant.
bool HasItsLength(const HttpRequest& request, const HttpResponse& response) {
  if (response.status == 204 || response.status == 304) return response.body.empty();
  if (request.method == "HEAD") return true;
  for (const HttpHeader& header : response.headers) {
    if (!SameHttpName(header.name, "Content-Length")) continue;
    const auto length = Digits(header.value, int64_t{1} << 62);
    if (!length || static_cast<uint64_t>(*length) != response.body.size()) return false;
  }
  return true;
}

}  // namespace

bool IsSoundHeader(const HttpHeader& header) {
  return IsToken(header.name) &&
         header.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos;
}

bool IsFailoverStatus(int status) {
  static constexpr int kStatuses[] = {400, 403, 404, 416, 429, 500, 502, 503, 504};
  return std::find(std::begin(kStatuses), std::end(kStatuses), status) != std::end(kStatuses);
}

OriginResult FetchFenced(Origin& origin, const HttpRequest& request, absl::Time deadline,
                         const InterimSink& interim) {
  const InterimSink sound = [&](const HttpResponse& response) {
    if (interim == nullptr || response.status < 100 || response.status > 199) return;
    if (response.body.empty() && AreSound(response.headers)) interim(response);
  };
  try {
    OriginResult result = origin.Fetch(request, deadline, sound);
    auto* const response = std::get_if<HttpResponse>(&result);
    if (response == nullptr) return result;
    if (request.method == "HEAD") response->body.Clear();
    const bool sane = response->status >= 200 && response->status <= 999 &&
                      AreSound(response->headers) && HasItsLength(request, *response);
    if (!sane) return OriginFailure::kCutShort;
    return result;
  } catch (...) {
    return OriginFailure::kCutShort;
  }
}

}  // namespace edge

OriginStream Origin::Open(const HttpRequest& request, absl::Time deadline,
                          const InterimSink& interim) {
  OriginResult result = Fetch(request, deadline, interim);
  if (auto* const failure = std::get_if<OriginFailure>(&result)) return *failure;
  return HttpStream{std::get<HttpResponse>(std::move(result)), nullptr};
}

namespace {

class CallbackOrigin final : public Origin {
 public:
  explicit CallbackOrigin(std::function<OriginResult(const HttpRequest&)> answer)
      : answer_(std::move(answer)) {}

  OriginResult Fetch(const HttpRequest& request, absl::Time deadline,
                     const InterimSink& interim) override {
    (void)deadline;
    (void)interim;
    return answer_(request);
  }

 private:
  const std::function<OriginResult(const HttpRequest&)> answer_;
};

class OriginGroup final : public Origin {
 public:
  explicit OriginGroup(OriginGroupOptions options) : options_(std::move(options)) {}

  OriginResult Fetch(const HttpRequest& request, absl::Time deadline,
                     const InterimSink& interim) override {
    OriginResult first = edge::FetchFenced(*options_.primary, request, deadline, interim);
    const bool safe =
        request.method == "GET" || request.method == "HEAD" || request.method == "OPTIONS";
    if (!safe || !FailsOver(first)) return first;
    return options_.secondary->Fetch(request, deadline, interim);
  }

  std::vector<OriginBucket> buckets() const override {
    std::vector<OriginBucket> all = options_.primary->buckets();
    for (OriginBucket& one : options_.secondary->buckets()) all.push_back(std::move(one));
    return all;
  }

 private:
  bool FailsOver(const OriginResult& result) const {
    const auto* const response = std::get_if<HttpResponse>(&result);
    if (response == nullptr) return true;
    return std::find(options_.failover_statuses.begin(), options_.failover_statuses.end(),
                     response->status) != options_.failover_statuses.end();
  }

  const OriginGroupOptions options_;
};

}  // namespace

std::shared_ptr<Origin> MakeCallbackOrigin(
    std::function<OriginResult(const HttpRequest& request)> answer) {
  return std::make_shared<CallbackOrigin>(std::move(answer));
}

std::shared_ptr<Origin> MakeOriginGroup(const OriginGroupOptions& options) {
  const bool sound = options.primary != nullptr && options.secondary != nullptr &&
                     std::all_of(options.failover_statuses.begin(), options.failover_statuses.end(),
                                 edge::IsFailoverStatus);
  return sound ? std::make_shared<OriginGroup>(options) : nullptr;
}

}  // namespace cloudlet
