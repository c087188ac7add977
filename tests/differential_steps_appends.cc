// Appends of differential_harness.h.
#include <string>

#include "base/strings.h"
#include "gtest/gtest.h"
#include "tests/differential_harness.h"

namespace cloudlet::differential {

using objstore::CodeOf;
using objstore::Md5Base64;

AppendOptions Differential::AppendChoice(const Place& at, const std::string& body) {
  AppendOptions options;
  const ModelVersion* object = model_.Current(at.bucket, at.key);
  const uint64_t size = object == nullptr ? 0 : object->body.size();
  if (random_.Chance(0.3)) options.write_offset = size;
  if (random_.Chance(0.05)) options.write_offset = random_.Chance(0.5) ? size + 1 : size / 2;
  options.if_match = Condition(CurrentEtag(at), 0.1);
  if (random_.Chance(0.1)) options.content_md5 = Md5Base64(body);
  if (random_.Chance(0.01)) options.content_md5 = Md5Base64(body + "x");
  if (random_.Chance(0.01)) options.content_md5 = "nonsense";
  if (random_.Chance(0.01)) options.durability = Durability::kSync;
  if (!random_.Chance(0.1)) return options;
  options.checksum = ChecksumOf(kChecksumAlgorithms[random_.Below(10)], body);
  if (random_.Chance(0.03)) options.checksum->type = ChecksumType::kComposite;
  options.checksum->value = Damaged(options.checksum->value);
  return options;
}

// Mostly where there never was versioning.
void Differential::StepAppend() {
  static const char* const kNever[] = {"ledger", "plain", "crc", "comes.and-goes"};
  Place at = PlaceWithObject();
  if (random_.Chance(0.9)) at.bucket = kNever[random_.Below(4)];
  for (int i = 0; i < 4 && model_.Current(at.bucket, at.key) == nullptr; ++i) at.key = Key();
  const std::string body = random_.Chance(0.1) ? TinyBody() : PartBody();
  const AppendOptions options = AppendChoice(at, body);
  const std::string expected = model_.AppendCode(at.bucket, at.key, body, options);
  const auto appended = cloud_->bucket(at.bucket).Append(at.key, body, options);
  Expect(CodeOf(appended), expected,
         "append to " + at.bucket + "/" + base::Quoted(at.key.substr(0, 20)));
  if (!appended.ok() || expected != "OK") return;
  ExpectNewSequence(appended->sequence);
  model_.Append(at.bucket, at.key, body,
                {clock_->Now(), appended->sequence, "", appended->request_id});
  const ModelVersion& now = *model_.Current(at.bucket, at.key);
  EXPECT_EQ(appended->etag, now.etag);
  EXPECT_EQ(appended->size, now.body.size());
  EXPECT_EQ(appended->crc64nvme, now.crc64nvme);
}

Differential::Unsure Differential::UnsureAppend() {
  const Place at{random_.Chance(0.5) ? "ledger" : "plain", Key()};
  const std::string body = PartBody();
  if (model_.AppendCode(at.bucket, at.key, body, {}) != "OK") return {};
  return {"append",
          {at},
          [=, this] { return cloud_->bucket(at.bucket).Append(at.key, body).status(); },
          [=, this](Model* model) { model->Append(at.bucket, at.key, body, GivenLater()); },
          body.size() > 60'000};
}

}  // namespace cloudlet::differential
