// What is compressed and what is not, and that nothing is lost.
#include "edge/compress.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "edge/compress_testing.h"
#include "edge/gzip.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

std::string Text(size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += "line " + std::to_string(text.size()) + "\n";
  text.resize(bytes);
  return text;
}

HttpResponse Page(const std::string& body) {
  HttpResponse response;
  response.headers = {{"Content-Type", "text/html; charset=utf-8"},
                      {"Content-Length", std::to_string(body.size())},
                      {"ETag", "\"a\""}};
  response.body = absl::Cord(body);
  return response;
}

HttpRequest Accepting(std::string_view encodings, std::string_view method = "GET") {
  HttpRequest request = {.method = std::string(method)};
  if (!encodings.empty()) request.headers.Add("Accept-Encoding", encodings);
  return request;
}

// Hands out its pieces, then nothing, or breaks off.
class PiecesBody final : public HttpBody {
 public:
  PiecesBody(std::vector<std::string> pieces, bool breaks)
      : pieces_(std::move(pieces)), breaks_(breaks) {}
  absl::StatusOr<absl::Cord> Next() override {
    if (next_ < pieces_.size()) return absl::Cord(pieces_[next_++]);
    if (breaks_) return absl::DataLossError("broken off");
    return absl::Cord();
  }

 private:
  const std::vector<std::string> pieces_;
  const bool breaks_;
  size_t next_ = 0;
};

// Answers with one response; Open gives its body as a stream, if there are pieces.
class OneOrigin final : public Origin {
 public:
  explicit OneOrigin(HttpResponse response) : response_(std::move(response)) {}
  OriginResult Fetch(const HttpRequest&, absl::Time, const InterimSink&) override {
    return response_;
  }
  OriginStream Open(const HttpRequest&, absl::Time, const InterimSink&) override {
    HttpStream stream;
    stream.head = response_;
    if (pieces.empty()) return stream;
    stream.head.body.Clear();
    stream.body = std::make_unique<PiecesBody>(pieces, breaks);
    return stream;
  }
  std::vector<OriginBucket> buckets() const override { return {{"b", "/p"}}; }

  std::vector<std::string> pieces;
  bool breaks = false;

 private:
  const HttpResponse response_;
};

HttpResponse Through(const HttpResponse& response, const HttpRequest& request) {
  const auto origin = MakeCompressingOrigin(std::make_shared<OneOrigin>(response));
  return std::get<HttpResponse>(origin->Fetch(request, absl::InfiniteFuture(), nullptr));
}

std::string Header(const HttpResponse& response, std::string_view name) {
  return response.headers.Joined(name).value_or("-");
}

TEST(GzipTest, GivesBackWhatWentInAndIsTheSameEachTime) {
  for (const size_t bytes : {0, 1, 1'000, 300'000}) {
    absl::Cord cord;
    const std::string text = Text(bytes);
    for (size_t at = 0; at < bytes; at += 70'000) cord.Append(text.substr(at, 70'000));
    const auto packed = Gzip(cord);
    ASSERT_TRUE(packed.has_value());
    EXPECT_EQ(Gunzipped(*packed), text);
    EXPECT_EQ(*Gzip(absl::Cord(text)), *packed);
    if (bytes > 1'000) {
      EXPECT_LT(packed->size(), bytes / 2);
    }
  }
}

TEST(CompressTest, TypesOfTheGuide) {
  for (std::string_view type :
       {"text/html", "TEXT/CSS", "text/plain;charset=utf-8", " application/json ; x=1",
        "image/svg+xml", "vnd.apple.mpegurl", "application/dash+xml", "text/xml"}) {
    EXPECT_TRUE(IsCompressibleType(type)) << type;
  }
  for (std::string_view type : {"", "image/png", "text/htm", "text/html2", "text", "video/mp4",
                                "application/zip", "font/woff2", ";text/html"}) {
    EXPECT_FALSE(IsCompressibleType(type)) << type;
  }
}

TEST(CompressTest, SizesStatusesAndHeadersThatForbid) {
  const auto with = [](int status, std::string_view length, HttpHeaders more = {}) {
    HttpHeaders headers = std::move(more);
    headers.Add("Content-Type", "text/css");
    if (!length.empty()) headers.Add("Content-Length", length);
    return IsCompressible(status, headers);
  };
  EXPECT_TRUE(with(200, "1000"));
  EXPECT_TRUE(with(200, "10000000"));
  EXPECT_TRUE(with(403, "5000"));
  EXPECT_TRUE(with(404, "5000"));
  EXPECT_FALSE(with(200, "999"));
  EXPECT_FALSE(with(200, "10000001"));
  EXPECT_FALSE(with(200, ""));
  EXPECT_FALSE(with(200, "x"));
  EXPECT_FALSE(with(200, "5000", {{"Content-Length", "5001"}}));
  for (const int status : {201, 206, 302, 304, 500}) EXPECT_FALSE(with(status, "5000")) << status;
  EXPECT_FALSE(with(200, "5000", {{"Content-Encoding", "br"}}));
  EXPECT_FALSE(with(200, "5000", {{"Content-Encoding", "identity"}}));
  EXPECT_FALSE(with(200, "5000", {{"Cache-Control", "max-age=1, No-Transform"}}));
  EXPECT_FALSE(IsCompressible(200, {{"Content-Length", "5000"}}));
}

TEST(CompressTest, WhoAcceptsItGetsGzip) {
  const std::string body = Text(5'000);
  for (std::string_view encodings : {"gzip", "br,gzip"}) {
    const HttpResponse response = Through(Page(body), Accepting(encodings));
    EXPECT_EQ(Gunzipped(response.body), body);
    EXPECT_EQ(Header(response, "Content-Encoding"), "gzip");
    EXPECT_EQ(Header(response, "Content-Length"), std::to_string(response.body.size()));
    EXPECT_EQ(Header(response, "ETag"), "W/\"a\"");
    EXPECT_EQ(Header(response, "Vary"), "Accept-Encoding");
  }
}

TEST(CompressTest, WhoDoesNotGetsTheSameBytesAndIsToldThatItVaries) {
  for (std::string_view encodings : {"", "br"}) {
    const HttpResponse response = Through(Page(Text(5'000)), Accepting(encodings));
    EXPECT_EQ(response.body, absl::Cord(Text(5'000)));
    EXPECT_EQ(Header(response, "Content-Encoding"), "-");
    EXPECT_EQ(Header(response, "ETag"), "\"a\"");
    EXPECT_EQ(Header(response, "Vary"), "Accept-Encoding");
  }
  HttpResponse image = Page(Text(5'000));
  image.headers.Set("Content-Type", "image/png");
  EXPECT_EQ(Header(Through(image, Accepting("gzip")), "Vary"), "-");
  EXPECT_EQ(Through(image, Accepting("gzip")).body, image.body);
}

TEST(CompressTest, ETagsAndVaryOfTheOrigin) {
  HttpResponse page = Page(Text(5'000));
  page.headers.Set("ETag", "W/\"a\"");
  page.headers.Add("Vary", "accept-encoding, Cookie");
  HttpResponse response = Through(page, Accepting("gzip"));
  EXPECT_EQ(Header(response, "ETag"), "W/\"a\"");
  EXPECT_EQ(Header(response, "Vary"), "accept-encoding, Cookie");
  page.headers.Set("ETag", "bare");
  page.headers.Set("Vary", "*");
  response = Through(page, Accepting("gzip"));
  EXPECT_EQ(Header(response, "ETag"), "-");
  EXPECT_EQ(Header(response, "Vary"), "*");
}

TEST(CompressTest, ABodyOfAnotherLengthIsLeftForTheFence) {
  HttpResponse page = Page(Text(5'000));
  page.body = absl::Cord(Text(4'000));
  const HttpResponse response = Through(page, Accepting("gzip"));
  EXPECT_EQ(Header(response, "Content-Length"), "5000");
  EXPECT_EQ(response.body.size(), 4'000u);
}

TEST(CompressTest, OtherMethodsAreNotTouched) {
  const HttpResponse posted = Through(Page(Text(5'000)), Accepting("gzip", "POST"));
  EXPECT_EQ(posted.headers, Page(Text(5'000)).headers);
  EXPECT_EQ(posted.body.size(), 5'000u);
}

TEST(CompressTest, HeadHasTheHeadersOfGetWithoutALength) {
  HttpResponse head = Page(Text(5'000));
  head.body.Clear();
  const HttpResponse response = Through(head, Accepting("gzip", "HEAD"));
  EXPECT_EQ(Header(response, "Content-Encoding"), "gzip");
  EXPECT_EQ(Header(response, "Content-Length"), "-");
  EXPECT_EQ(Header(response, "ETag"), "W/\"a\"");
  EXPECT_TRUE(response.body.empty());
}

TEST(CompressTest, A304NamesTheTagThatWasAskedFor) {
  HttpResponse unchanged;
  unchanged.status = 304;
  unchanged.headers = {{"ETag", "\"a\""}};
  const auto tag = [&](std::string_view asked, std::string_view encodings) {
    HttpRequest request = Accepting(encodings);
    request.headers.Add("If-None-Match", asked);
    return Header(Through(unchanged, request), "ETag");
  };
  EXPECT_EQ(tag("W/\"a\"", "gzip"), "W/\"a\"");
  EXPECT_EQ(tag("\"b\", W/\"a\"", "gzip"), "W/\"a\"");
  EXPECT_EQ(tag("\"a\"", "gzip"), "\"a\"");
  EXPECT_EQ(tag("W/\"a\", \"a\"", "gzip"), "\"a\"");
  EXPECT_EQ(tag("W/\"a\"", ""), "\"a\"");
  EXPECT_EQ(tag("W/\"b\"", "gzip"), "\"a\"");
}

TEST(CompressTest, StreamsWhatItLeavesAndGathersWhatItCompresses) {
  const std::string body = Text(5'000);
  const auto inner = std::make_shared<OneOrigin>(Page(body));
  inner->pieces = {body.substr(0, 10), body.substr(10)};
  const auto origin = MakeCompressingOrigin(inner);
  EXPECT_EQ(origin->buckets().size(), 1u);
  auto open = [&](std::string_view encodings) {
    return origin->Open(Accepting(encodings), absl::InfiniteFuture(), nullptr);
  };
  OriginStream plain = open("");
  EXPECT_EQ(std::get<HttpStream>(plain).body->Next()->size(), 10u);
  OriginStream packed = open("gzip");
  EXPECT_EQ(std::get<HttpStream>(packed).body, nullptr);
  EXPECT_EQ(Gunzipped(std::get<HttpStream>(packed).head.body), body);
  inner->breaks = true;
  EXPECT_EQ(std::get<OriginFailure>(open("gzip")), OriginFailure::kCutShort);
  // More than the headers can have said is not gathered.
  inner->breaks = false;
  inner->pieces.assign(11, std::string(1'000'000, 'a'));
  EXPECT_EQ(std::get<OriginFailure>(open("gzip")), OriginFailure::kCutShort);
}

TEST(CompressTest, FailuresGoThrough) {
  const auto origin = MakeCompressingOrigin(
      MakeCallbackOrigin([](const HttpRequest&) { return OriginFailure::kConnect; }));
  EXPECT_EQ(
      std::get<OriginFailure>(origin->Fetch(Accepting("gzip"), absl::InfiniteFuture(), nullptr)),
      OriginFailure::kConnect);
}

}  // namespace
}  // namespace cloudlet::edge
