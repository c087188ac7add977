// The kinds of operations, what is chosen for them, and comparing everything: see
// differential_harness.h.
#include "tests/differential_harness.h"

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <iterator>

#include "base/crc.h"
#include "base/strings.h"
#include "gtest/gtest.h"
#include "objstore/checksum.h"

namespace cloudlet::differential {

using objstore::Bytes;
using objstore::CodeOf;
using objstore::Md5Base64;

const std::vector<Differential::Kind>& Differential::Kinds() {
  using D = Differential;
  static const std::vector<Kind> kinds = {
      {"put", 170, &D::StepPut},
      {"put, streamed", 20, &D::StepWriter},
      {"put many", 8, &D::StepPutMany},
      {"delete", 70, &D::StepDelete},
      {"delete a version", 90, &D::StepDeleteVersion},
      {"delete many", 22, &D::StepDeleteMany},
      {"get", 100, &D::StepGet},
      {"get a version", 50, &D::StepGetVersion},
      {"get a part", 25, &D::StepGetPart},
      {"head", 40, &D::StepHead},
      {"read into memory", 25, &D::StepReadInto},
      {"read while it changes", 10, &D::StepReader},
      {"get attributes", 20, &D::StepAttributes},
      {"copy", 40, &D::StepCopy},
      {"copy a version", 20, &D::StepCopyVersion},
      {"copy onto itself", 10, &D::StepCopyOntoItself},
      {"rename", 25, &D::StepRename},
      {"append", 45, &D::StepAppend},
      {"get tags", 15, &D::StepGetTags},
      {"set tags", 30, &D::StepSetTags},
      {"delete tags", 8, &D::StepDeleteTags},
      {"get tags of a bucket", 4, &D::StepGetBucketTags},
      {"set tags of a bucket", 4, &D::StepSetBucketTags},
      {"delete tags of a bucket", 2, &D::StepDeleteBucketTags},
      {"put annotation", 60, &D::StepPutAnnotation},
      {"get annotation", 15, &D::StepGetAnnotation},
      {"delete annotation", 15, &D::StepDeleteAnnotation},
      {"list annotations", 12, &D::StepListAnnotations},
      {"create upload", 28, &D::StepCreateUpload},
      {"upload part", 70, &D::StepUploadPart},
      {"upload part, streamed", 10, &D::StepPartWriter},
      {"upload part, copied", 18, &D::StepPartCopy},
      {"complete upload", 40, &D::StepComplete},
      {"complete again", 6, &D::StepRepeatComplete},
      {"abort upload", 8, &D::StepAbort},
      {"list parts", 12, &D::StepListParts},
      {"list uploads", 10, &D::StepListUploads},
      {"list", 30, &D::StepList},
      {"list while it changes", 4, &D::StepListWhileChanging},
      {"list versions", 20, &D::StepListVersions},
      {"create bucket", 6, &D::StepCreateBucket},
      {"delete bucket", 5, &D::StepDeleteBucket},
      {"list buckets", 3, &D::StepListBuckets},
      {"set versioning", 4, &D::StepSetVersioning},
      {"bucket info", 5, &D::StepInfo},
      {"close and open", 2, &D::StepCloseAndOpen},
      {"reopen in place", 2, &D::StepReopen},
      {"kill", 2, &D::StepKill},
      {"outcome unknown", 4, &D::StepUnknown},
  };
  return kinds;
}

Differential::Differential(uint64_t seed, std::unique_ptr<Machine> machine)
    : random_(seed),
      machine_(std::move(machine)),
      clock_(std::make_shared<objstore::TestClock>()),
      counts_(Kinds().size()),
      count_(&setup_) {
  Open();
  MakeKeys();
  for (const char* name : {"audit", "ledger", "plain", "crc", "versions"}) CreateBucket(name);
}

void Differential::Step() {
  ++steps_;
  if (random_.Chance(0.1)) clock_->Advance(absl::Milliseconds(random_.Below(1500)));
  unsigned all = 0;
  for (const Kind& kind : Kinds()) all += kind.weight;
  uint64_t dice = random_.Below(all);
  for (size_t i = 0; i < Kinds().size(); ++i) {
    const Kind& kind = Kinds()[i];
    if (dice < kind.weight) return Run(kind, &counts_[i]);
    dice -= kind.weight;
  }
}

void Differential::Run(const Kind& kind, Count* count) {
  Count* const outer = std::exchange(count_, count);
  ++count_->ran;
  SCOPED_TRACE(std::string(kind.name) + ", step " + std::to_string(steps_));
  (this->*kind.step)();
  count_ = outer;
}

void Differential::Expect(const std::string& code, const std::string& expected,
                          const std::string& what) {
  EXPECT_EQ(code, expected) << what << ", step " << steps_;
  ++(code == "OK" ? count_->ok : count_->errors);
}

void Differential::ExpectNewSequence(uint64_t sequence) {
  EXPECT_GT(sequence, last_sequence_);
  last_sequence_ = std::max(last_sequence_, sequence);
}

void Differential::Finish() {
  uint64_t errors = 0;
  const auto print = [](const auto& name, const auto& ran, const auto& ok, const auto& failed) {
    std::cout << std::left << std::setw(24) << name << std::right << std::setw(10) << ran
              << std::setw(12) << ok << std::setw(10) << failed << "\n";
  };
  print("kind", "ran", "answers OK", "errors");
  for (size_t i = 0; i < counts_.size(); ++i) {
    const Count& count = counts_[i];
    print(Kinds()[i].name, count.ran, count.ok, count.errors);
    EXPECT_GT(count.ran, 0u) << Kinds()[i].name;
    EXPECT_GT(count.ok, 0u) << Kinds()[i].name;
    errors += count.errors;
  }
  std::cout << Kinds().size() << " kinds, " << steps_ << " operations; of those whose answer was "
            << "lost, " << lost_and_done_ << " were done and " << lost_ - lost_and_done_
            << " were not" << std::endl;
  EXPECT_GE(Kinds().size(), 24u);
  EXPECT_GT(lost_and_done_, 0u);
  EXPECT_GT(lost_, lost_and_done_);
  EXPECT_LE(lost_and_gone_, 1 + lost_ / 100) << "what was written is not there";
  EXPECT_GT(errors, steps_ / 10);
  EXPECT_GT(past_events_.size(), steps_ / 20);
}

// --- Choices ---

void Differential::MakeKeys() {
  const std::vector<std::string> letters = {"a", "b",    "/",       "%", " ", std::string(1, '\0'),
                                            ".", "\xFF", "\xC3\xA9"};
  for (int i = 0; i < 60; ++i) {
    std::string key;
    for (uint64_t n = 1 + random_.Below(5); n > 0; --n) key += letters[random_.Below(9)];
    keys_.push_back(key);
  }
  keys_.push_back(std::string(1024, 'x'));
  keys_.push_back(std::string(1024, '\xFF'));
  keys_.push_back("..");
  keys_.push_back("a/");
  keys_.push_back("a/b");
}

std::string Differential::Key() {
  if (random_.Chance(0.005)) return "";
  if (random_.Chance(0.005)) return std::string(1025, 'y');
  return keys_[random_.Below(keys_.size())];
}

std::string Differential::BucketName() {
  static const char* const kNames[] = {"audit", "audit",    "ledger",        "plain",
                                       "crc",   "versions", "comes.and-goes"};
  static const char* const kBad[] = {"absent", "A", "1.2.3.4", "ab"};
  if (random_.Chance(0.02)) return kBad[random_.Below(4)];
  return kNames[random_.Below(7)];
}

std::string Differential::VersionedBucketName() {
  return random_.Chance(0.6) ? "audit" : random_.Chance(0.8) ? "versions" : BucketName();
}

Differential::Place Differential::PlaceWithObject() {
  Place at = AnyPlace();
  for (int i = 0; i < 4 && model_.Current(at.bucket, at.key) == nullptr; ++i) at = AnyPlace();
  return at;
}

std::string Differential::Body() {
  const uint64_t seed = random_.Next();
  const uint64_t dice = random_.Below(100'000);
  uint64_t size = random_.Below(100);
  if (dice < 2000) size = 1020 + random_.Below(10);
  if (dice < 300) size = 65'530 + random_.Below(12);
  if (dice < 150) size = random_.Below(300'000);
  if (dice < 20) size = (1 << 20) - 2 + random_.Below(4);
  if (dice < 10) size = random_.Below(4 << 20);
  if (dice < 2) size = (4 << 20) - 2 + random_.Below(4);
  return Bytes(size, seed);
}

std::string Differential::CurrentEtag(const Place& at) const {
  const ModelVersion* current = model_.Current(at.bucket, at.key);
  return current == nullptr ? "" : current->etag;
}

// Nothing, "*", the ETag that is there, another one, or both.
std::string Differential::Condition(const std::string& etag, double chance) {
  if (!random_.Chance(chance)) return "";
  switch (random_.Below(6)) {
    case 0:
      return "*";
    case 1:
      return "0123456789abcdef0123456789abcdef";
    case 2:
      return "\"0123456789abcdef0123456789abcdef\", " + (etag.empty() ? "\"x\"" : etag);
    case 3:
      return etag.empty() ? "*" : "\"" + etag + "\"";
    default:
      return etag.empty() ? "fedcba9876543210-crc64" : etag;
  }
}

std::string Differential::VersionId(const Place& at) {
  if (random_.Chance(0.03)) return "0123456789abcdef";
  if (random_.Chance(0.02)) return random_.Chance(0.5) ? "0000000000000000" : "nonsense";
  if (random_.Chance(0.05)) return "null";
  const std::vector<ModelVersion>* versions = model_.VersionsOf(at.bucket, at.key);
  return versions == nullptr ? "null" : (*versions)[random_.Below(versions->size())].id;
}

std::optional<absl::Time> Differential::DateAround() {
  if (!random_.Chance(0.1)) return std::nullopt;
  return clock_->Now() - absl::Milliseconds(random_.Below(20'000));
}

UserMetadata Differential::Metadata() {
  UserMetadata metadata;
  if (random_.Chance(0.2)) metadata["Name"] = std::to_string(random_.Next());
  if (random_.Chance(0.005)) metadata["bad name"] = "";
  if (random_.Chance(0.005)) metadata["large"] = std::string(2042 + random_.Below(4), 'v');
  return metadata;
}

Differential::VersionChoice Differential::AnyVersion() {
  if (random_.Chance(0.6)) return {random_.Chance(0.9) ? PlaceWithObject() : AnyPlace()};
  const Place at{VersionedBucketName(), Key()};
  return {at, VersionId(at)};
}

// Some, in no order; now and then as many as there may be, or what no set may have.
TagSet Differential::Tags(size_t most) {
  static const std::vector<Tag> kOdd = {
      {"aws:x", "1"},
      {"AWS:x", "1"},
      {"", "1"},
      {"a!", "1"},
      {"a", "!"},
      {"n2", "twice"},
      {std::string(128, 'k'), std::string(256, 'v')},
      {std::string(129, 'k'), ""},
      {"a", std::string(257, 'v')},
      {"\xC3\xA9 \xF0\x90\x90\x80", "\xC3\xA9"}};  // a letter that counts as two
  const size_t count = random_.Chance(0.05) ? most - 1 + random_.Below(3) : 1 + random_.Below(3);
  const std::string value = std::to_string(random_.Below(1000));
  TagSet tags;
  for (size_t i = count; i > 0; --i) tags.push_back({"n" + std::to_string(i), value});
  if (random_.Chance(0.03)) tags.back() = kOdd[random_.Below(kOdd.size())];
  return tags;
}

PutOptions Differential::PutChoice(const Place& at, const std::string& body) {
  PutOptions options;
  options.if_match = Condition(CurrentEtag(at), 0.1);
  options.if_none_match = Condition(CurrentEtag(at), 0.1);
  if (random_.Chance(0.2)) options.content_type = "text/" + std::to_string(random_.Below(9));
  if (random_.Chance(0.05)) options.website_redirect_location = "/elsewhere";
  options.metadata = Metadata();
  if (random_.Chance(0.1)) options.content_md5 = Md5Base64(body);
  if (random_.Chance(0.01)) options.content_md5 = Md5Base64(body + "x");
  if (random_.Chance(0.01)) options.content_md5 = "nonsense";
  if (random_.Chance(0.1)) options.crc32c = base::Crc32c(body);
  if (random_.Chance(0.01)) options.crc32c = base::Crc32c(body) + 1;
  if (random_.Chance(0.1)) options.crc64nvme = base::Crc64Nvme(body);
  if (random_.Chance(0.01)) options.crc64nvme = base::Crc64Nvme(body) + 1;
  if (random_.Chance(0.01)) options.durability = Durability::kSync;
  if (random_.Chance(0.1)) ChooseChecksum(body, &options);
  if (random_.Chance(0.1)) options.tags = Tags(kMaxObjectTags);
  return options;
}

// Another value, or one that is none.
std::string Differential::Damaged(std::string value) {
  if (random_.Chance(0.1)) value[0] = value[0] == 'A' ? 'B' : 'A';
  if (random_.Chance(0.05)) value.resize(value.size() - 1);
  return value;
}

// One that is right, wrong, malformed, or only named; beside what is there already.
void Differential::ChooseChecksum(const std::string& body, PutOptions* options) {
  const ChecksumAlgorithm algorithm = kChecksumAlgorithms[random_.Below(10)];
  if (random_.Chance(0.3)) options->checksum_algorithm = kChecksumAlgorithms[random_.Below(10)];
  if (random_.Chance(0.03)) options->checksum_type = ChecksumType::kComposite;
  if (random_.Chance(0.3)) return;
  options->checksum = ChecksumOf(algorithm, body);
  if (random_.Chance(0.3)) options->checksum_algorithm = algorithm;
  options->checksum->value = Damaged(options->checksum->value);
}

GetOptions Differential::GetChoice(const Place& at, const std::string& version_id) {
  const ModelVersion* object = version_id.empty() ? model_.Current(at.bucket, at.key)
                                                  : model_.Version(at.bucket, at.key, version_id);
  const std::string etag = object == nullptr ? "" : object->etag;
  GetOptions options;
  options.version_id = version_id;
  options.if_match = Condition(etag, 0.1);
  options.if_none_match = Condition(etag, 0.1);
  options.if_modified_since = DateAround();
  options.if_unmodified_since = DateAround();
  if (!random_.Chance(0.3)) return options;
  const uint64_t size = object == nullptr ? 0 : object->body.size();
  ByteRange range;
  if (random_.Chance(0.7)) range.first = random_.Below(size + 2);
  if (random_.Chance(0.7)) range.last = range.first.value_or(0) + random_.Below(size + 2);
  options.range = range;
  return options;
}

// --- Comparing everything ---

void Differential::CompareAll(Events which) {
  Count* const outer = std::exchange(count_, &setup_);
  StepListBuckets();
  size_t objects = 0;
  size_t versions = 0;
  size_t uploads = 0;
  size_t annotations = 0;
  for (const auto& [name, bucket] : model_.buckets()) {
    CompareListing(name, {}, "");
    CompareVersions(name, {});
    CompareUploads(name, {});
    CompareBucketTags(name);
    for (const auto& [key, all] : bucket.keys) {
      if (!all.front().is_marker) ++objects;
      versions += all.size();
      for (const ModelVersion& version : all) {
        GetOptions options;
        options.version_id = version.id;
        CompareGet({name, key}, options);
        CompareTags({name, key}, version.id);
        CompareAnnotations({{name, key}, version.id}, {});
        for (const auto& [of, payload] : version.annotations) {
          CompareAnnotation({{name, key}, version.id}, of);
        }
        annotations += version.annotations.size();
      }
    }
    uploads += bucket.uploads.size();
    for (const auto& [at, upload] : bucket.uploads) CompareParts({name, at.first, upload.id});
  }
  CompareEvents(which);
  const auto report = cloud_->VerifyStore();
  ASSERT_TRUE(report.ok()) << report.status();
  for (const std::string& problem : report->problems) ADD_FAILURE() << problem;
  EXPECT_EQ(report->objects, objects);
  EXPECT_EQ(report->noncurrent_versions, versions - objects);
  EXPECT_EQ(report->uploads, uploads);
  EXPECT_GE(report->annotations, annotations) << "those that are garbage are counted, too";
  EXPECT_EQ(report->events, past_events_.size());
  count_ = outer;
}

void Differential::ArchiveEvents() {
  std::vector<ModelEvent>& events = model_.events();
  std::move(events.begin(), events.end(), std::back_inserter(past_events_));
  events.clear();
}

void Differential::CompareEvents(Events which) {
  ArchiveEvents();
  const std::vector<ModelEvent>& expected = past_events_;
  size_t next = which == Events::kAll ? 0 : compared_events_;
  while (true) {
    const uint64_t after = next == 0 ? 0 : expected[next - 1].sequence;
    const auto page = cloud_->Events(after, 777);
    ASSERT_TRUE(page.ok()) << page.status();
    if (page->empty()) break;
    for (const Event& event : *page) {
      ASSERT_LT(next, expected.size()) << "one event too many, of " << base::Quoted(event.key);
      const ModelEvent& wanted = expected[next++];
      ASSERT_EQ(event.sequence, wanted.sequence) << next << ", " << base::Quoted(event.key);
      EXPECT_EQ(event.type, wanted.type);
      EXPECT_EQ(event.bucket, wanted.bucket);
      EXPECT_EQ(event.key, wanted.key);
      EXPECT_EQ(event.size, wanted.size);
      EXPECT_EQ(event.etag, wanted.etag);
      EXPECT_EQ(event.version_id, wanted.version_id);
      EXPECT_EQ(event.time, wanted.time);
      EXPECT_EQ(event.request_id, wanted.request_id);
      EXPECT_EQ(event.annotation_name, wanted.annotation);
    }
  }
  ASSERT_EQ(next, expected.size()) << "events are missing";
  compared_events_ = next;
}

}  // namespace cloudlet::differential
