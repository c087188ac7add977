// Conditions first, then ranges: RFC 9110 section 13.2.2.
#include "edge/answer.h"

#include <string>
#include <string_view>

#include "edge/conditions.h"

namespace cloudlet::edge {
namespace {

constexpr AnswerKind kMissing = AnswerKind::kMissing;

bool Contains(const ByteSpan& outer, const ByteSpan& inner) {
  return outer.offset <= inner.offset && inner.end() <= outer.end();
}

Answer DecideRange(const RangeSpec& spec, const StoredResponse& stored) {
  const ByteSpan have = stored.part ? stored.part->span : ByteSpan{0, stored.response.body.size()};
  const std::optional<uint64_t> size = stored.part ? stored.part->size : have.length;
  if (!size) {
    // Of a part of something of unknown size, bytes that both ends are given of.
    if (!spec.first || !spec.last) return {kMissing};
    const ByteSpan wanted = {*spec.first, *spec.last - *spec.first + 1};
    return Contains(have, wanted) ? Answer{AnswerKind::kPart, wanted} : Answer{kMissing};
  }
  const auto wanted = Resolve(spec, *size);
  if (!wanted) return {AnswerKind::kUnsatisfiable};
  return Contains(have, *wanted) ? Answer{AnswerKind::kPart, *wanted} : Answer{kMissing};
}

// What describes the representation: RFC 9110 section 15.4.5 leaves it out of a 304.
void RemoveRepresentationFields(bool has_etag, HttpHeaders* headers) {
  for (const std::string_view name :
       {"Content-Type", "Content-Length", "Content-Encoding", "Content-Language", "Content-Range",
        "Content-MD5", "Content-Digest", "Repr-Digest", "Accept-Ranges", "Content-Disposition"}) {
    headers->Remove(name);
  }
  if (has_etag) headers->Remove("Last-Modified");
}

void MakePart(const StoredResponse& stored, const ByteSpan& part, HttpResponse* out) {
  const uint64_t start = stored.part ? stored.part->span.offset : 0;
  const std::optional<uint64_t> size =
      stored.part ? stored.part->size : std::optional<uint64_t>(stored.response.body.size());
  out->status = 206;
  out->reason = "Partial Content";
  out->headers.Set("Content-Range", ToString(ContentRange{part, size}));
  out->headers.Set("Content-Length", std::to_string(part.length));
  out->body = stored.response.body.Subcord(part.offset - start, part.length);
}

void MakeUnsatisfiable(const StoredResponse& stored, HttpResponse* out) {
  const uint64_t size =
      stored.part ? stored.part->size.value_or(0) : uint64_t{stored.response.body.size()};
  out->status = 416;
  out->reason = "Range Not Satisfiable";
  const std::string* const date = stored.response.headers.Find("Date");
  out->headers = {};
  if (date != nullptr) out->headers.Add("Date", *date);
  out->headers.Add("Content-Range", "bytes */" + std::to_string(size));
  out->headers.Add("Content-Length", "0");
  out->body.Clear();
}

}  // namespace

Answer DecideAnswer(const HttpRequest& request, const StoredResponse& stored) {
  if (NotModified(request, stored)) return {AnswerKind::kNotModified};
  const std::string* const range = request.headers.Find("Range");
  const bool counts = request.method == "GET" && range != nullptr &&
                      request.headers.Count("Range") == 1 && stored.response.status == 200 &&
                      RangeCounts(request.headers, stored);
  const auto specs = counts ? ParseRange(*range) : std::nullopt;
  if (specs && specs->size() == 1) return DecideRange((*specs)[0], stored);
  return {stored.part ? kMissing : AnswerKind::kWhole};
}

HttpResponse Render(const HttpRequest& request, const StoredResponse& stored, const Answer& answer,
                    std::optional<absl::Duration> age) {
  HttpResponse out = stored.response;
  switch (answer.kind) {
    case AnswerKind::kWhole:
    case AnswerKind::kMissing:
      break;
    case AnswerKind::kPart:
      MakePart(stored, answer.part, &out);
      break;
    case AnswerKind::kNotModified:
      out.status = 304;
      out.reason = "Not Modified";
      out.body.Clear();
      RemoveRepresentationFields(stored.facts.etag.has_value(), &out.headers);
      break;
    case AnswerKind::kUnsatisfiable:
      MakeUnsatisfiable(stored, &out);
      break;
  }
  if (age) out.headers.Set("Age", std::to_string(absl::ToInt64Seconds(*age)));
  if (request.method == "HEAD") out.body.Clear();
  return out;
}

}  // namespace cloudlet::edge
