// Lists and buckets of differential_harness.h.
#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/strings.h"
#include "gtest/gtest.h"
#include "tests/differential_harness.h"

namespace cloudlet::differential {

using objstore::CodeOf;

// --- Lists ---

size_t Differential::PageSize() {
  if (random_.Chance(0.02)) return 0;
  return random_.Chance(0.6) ? 1000 : 1 + random_.Below(6);
}

void Differential::ChooseRollup(std::string* prefix, std::string* delimiter) {
  const std::string some = keys_[random_.Below(keys_.size())];
  if (random_.Chance(0.6)) *prefix = some.substr(0, 1 + random_.Below(3));
  if (random_.Chance(0.5)) *delimiter = random_.Chance(0.7) ? "/" : some.substr(0, 2);
}

void Differential::StepList() {
  ListOptions options;
  ChooseRollup(&options.prefix, &options.delimiter);
  std::string marker;
  if (random_.Chance(0.3)) options.start_after = keys_[random_.Below(keys_.size())];
  if (random_.Chance(0.3)) marker = keys_[random_.Below(keys_.size())];
  if (!marker.empty() && !random_.Chance(0.05)) options.start_after.clear();
  CompareListing(BucketName(), options, marker);
}

void Differential::CompareListing(const std::string& bucket, const ListOptions& options,
                                  const std::string& marker) {
  std::string code = model_.BucketCode(bucket);
  const bool contradicts = !marker.empty() && !options.start_after.empty();
  if (code == "OK" && contradicts) code = "InvalidArgument";
  ListPageOptions page_options;
  page_options.marker = marker;
  page_options.prefix = options.prefix;
  page_options.delimiter = options.delimiter;
  page_options.start_after = options.start_after;
  page_options.max_keys = PageSize();
  std::vector<ListEntry> entries;
  while (true) {
    const auto page = cloud_->bucket(bucket).ListOnePage(page_options);
    Expect(CodeOf(page), code, "list " + bucket);
    if (!page.ok() || code != "OK") return;
    EXPECT_LE(page->entries.size(), page_options.max_keys);
    entries.insert(entries.end(), page->entries.begin(), page->entries.end());
    if (!page->is_truncated) break;
    ASSERT_FALSE(page->entries.empty());
    if (marker.empty()) {
      page_options.continuation_token = page->next_continuation_token;
    } else {
      page_options.marker = page->next_marker;
    }
  }
  if (page_options.max_keys == 0) return;
  const std::vector<ModelEntry> expected = model_.List(bucket, options, marker);
  ASSERT_EQ(entries.size(), expected.size())
      << bucket << " prefix " << base::Quoted(options.prefix) << " delimiter "
      << base::Quoted(options.delimiter) << " after " << base::Quoted(options.start_after)
      << " marker " << base::Quoted(marker);
  for (size_t i = 0; i < entries.size(); ++i) {
    ASSERT_EQ(entries[i].key, expected[i].key);
    ASSERT_EQ(entries[i].is_prefix, expected[i].is_prefix);
    if (expected[i].is_prefix) continue;
    EXPECT_EQ(entries[i].size, expected[i].version->body.size());
    EXPECT_EQ(entries[i].etag, expected[i].version->etag);
    EXPECT_EQ(entries[i].last_modified, expected[i].version->modified);
  }
}

// What was there all the time, and did not change, appears once; keys ascend; each that is listed
// was there at some moment.
void Differential::StepListWhileChanging() {
  const std::string bucket = BucketName();
  const std::string code = model_.BucketCode(bucket);
  std::map<std::string, uint64_t> untouched;  // key to number
  std::set<std::string> ever;
  const auto look = [&](bool at_first) {
    std::map<std::string, uint64_t> now;
    if (code == "OK") {
      for (const ModelEntry& entry : model_.List(bucket, {}, "")) {
        now[entry.key] = entry.version->sequence;
        ever.insert(entry.key);
      }
    }
    if (at_first) untouched = now;
    for (auto it = untouched.begin(); it != untouched.end();) {
      const auto still = now.find(it->first);
      it = still != now.end() && still->second == it->second ? std::next(it) : untouched.erase(it);
    }
  };
  look(true);
  ListPageOptions options;
  options.max_keys = 3 + random_.Below(10);
  std::vector<std::string> keys;
  while (true) {
    const auto page = cloud_->bucket(bucket).ListOnePage(options);
    Expect(CodeOf(page), code, "list " + bucket);
    if (!page.ok()) return;
    for (const ListEntry& entry : page->entries) {
      EXPECT_TRUE(keys.empty() || keys.back() < entry.key) << base::Quoted(entry.key);
      EXPECT_EQ(ever.count(entry.key), 1u) << base::Quoted(entry.key);
      keys.push_back(entry.key);
    }
    if (!page->is_truncated) break;
    options.continuation_token = page->next_continuation_token;
    for (uint64_t n = random_.Below(3); n > 0; --n) {
      random_.Chance(0.5) ? StepPut() : StepDelete();
      look(false);
    }
  }
  for (const auto& [key, number] : untouched) {
    EXPECT_TRUE(std::binary_search(keys.begin(), keys.end(), key)) << base::Quoted(key);
  }
}

void Differential::StepListVersions() {
  const std::string bucket = random_.Chance(0.7) ? VersionedBucketName() : BucketName();
  VersionPageOptions options;
  ChooseRollup(&options.prefix, &options.delimiter);
  if (random_.Chance(0.3)) options.key_marker = keys_[random_.Below(keys_.size())];
  const auto* versions = model_.VersionsOf(bucket, options.key_marker);
  if (versions != nullptr && random_.Chance(0.7)) {
    options.version_id_marker = (*versions)[random_.Below(versions->size())].id;
  }
  if (random_.Chance(0.02)) {  // contradictory, or none
    options = {};
    options.key_marker = random_.Chance(0.5) ? "" : "a";
    options.version_id_marker = options.key_marker.empty() ? "0123456789abcdef" : "nonsense";
  }
  CompareVersions(bucket, options);
}

void Differential::CompareVersions(const std::string& bucket, VersionPageOptions options) {
  std::string code = model_.BucketCode(bucket);
  const bool is_id = options.version_id_marker.empty() ||
                     (!options.key_marker.empty() && options.version_id_marker != "nonsense");
  const VersionPageOptions first = options;
  options.max_keys = PageSize();
  if (code == "OK" && !is_id) code = "InvalidArgument";
  std::vector<VersionEntry> entries;
  while (true) {
    const auto page = cloud_->bucket(bucket).ListVersions(options);
    Expect(CodeOf(page), code, "list versions of " + bucket);
    if (!page.ok() || code != "OK") return;
    EXPECT_LE(page->entries.size(), options.max_keys);
    entries.insert(entries.end(), page->entries.begin(), page->entries.end());
    if (!page->is_truncated) break;
    ASSERT_FALSE(page->entries.empty());
    options.key_marker = page->next_key_marker;
    options.version_id_marker = page->next_version_id_marker;
  }
  if (options.max_keys == 0) return;
  const std::vector<ModelEntry> expected = model_.ListVersions(bucket, first);
  ASSERT_EQ(entries.size(), expected.size())
      << bucket << " prefix " << base::Quoted(first.prefix) << " delimiter "
      << base::Quoted(first.delimiter) << " after " << base::Quoted(first.key_marker) << " "
      << first.version_id_marker;
  for (size_t i = 0; i < entries.size(); ++i) {
    ASSERT_EQ(entries[i].key, expected[i].key);
    ASSERT_EQ(entries[i].is_prefix, expected[i].is_prefix);
    if (expected[i].is_prefix) continue;
    const ModelVersion& version = *expected[i].version;
    EXPECT_EQ(entries[i].version_id, version.id);
    EXPECT_EQ(entries[i].is_delete_marker, version.is_marker);
    EXPECT_EQ(entries[i].is_latest, expected[i].is_latest) << base::Quoted(entries[i].key);
    EXPECT_EQ(entries[i].size, version.body.size());
    EXPECT_EQ(entries[i].etag, version.etag);
    EXPECT_EQ(entries[i].last_modified, version.modified);
  }
}

void Differential::StepListUploads() {
  const std::string bucket = BucketName();
  UploadPageOptions options;
  ChooseRollup(&options.prefix, &options.delimiter);
  const auto in = model_.buckets().find(bucket);
  if (random_.Chance(0.2)) options.key_marker = keys_[random_.Below(keys_.size())];
  if (in != model_.buckets().end() && !in->second.uploads.empty() && random_.Chance(0.3)) {
    const auto& [name, upload] =
        *std::next(in->second.uploads.begin(),
                   static_cast<ptrdiff_t>(random_.Below(in->second.uploads.size())));
    options.key_marker = name.first;
    options.upload_id_marker = upload.id;
  }
  if (random_.Chance(0.02)) {
    options = {};
    options.key_marker = "a";
    options.upload_id_marker = "nonsense";
  }
  CompareUploads(bucket, options);
}

void Differential::CompareUploads(const std::string& bucket, UploadPageOptions options) {
  std::string code = model_.BucketCode(bucket);
  if (code == "OK" && options.upload_id_marker == "nonsense") code = "InvalidArgument";
  const UploadPageOptions first = options;
  options.max_uploads = PageSize();
  std::vector<UploadEntry> entries;
  while (true) {
    const auto page = cloud_->bucket(bucket).ListMultipartUploads(options);
    Expect(CodeOf(page), code, "list uploads of " + bucket);
    if (!page.ok() || code != "OK") return;
    EXPECT_LE(page->entries.size(), options.max_uploads);
    entries.insert(entries.end(), page->entries.begin(), page->entries.end());
    if (!page->is_truncated) break;
    ASSERT_FALSE(page->entries.empty());
    options.key_marker = page->next_key_marker;
    options.upload_id_marker = page->next_upload_id_marker;
  }
  if (options.max_uploads == 0) return;
  const std::vector<ModelEntry> expected = model_.ListUploads(bucket, first);
  ASSERT_EQ(entries.size(), expected.size())
      << bucket << " prefix " << base::Quoted(first.prefix) << " delimiter "
      << base::Quoted(first.delimiter) << " after " << base::Quoted(first.key_marker) << " "
      << first.upload_id_marker;
  for (size_t i = 0; i < entries.size(); ++i) {
    ASSERT_EQ(entries[i].key, expected[i].key);
    ASSERT_EQ(entries[i].is_prefix, expected[i].is_prefix);
    if (expected[i].is_prefix) continue;
    const ModelUpload& upload = *expected[i].upload;
    EXPECT_EQ(entries[i].upload_id, upload.id);
    EXPECT_EQ(entries[i].initiated, upload.created);
    EXPECT_EQ(entries[i].initiator, "cloudlet");
    EXPECT_EQ(entries[i].checksum_algorithm.has_value(), upload.checksum.has_value());
    EXPECT_TRUE(!upload.checksum.has_value() ||
                (entries[i].checksum_algorithm == upload.checksum->algorithm &&
                 entries[i].checksum_type == upload.checksum->type));
  }
}

// --- Buckets ---

void Differential::CreateBucket(const std::string& name) {
  BucketOptions options;
  options.retain_events = name == "audit" || name == "ledger";
  options.etag_policy = name == "crc" ? EtagPolicy::kCrc64 : EtagPolicy::kMd5;
  Expect(CodeOf(cloud_->CreateBucket(name, options)),
         model_.CreateBucket(name, options, clock_->Now()), "create bucket " + name);
}

void Differential::StepCreateBucket() {
  CreateBucket(random_.Chance(0.5) ? "comes.and-goes" : BucketName());
}

// Of the one that comes and goes often, all is deleted first. The others stay: some steps count on
// them.
void Differential::StepDeleteBucket() {
  std::string name = random_.Chance(0.7) ? "comes.and-goes" : BucketName();
  auto found = model_.buckets().find(name);
  if (found != model_.buckets().end() && found->second.keys.empty() &&
      found->second.uploads.empty()) {
    name = "comes.and-goes";
    found = model_.buckets().find(name);
  }
  if (name == "comes.and-goes" && found != model_.buckets().end() && random_.Chance(0.7)) {
    const ModelBucket& bucket = found->second;
    while (!bucket.keys.empty() && !::testing::Test::HasFailure()) {
      DeleteAllOf(name, std::string(bucket.keys.begin()->first));
    }
    while (!bucket.uploads.empty() && !::testing::Test::HasFailure()) {
      const auto& [at, upload] = *bucket.uploads.begin();
      Expect(CodeOf(cloud_->bucket(name).AbortMultipartUpload(at.first, upload.id)), "OK", "abort");
      model_.Abort(name, std::string(at.first), std::string(upload.id));
    }
  }
  Expect(CodeOf(cloud_->DeleteBucket(name)), model_.DeleteBucket(name), "delete bucket " + name);
}

void Differential::StepListBuckets() {
  const auto listed = cloud_->ListBuckets();
  Expect(CodeOf(listed), "OK", "list buckets");
  ASSERT_TRUE(listed.ok());
  ASSERT_EQ(listed->size(), model_.buckets().size());
  auto entry = listed->begin();
  for (const auto& [name, bucket] : model_.buckets()) {
    EXPECT_EQ(entry->name, name);
    EXPECT_EQ(entry->created, bucket.created);
    ++entry;
  }
}

// What "plain", "crc" and "ledger" have stays off: there can be renames.
void Differential::StepSetVersioning() {
  std::string name = random_.Chance(0.5) ? "versions" : random_.Chance(0.8) ? "audit" : "absent";
  if (random_.Chance(0.1)) name = "comes.and-goes";
  const Versioning versioning = random_.Chance(0.05)  ? Versioning::kOff
                                : random_.Chance(0.5) ? Versioning::kEnabled
                                                      : Versioning::kSuspended;
  Expect(CodeOf(cloud_->bucket(name).SetVersioning(versioning)),
         model_.SetVersioning(name, versioning), "set versioning of " + name);
}

void Differential::StepInfo() {
  const std::string name = BucketName();
  const auto info = cloud_->bucket(name).Info();
  const std::string code = model_.BucketCode(name);
  Expect(CodeOf(info), code, "info of " + name);
  if (!info.ok() || code != "OK") return;
  const ModelBucket& bucket = model_.buckets().at(name);
  EXPECT_EQ(info->name, name);
  EXPECT_EQ(info->created, bucket.created);
  EXPECT_EQ(info->versioning, bucket.versioning);
  EXPECT_EQ(info->options.retain_events, bucket.options.retain_events);
  EXPECT_EQ(info->options.etag_policy, bucket.options.etag_policy);
}

}  // namespace cloudlet::differential
