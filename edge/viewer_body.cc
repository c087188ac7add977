// A body is over at its first empty piece, its first error, or when nobody wants more of it.
#include "edge/viewer_body.h"

#include <utility>

namespace cloudlet::edge {
namespace {

class ViewerBody final : public HttpBody {
 public:
  ViewerBody(std::unique_ptr<HttpBody> inner, std::atomic<uint64_t>* bytes_out, BodyEnd ended)
      : ended_(std::move(ended)), inner_(std::move(inner)), bytes_out_(*bytes_out) {}
  ViewerBody(const ViewerBody&) = delete;
  ViewerBody& operator=(const ViewerBody&) = delete;
  ~ViewerBody() override { End("ClientCommError"); }

  absl::StatusOr<absl::Cord> Next() override {
    absl::StatusOr<absl::Cord> piece = inner_->Next();
    if (!piece.ok()) {
      End("OriginReadError");
    } else if (piece->empty()) {
      End("");
    } else {
      bytes_out_.fetch_add(piece->size(), std::memory_order_relaxed);
      bytes_ += piece->size();
    }
    return piece;
  }

 private:
  void End(std::string_view error) {
    if (!std::exchange(over_, true)) ended_(bytes_, error);
  }

  const BodyEnd ended_;  // last to go: it keeps what the others stand on
  const std::unique_ptr<HttpBody> inner_;
  std::atomic<uint64_t>& bytes_out_;
  uint64_t bytes_ = 0;
  bool over_ = false;
};

}  // namespace

std::unique_ptr<HttpBody> MakeViewerBody(std::unique_ptr<HttpBody> inner,
                                         std::atomic<uint64_t>* bytes_out, BodyEnd ended) {
  return std::make_unique<ViewerBody>(std::move(inner), bytes_out, std::move(ended));
}

}  // namespace cloudlet::edge
