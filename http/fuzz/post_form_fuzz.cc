// Forms and their policies: cut in any way a form reads the same. The first byte says how it is
// cut, the first line is the Content-Type; the same text is also tried as a policy.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/strings.h"
#include "http/fuzz/fuzz.h"
#include "http/post_form.h"
#include "http/post_policy.h"

namespace cloudlet::http {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1772323198);

struct Sink : FormSink {
  absl::Status BeginFile(const PostForm&) override {
    Require(files++ == 0);
    return absl::OkStatus();
  }
  absl::Status TakeFile(std::string_view bytes) override {
    Require(files == 1 && !bytes.empty());
    file += bytes;
    return absl::OkStatus();
  }
  int files = 0;
  std::string file;
};

absl::Status Read(std::string_view type, std::string_view body, size_t step, Sink& sink,
                  PostForm& form) {
  auto decoder = PostFormDecoder::Create(type);
  if (!decoder.ok()) return decoder.status();
  while (!body.empty() && decoder->Take(body.substr(0, step), sink).ok()) {
    body.remove_prefix(std::min(step, body.size()));
  }
  form = decoder->form();
  return decoder->Finish();
}

}  // namespace

const std::vector<std::string>& FuzzSeeds() {
  static const std::string kPolicy =
      "{\"expiration\":\"2026-03-01T00:00:00.000Z\",\"conditions\":[{\"bucket\":\"b\"},"
      "[\"starts-with\",\"$key\",\"u/\"],{\"acl\":\"private\"},"
      "[\"starts-with\",\"$Content-Type\",\"image/\"],[\"content-length-range\",0,\"1024\"]]}";
  static const std::vector<std::string> seeds = {
      kPolicy,
      "{\"expiration\":\"2026-03-01T00:00:00Z\",\"conditions\":[[\"eq\",\"$key\",\"\"]]}",
      "\3multipart/form-data; boundary=bb\n"
      "--bb\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nu/${filename}\r\n"
      "--bb\r\nContent-Disposition: form-data; name=\"policy\"\r\n\r\n" +
          base::Base64Encode(kPolicy) +
          "\r\n--bb\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\\\"b\"\r\n"
          "Content-Type: text/plain\r\n\r\nthe\r\n--b\r\nfile\r\n--bb--\r\n",
  };
  return seeds;
}

}  // namespace cloudlet::http

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cloudlet::http;  // NOLINT(google-build-using-namespace): here alone
  using cloudlet::ErrorCodeOf;
  if (size == 0) return 0;
  const std::string_view all = TextOf(data, size);
  RequireClientError(PostPolicy::Parse(cloudlet::base::Base64Encode(all)).status());

  const size_t line = std::min(all.find('\n'), all.size());
  const std::string_view type = all.substr(1, line - std::min<size_t>(line, 1));
  const std::string_view body = all.substr(std::min(line + 1, all.size()));
  Sink whole;
  Sink cut;
  PostForm form;
  PostForm cut_form;
  const absl::Status status = Read(type, body, std::max<size_t>(1, body.size()), whole, form);
  const absl::Status cut_status = Read(type, body, 1 + data[0], cut, cut_form);
  RequireClientError(status);
  Require(ErrorCodeOf(status) == ErrorCodeOf(cut_status));
  if (!status.ok()) return 0;
  Require(whole.file == cut.file && whole.file.size() < body.size());
  Require(form.fields.list() == cut_form.fields.list() && form.Key() == cut_form.Key());
  if (const auto policy = PostPolicy::Parse(form.fields.Get("policy")); policy.ok()) {
    RequireClientError(policy->Check(form, "b", kNow));
    RequireClientError(policy->CheckSize(whole.file.size()));
  }
  return 0;
}
