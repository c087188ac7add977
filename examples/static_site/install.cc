// Which function runs on which keys.
//
//   put or delete files/<path>       -> compress, describe, collect-words
//   put or delete words/<nn>/<path>  -> build-shard
#include <utility>
#include <vector>

#include "examples/static_site/compress.h"
#include "examples/static_site/describe.h"
#include "examples/static_site/layout.h"
#include "examples/static_site/search_index.h"
#include "examples/static_site/site.h"
#include "examples/static_site/words.h"

namespace static_site {
namespace {

using cloudlet::Bucket;

struct Row {
  std::string name;
  std::string prefix;
  absl::Status (*run)(const Bucket& bucket, const std::string& key);
};

const std::vector<Row>& Functions() {
  static const auto* rows = new std::vector<Row>{
      {"compress", kFilesPrefix,
       [](const Bucket& bucket, const std::string& key) {
         return Compress(bucket, PathOfKey(key));
       }},
      {"describe", kFilesPrefix,
       [](const Bucket& bucket, const std::string& key) {
         return Describe(bucket, PathOfKey(key));
       }},
      {"collect-words", kFilesPrefix,
       [](const Bucket& bucket, const std::string& key) {
         return CollectWords(bucket, PathOfKey(key));
       }},
      {"build-shard", kWordsPrefix,
       [](const Bucket& bucket, const std::string& key) {
         return BuildShard(bucket, ShardOfWordsKey(key));
       }},
  };
  return *rows;
}

absl::Status InstallFunction(cloudlet::Cloud& cloud, const Row& row, cloudlet::Dispatch dispatch) {
  const auto handler = [run = row.run](const cloudlet::Event& event,
                                       cloudlet::FunctionContext& context) {
    return run(context.bucket(event.bucket), event.key);
  };
  cloudlet::FunctionOptions options;
  options.dispatch = dispatch;
  options.timeout = absl::Minutes(15);  // compressing gigabytes takes its time
  options.dead_letter = cloudlet::ToBucket(kDeadLetterBucket);
  const absl::Status registered = cloud.RegisterFunction(row.name, handler, options);
  if (!registered.ok()) return registered;
  // The same id in every run: the trigger of the last run is replaced, not doubled.
  return cloud
      .AddTrigger({.id = row.name, .bucket = kBucket, .function = row.name, .prefix = row.prefix})
      .status();
}

}  // namespace

absl::StatusOr<Bucket> InstallSite(cloudlet::Cloud& cloud, cloudlet::Dispatch dispatch) {
  for (const char* bucket : {kBucket, kDeadLetterBucket}) {
    const absl::Status ensured = cloud.EnsureBucket(bucket).status();
    if (!ensured.ok()) return ensured;
  }
  for (const Row& row : Functions()) {
    const absl::Status installed = InstallFunction(cloud, row, dispatch);
    if (!installed.ok()) return installed;
  }
  return cloud.bucket(kBucket);
}

}  // namespace static_site
