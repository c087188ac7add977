// Forms as browsers, curl and Python's requests send them, in pieces of every size, and what is no
// form.
#include "http/post_form.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cloudlet/error.h"
#include "gtest/gtest.h"

namespace cloudlet::http {
namespace {

using enum ErrorCode;

constexpr char kType[] = "multipart/form-data; boundary=bb";

struct Sink : FormSink {
  absl::Status BeginFile(const PostForm& form) override {
    ++files;
    fields_then = form.fields.list().size();
    return begin_error;
  }
  absl::Status TakeFile(std::string_view bytes) override {
    EXPECT_FALSE(bytes.empty());
    file += bytes;
    return file_error;
  }
  int files = 0;
  size_t fields_then = 0;
  std::string file;
  absl::Status begin_error;
  absl::Status file_error;
};

struct Read {
  absl::Status status;
  PostForm form;
};

Read ReadForm(std::string_view body, Sink& sink, size_t step = 0, const PostFormLimits& limits = {},
              std::string_view type = kType) {
  auto decoder = PostFormDecoder::Create(type, limits);
  if (!decoder.ok()) return {decoder.status(), {}};
  if (step == 0) step = std::max<size_t>(1, body.size());
  while (!body.empty() && decoder->Take(body.substr(0, step), sink).ok()) {
    body.remove_prefix(std::min(step, body.size()));
  }
  return {decoder->Finish(), decoder->form()};
}

ErrorCode CodeOf(std::string_view body, const PostFormLimits& limits = {}) {
  Sink sink;
  const ErrorCode code = ErrorCodeOf(ReadForm(body, sink, 0, limits).status);
  Sink slow;
  EXPECT_EQ(ErrorCodeOf(ReadForm(body, slow, 1, limits).status), code) << body;
  EXPECT_EQ(slow.file, sink.file);
  return code;
}

std::string Part(std::string_view name, std::string_view value) {
  return absl::StrCat("--bb\r\nContent-Disposition: form-data; name=\"", std::string(name),
                      "\"\r\n\r\n", std::string(value), "\r\n");
}
std::string File(std::string_view bytes, std::string_view filename = "a.txt") {
  return absl::StrCat("--bb\r\nContent-Disposition: form-data; name=\"file\"; filename=\"",
                      std::string(filename), "\"\r\nContent-Type: text/plain\r\n\r\n",
                      std::string(bytes), "\r\n");
}
constexpr char kEnd[] = "--bb--\r\n";

TEST(PostFormTest, FieldsThenTheFile) {
  // Whatever looks like a delimiter and is none is content.
  const std::string bytes = "\r\n--b\r\n--\r\n\r\r\n--ba\n--bb\r--bb\r\n-\r\n-bb";
  const std::string body = Part("key", "a\r\nb") + Part("empty", "") + File(bytes) + kEnd;
  for (size_t step = 0; step < 40; ++step) {
    Sink sink;
    const Read read = ReadForm(body, sink, step);
    ASSERT_TRUE(read.status.ok()) << read.status << " in steps of " << step;
    EXPECT_EQ(sink.file, bytes);
    EXPECT_EQ(sink.files, 1);
    EXPECT_EQ(sink.fields_then, 2u);
    EXPECT_EQ(read.form.fields.Get("KEY"), "a\r\nb");
    ASSERT_NE(read.form.fields.Find("empty"), nullptr);
    EXPECT_EQ(read.form.filename, "a.txt");
    EXPECT_EQ(read.form.file_content_type, "text/plain");
  }
}

TEST(PostFormTest, AnEmptyFileAndABigOne) {
  Sink sink;
  EXPECT_TRUE(ReadForm(File("") + kEnd, sink).status.ok());
  EXPECT_EQ(sink.files, 1);
  EXPECT_EQ(sink.file, "");
  std::string big;
  while (big.size() < 1000000) big += "\r\n--bc\r\n\r\n";
  Sink other;
  EXPECT_TRUE(ReadForm(File(big) + kEnd, other, 4096).status.ok());
  EXPECT_EQ(other.file, big);
}

// Python's requests gives every field a filename.
TEST(PostFormTest, TheFileIsTheFieldOfThatName) {
  Sink sink;
  const Read read = ReadForm(
      "--bb\r\ncontent-disposition: form-data; name=\"key\"; filename=\"key\"\r\n\r\nfoo\r\n"
      "--bb\r\nContent-Disposition: FORM-DATA; filename=x;  name=File \r\nX: "
      "y\r\n\r\nbar\r\n--bb--",
      sink);
  EXPECT_TRUE(read.status.ok()) << read.status;
  EXPECT_EQ(read.form.fields.Get("key"), "foo");
  EXPECT_EQ(sink.file, "bar");
  EXPECT_EQ(read.form.filename, "x");
}

TEST(PostFormTest, WhatIsBehindTheFileIsReadOver) {
  Sink sink;
  const Read read = ReadForm(Part("key", "k") + File("one") + Part("key", "other") + File("two") +
                                 "--bb\r\nno part\r\n" + kEnd + "an epilogue",
                             sink, 3);
  EXPECT_TRUE(read.status.ok()) << read.status;
  EXPECT_EQ(sink.file, "one");
  EXPECT_EQ(read.form.fields.list().size(), 1u);
  EXPECT_EQ(read.form.fields.Get("key"), "k");
}

TEST(PostFormTest, AKeyMayNameTheFile) {
  const auto key = [](std::string_view field, std::string_view filename) {
    Sink sink;
    const Read read = ReadForm(Part("key", field) + File("x", filename) + kEnd, sink);
    EXPECT_TRUE(read.status.ok()) << read.status;
    return read.form.Key();
  };
  EXPECT_EQ(key("${filename}", "foo.txt"), "foo.txt");
  EXPECT_EQ(key("u/${filename}/${filename}", "a b"), "u/a b/a b");
  EXPECT_EQ(key("${filename}", "C:\\\\Files\\\\d\\\\file.txt"), "file.txt");
  EXPECT_EQ(key("${filename}", "C:\\Files\\file.txt"), "file.txt");
  EXPECT_EQ(key("${filename}", "/a/b/c"), "c");
  EXPECT_EQ(key("${filename}", "quo\\\"te"), "quo\"te");
  EXPECT_EQ(key("${filename}", ""), "${filename}");
  EXPECT_EQ(key("${filename}", "${filename}"), "${filename}");
  EXPECT_EQ(key("k", "x"), "k");
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "${filename}";
  EXPECT_LT(key(many, std::string(1000, 'x')).size(), 20000u);
  EXPECT_EQ(PostForm().Key(), "");
}

TEST(PostFormTest, RefusesWhatIsNoForm) {
  const std::string good = Part("key", "k") + File("x") + kEnd;
  ASSERT_EQ(CodeOf(good), kNone);
  for (size_t size = 0; size + 2 < good.size(); ++size) {
    EXPECT_EQ(CodeOf(std::string_view(good).substr(0, size)), kMalformedPostRequest) << size;
  }
  for (const std::string& body : std::vector<std::string>{
           "x" + good,
           "\r\n" + good,
           "--bc\r\n\r\n",
           "--bbx\r\n\r\n",
           "--bb \r\n\r\n",
           "--bb\n\n--bb--",
           "--bb\r\n\r\nvalue\r\n--bb--",
           "--bb\r\nContent-Type: a\r\n\r\nvalue\r\n--bb--",
           "--bb\r\nno header\r\n\r\n\r\n--bb--",
           "--bb\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\n\r\n--bb--",
           "--bb\r\nContent-Disposition: form-data\r\n\r\n\r\n--bb--",
           "--bb\r\nContent-Disposition: form-data; name=\"\"\r\n\r\n\r\n--bb--",
           "--bb\r\nContent-Disposition: form-data; name\r\n\r\n\r\n--bb--",
           "--bb\r\nContent-Disposition: form-data; name=\"a\r\n\r\n\r\n--bb--",
           "--bb\r\nContent-Disposition: form-data; name=\"a\" x\r\n\r\n\r\n--bb--",
           "--bb\r\nContent-Disposition: form-data; name=\"a\"; name=\"b\"\r\n\r\n\r\n--bb--",
           "--bb\r\nContent-Disposition: form-data; name=a; filename=b; "
           "filename=c\r\n\r\n\r\n--bb--",
           "--bb\r\nContent-Disposition: form-data; name=a\r\n"
           "Content-Disposition: form-data; name=b\r\n\r\n\r\n--bb--",
           "--bb\r\nContent-Disposition: form-data; name=\"a\nb\"\r\n\r\n\r\n--bb--",
       }) {
    EXPECT_EQ(CodeOf(body), kMalformedPostRequest) << body;
  }
}

TEST(PostFormTest, OneFileAndFieldsOnce) {
  EXPECT_EQ(CodeOf(Part("key", "k") + kEnd), kInvalidArgument);
  EXPECT_EQ(CodeOf("--bb--"), kInvalidArgument);
  EXPECT_EQ(CodeOf(Part("key", "k") + Part("key", "k") + File("") + kEnd), kInvalidArgument);
  EXPECT_EQ(CodeOf(Part("key", "k") + Part("KEY", "l") + File("") + kEnd), kInvalidArgument);
}

TEST(PostFormTest, Limits) {
  EXPECT_EQ(CodeOf(Part("key", std::string(20000, 'x')) + File("") + kEnd), kNone);
  EXPECT_EQ(CodeOf(Part("key", std::string(21000, 'x')) + File("") + kEnd),
            kMaxPostPreDataLengthExceeded);
  std::string many;
  for (int i = 0; i < 300; ++i) many += Part(absl::StrCat(i), "");
  EXPECT_EQ(CodeOf(many + File("") + kEnd), kMaxPostPreDataLengthExceeded);
  EXPECT_EQ(CodeOf("--bb\r\nX: " + std::string(9000, 'x') + "\r\n"), kMalformedPostRequest);
  EXPECT_EQ(CodeOf("--bb\r\n" + std::string(9000, 'x')), kMalformedPostRequest);
  std::string lines = "--bb\r\n";
  for (int i = 0; i < 3000; ++i) lines += "X: y\r\n";
  EXPECT_EQ(CodeOf(lines), kMalformedPostRequest);
  EXPECT_EQ(CodeOf(Part("key", "12345") + File("") + kEnd, {.fields_bytes = 8}), kNone);
  EXPECT_EQ(CodeOf(Part("key", "123456") + File("") + kEnd, {.fields_bytes = 8}),
            kMaxPostPreDataLengthExceeded);
}

TEST(PostFormTest, TheTypeOfARequest) {
  const auto code = [](std::string_view type) {
    return ErrorCodeOf(PostFormDecoder::Create(type).status());
  };
  EXPECT_EQ(code("multipart/form-data; boundary=x"), kNone);
  EXPECT_EQ(code("Multipart/Form-Data; charset=utf-8; Boundary=\"a b'()+_,-./:=?\""), kNone);
  EXPECT_EQ(code(absl::StrCat("multipart/form-data; boundary=", std::string(70, 'x'))), kNone);
  EXPECT_EQ(code(""), kPreconditionFailed);
  EXPECT_EQ(code("text/plain; boundary=x"), kPreconditionFailed);
  EXPECT_EQ(code("multipart/mixed; boundary=x"), kPreconditionFailed);
  for (const char* type :
       {"multipart/form-data", "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"x", "multipart/form-data; boundary",
        "multipart/form-data; boundary=\"x \"", "multipart/form-data; boundary=x y",
        "multipart/form-data; boundary=x; boundary=y", "multipart/form-data; boundary=\xC3\xA4"}) {
    EXPECT_EQ(code(type), kMalformedPostRequest) << type;
  }
  EXPECT_EQ(code(absl::StrCat("multipart/form-data; boundary=", std::string(71, 'x'))),
            kMalformedPostRequest);
}

TEST(PostFormTest, TheSinksErrorsEndIt) {
  const std::string body = Part("key", "k") + File("x") + kEnd;
  Sink refuses;
  refuses.begin_error = absl::UnavailableError("no");
  EXPECT_EQ(ReadForm(body, refuses).status, refuses.begin_error);
  EXPECT_EQ(refuses.file, "");
  Sink breaks;
  breaks.file_error = absl::DataLossError("no");
  EXPECT_EQ(ReadForm(body, breaks).status, breaks.file_error);

  auto decoder = PostFormDecoder::Create(kType).value();
  EXPECT_FALSE(decoder.Take(body, breaks).ok());
  EXPECT_FALSE(decoder.Take("x", breaks).ok());
}

}  // namespace
}  // namespace cloudlet::http
