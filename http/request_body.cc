// See request_body.h.
#include "http/request_body.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "http/aws_chunked.h"

namespace cloudlet::http {
namespace {

class VerifiedBody : public Exchange {
 public:
  VerifiedBody(const VerifiedPrincipal& who, std::unique_ptr<BodyTaker> taker, Refusal refuse)
      : taker_(std::move(taker)), refuse_(std::move(refuse)) {
    if (who.body_mode() != BodyMode::kSha256) return;
    signed_sha256_ = who.sha256();
    digest_.emplace(base::DigestKind::kSha256);
  }
  void TakeChunked(AwsChunkedDecoder decoder) { decoder_.emplace(std::move(decoder)); }

  std::optional<Response> Take(std::string_view bytes) override {
    absl::Status status;
    if (decoder_.has_value()) {
      absl::Status taken;
      status = decoder_->Take(bytes, [&](std::string_view data) {
        if (taken.ok()) taken = taker_->Take(data);
      });
      if (status.ok()) status = taken;
    } else {
      if (digest_.has_value()) digest_->Update(bytes);
      status = taker_->Take(bytes);
    }
    if (status.ok()) return std::nullopt;
    return refuse_(status);
  }

  Response Finish(const Headers& /*trailers*/) override {
    Headers trailers;
    if (decoder_.has_value()) {
      absl::StatusOr<Headers> read = decoder_->Finish();
      if (!read.ok()) return refuse_(read.status());
      trailers = *std::move(read);
    }
    if (digest_.has_value()) {
      const std::string actual = base::HexLower(digest_->Finish());
      if (actual != signed_sha256_) {
        return refuse_(MakeError(ErrorCode::kXAmzContentSha256Mismatch,
                                 absl::StrCat("The provided 'x-amz-content-sha256' header does not "
                                              "match what was computed. (signed ",
                                              signed_sha256_, ", computed ", actual, ")")));
      }
    }
    return taker_->Finish(trailers);
  }
  bool MayWait() const override { return taker_->MayWait(); }

 private:
  std::unique_ptr<BodyTaker> taker_;
  const Refusal refuse_;
  std::optional<AwsChunkedDecoder> decoder_;
  std::string signed_sha256_;
  std::optional<base::Digest> digest_;
};

class WholeBody : public BodyTaker {
 public:
  WholeBody(size_t max_bytes, std::function<Response(std::string, const Headers&)> finish,
            bool may_wait)
      : max_bytes_(max_bytes), finish_(std::move(finish)), may_wait_(may_wait) {}
  absl::Status Take(std::string_view bytes) override {
    if (bytes.size() > max_bytes_ - body_.size()) {
      return MakeError(ErrorCode::kMaxMessageLengthExceeded,
                       absl::StrCat("Your request was too big. (at most ", max_bytes_, " bytes)"));
    }
    body_.append(bytes.data(), bytes.size());
    return absl::OkStatus();
  }
  Response Finish(const Headers& trailers) override { return finish_(std::move(body_), trailers); }
  bool MayWait() const override { return may_wait_; }

 private:
  const size_t max_bytes_;
  const std::function<Response(std::string, const Headers&)> finish_;
  const bool may_wait_;
  std::string body_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Exchange>> TakeBody(const RequestHead& head,
                                                   const VerifiedPrincipal& who,
                                                   std::unique_ptr<BodyTaker> taker,
                                                   Refusal refuse) {
  auto body = std::make_unique<VerifiedBody>(who, std::move(taker), std::move(refuse));
  switch (who.body_mode()) {
    case BodyMode::kUnsigned:
    case BodyMode::kSha256:
      break;
    case BodyMode::kSignedChunks:
    case BodyMode::kSignedChunksTrailer:
    case BodyMode::kUnsignedChunksTrailer: {
      CLOUDLET_ASSIGN_OR_RETURN(
          AwsChunkedDecoder decoder,
          AwsChunkedDecoder::Create(who.body_mode(), who.seed(), head.headers));
      body->TakeChunked(std::move(decoder));
      break;
    }
  }
  return body;
}

std::unique_ptr<BodyTaker> TakeWhole(
    size_t max_bytes, std::function<Response(std::string body, const Headers& trailers)> finish,
    bool may_wait) {
  return std::make_unique<WholeBody>(max_bytes, std::move(finish), may_wait);
}

}  // namespace cloudlet::http
