// Requests as lines: method, target, headers, and behind an empty line fields of a form. Nobody
// here knows the secret: whoever is let in shows a signature out of the seeds.
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "http/authenticate.h"
#include "http/fuzz/fuzz.h"
#include "http/sign_request.h"

namespace cloudlet::http {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1772323198);

Signer TestSigner() { return Signer({"AKID", Secret("a secret")}, "us-east-1"); }

std::optional<AccessKey> Lookup(std::string_view key_id) {
  if (key_id != "AKID") return std::nullopt;
  return AccessKey{Secret("a secret"), {"id", "name", "mail"}, ""};
}

std::string Lines(const RequestHead& head) {
  std::string text = head.method + "\n" + head.target + "\n";
  for (const Header& header : head.headers) text += header.name + ":" + header.value + "\n";
  return text;
}

struct Seeds {
  std::vector<std::string> texts;
  std::set<std::string> signatures;
};

const Seeds& MadeSeeds() {
  static const Seeds* const made = [] {
    auto* seeds = new Seeds;
    for (const std::string_view hash :
         {std::string_view("UNSIGNED-PAYLOAD"),
          std::string_view("STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
          std::string_view("STREAMING-UNSIGNED-PAYLOAD-TRAILER"), kEmptySha256}) {
      RequestHead head;
      head.method = "PUT";
      head.target = "/b/a%20b?acl&versionId=1";
      head.headers = {{"Host", "h"}, {"x-amz-meta-a", "b c"}};
      seeds->signatures.insert(TestSigner().SignHeaders(head, hash, kNow).value().signature);
      seeds->texts.push_back(Lines(head));
    }
    RequestHead head;
    head.method = "GET";
    head.target = "/b/k?response-expires=x";
    head.headers = {{"Host", "h"}};
    head.target = TestSigner().Presign(head, absl::Seconds(60), kNow).value();
    seeds->signatures.insert(head.target.substr(head.target.size() - 64));
    seeds->texts.push_back(Lines(head));
    const Headers fields = TestSigner().SignPolicy("e30=", kNow);
    std::string form = "POST\n/b\nHost:h\n\n";
    for (const Header& field : fields) form += field.name + ":" + field.value + "\n";
    seeds->signatures.insert(std::string(fields.Get("x-amz-signature")));
    seeds->texts.push_back(form);
    seeds->texts.push_back(
        "POST\n/b\nHost:h\n\nAWSAccessKeyId:AKID\npolicy:e30=\nsignature:AAAA\n");
    return seeds;
  }();
  return *made;
}

std::string_view TakeLine(std::string_view& text) {
  const size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

Headers TakeHeaders(std::string_view& text) {
  Headers headers;
  while (!text.empty()) {
    const std::string_view line = TakeLine(text);
    if (line.empty()) break;
    const size_t colon = std::min(line.find(':'), line.size());
    headers.Add(line.substr(0, colon), line.substr(std::min(colon + 1, line.size())));
  }
  return headers;
}

}  // namespace

const std::vector<std::string>& FuzzSeeds() { return MadeSeeds().texts; }

}  // namespace cloudlet::http

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cloudlet::http;  // NOLINT(google-build-using-namespace): here alone
  std::string_view text = TextOf(data, size);
  RequestHead head;
  head.method = std::string(TakeLine(text));
  head.target = std::string(TakeLine(text));
  head.headers = TakeHeaders(text);
  const Headers fields = TakeHeaders(text);
  const auto target = ParseRequestTarget(head.target);
  if (!target.ok()) return 0;
  for (const bool lenient : {false, true}) {
    AuthOptions options;
    options.allow_anonymous = options.allow_sigv2_forms = lenient;
    if (lenient) options.region.clear();
    const Authenticator authenticator(Lookup, options);
    for (const auto& who : {authenticator.Authenticate(head, *target, kNow),
                            authenticator.AuthenticateForm(head, *target, fields, kNow)}) {
      RequireClientError(who.status());
      if (!who.ok()) continue;
      if (who->anonymous()) {
        Require(lenient);
      } else {
        Require(MadeSeeds().signatures.count(who->seed().signature) == 1);
      }
    }
  }
  return 0;
}
