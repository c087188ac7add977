// Callbacks, groups, and the fence around all that is the user's.
#include "edge/origins.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "edge/char_set.h"
#include "edge/lists.h"
#include "edge/user_code.h"

namespace cloudlet {
namespace edge {
namespace {

constexpr uint64_t kNoLength = UINT64_MAX;

bool AreSound(const HttpHeaders& headers) {
  return std::all_of(headers.begin(), headers.end(), IsSoundHeader);
}

bool BodyIsWanted(const HttpRequest& request, const HttpResponse& response) {
  return request.method != "HEAD" && response.status != 204 && response.status != 304;
}

// What all Content-Length lines say. nullopt: there is none; what is none, or several, is a length
// that no body has.
std::optional<uint64_t> SaidLength(const HttpHeaders& headers) {
  std::optional<uint64_t> said;
  for (const HttpHeader& header : headers) {
    if (!SameHttpName(header.name, "Content-Length")) continue;
    const auto length = Digits(header.value, int64_t{1} << 62);
    const uint64_t bytes = length ? static_cast<uint64_t>(*length) : kNoLength;
    if (said && *said != bytes) return kNoLength;
    said = bytes;
  }
  return said;
}

// A body that is not of the length that is said was cut, or is not the one that was meant.
bool HasItsLength(const HttpRequest& request, const HttpResponse& response) {
  if (request.method == "HEAD") return true;
  if (!BodyIsWanted(request, response)) return response.body.empty();
  const std::optional<uint64_t> said = SaidLength(response.headers);
  return !said || *said == response.body.size();
}

// A body of the user's, which throws nothing and ends as its length says.
class FencedBody final : public HttpBody {
 public:
  FencedBody(std::unique_ptr<HttpBody> inner, std::optional<uint64_t> length,
             std::shared_ptr<const void> keep)
      : keep_(std::move(keep)), inner_(std::move(inner)), length_(length) {}

  absl::StatusOr<absl::Cord> Next() override {
    if (!ended_.ok()) return ended_;
    absl::StatusOr<absl::Cord> piece = Ask();
    if (piece.ok()) {
      came_ += piece->size();
      const bool wrong = length_ && (came_ > *length_ || (piece->empty() && came_ < *length_));
      if (wrong) {
        piece = absl::DataLossError(
            absl::StrCat("origin's body: ", came_, " bytes came of ", *length_));
      }
    }
    ended_ = piece.status();
    return piece;
  }

 private:
  absl::StatusOr<absl::Cord> Ask() {
    const InUserCode here;
    try {
      return inner_->Next();
    } catch (...) {
      return absl::UnavailableError("origin's body: it threw");
    }
  }

  const std::shared_ptr<const void> keep_;
  const std::unique_ptr<HttpBody> inner_;
  const std::optional<uint64_t> length_;
  uint64_t came_ = 0;
  absl::Status ended_;
};

// Calls `ask`, and looks at what comes.
OriginStream Fenced(const HttpRequest& request, const InterimSink& interim,
                    const std::function<OriginStream(const InterimSink&)>& ask) {
  const InterimSink sound = [&](const HttpResponse& response) {
    if (interim == nullptr || response.status < 100 || response.status > 199) return;
    if (response.body.empty() && AreSound(response.headers)) interim(response);
  };
  try {
    OriginStream stream = ask(sound);
    auto* const answer = std::get_if<HttpStream>(&stream);
    if (answer == nullptr) return stream;
    HttpResponse& head = answer->head;
    if (request.method == "HEAD") head.body.Clear();
    const bool sane = head.status >= 200 && head.status <= 999 && AreSound(head.headers) &&
                      (answer->body != nullptr || HasItsLength(request, head));
    if (!sane) return OriginFailure::kCutShort;
    return stream;
  } catch (...) {
    return OriginFailure::kCutShort;
  }
}

}  // namespace

bool IsSoundHeader(const HttpHeader& header) {
  static constexpr CharSet kOfValues(
      [](unsigned char byte) { return byte != '\r' && byte != '\n' && byte != '\0'; });
  return IsToken(header.name) && kOfValues.HasAll(header.value);
}

bool IsFailoverStatus(int status) {
  static constexpr int kStatuses[] = {400, 403, 404, 416, 429, 500, 502, 503, 504};
  return std::find(std::begin(kStatuses), std::end(kStatuses), status) != std::end(kStatuses);
}

OriginStream OpenFenced(Origin& origin, const HttpRequest& request, absl::Time deadline,
                        const InterimSink& interim, std::shared_ptr<const void> keep) {
  return Fenced(request, interim, [&](const InterimSink& sound) {
    OriginStream stream = origin.Open(request, deadline, sound);
    if (auto* const answer = std::get_if<HttpStream>(&stream)) {
      if (answer->body != nullptr && BodyIsWanted(request, answer->head)) {
        answer->head.body.Clear();
        answer->body = std::make_unique<FencedBody>(
            std::move(answer->body), SaidLength(answer->head.headers), std::move(keep));
      } else {
        answer->body = nullptr;
      }
    }
    return stream;
  });
}

OriginResult FetchFenced(Origin& origin, const HttpRequest& request, absl::Time deadline,
                         const InterimSink& interim) {
  return Whole(Fenced(request, interim, [&](const InterimSink& sound) -> OriginStream {
    OriginResult result = origin.Fetch(request, deadline, sound);
    if (auto* const failure = std::get_if<OriginFailure>(&result)) return *failure;
    return HttpStream{std::get<HttpResponse>(std::move(result)), nullptr};
  }));
}

OriginResult Whole(OriginStream stream) {
  if (auto* const failure = std::get_if<OriginFailure>(&stream)) return *failure;
  auto& answer = std::get<HttpStream>(stream);
  while (answer.body != nullptr) {
    absl::StatusOr<absl::Cord> piece = answer.body->Next();
    if (!piece.ok()) return OriginFailure::kCutShort;
    if (piece->empty()) break;
    answer.head.body.Append(*std::move(piece));
  }
  return std::move(answer.head);
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
    if (!MayFailOver(request) || !FailsOver(std::get_if<HttpResponse>(&first))) return first;
    return options_.secondary->Fetch(request, deadline, interim);
  }

  OriginStream Open(const HttpRequest& request, absl::Time deadline,
                    const InterimSink& interim) override {
    OriginStream first = edge::OpenFenced(*options_.primary, request, deadline, interim, nullptr);
    const auto* const answer = std::get_if<HttpStream>(&first);
    if (!MayFailOver(request) || !FailsOver(answer == nullptr ? nullptr : &answer->head)) {
      return first;
    }
    return options_.secondary->Open(request, deadline, interim);
  }

  std::vector<OriginBucket> buckets() const override {
    std::vector<OriginBucket> all = options_.primary->buckets();
    for (OriginBucket& one : options_.secondary->buckets()) all.push_back(std::move(one));
    return all;
  }

 private:
  static bool MayFailOver(const HttpRequest& request) {
    return request.method == "GET" || request.method == "HEAD" || request.method == "OPTIONS";
  }
  // null: a failure.
  bool FailsOver(const HttpResponse* response) const {
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
