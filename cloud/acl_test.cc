// Owners, regions and canned ACLs through the public API: several principals, the events, and what
// a reopen keeps.
#include "cloudlet/acl.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "cloudlet/cloud.h"
#include "cloudlet/error.h"
#include "cloudlet/event_json.h"
#include "gtest/gtest.h"

namespace cloudlet {
namespace {

using Texts = std::vector<std::string>;

Caller As(std::string principal) {
  Caller caller;
  caller.principal = std::move(principal);
  return caller;
}

template <typename Result>
std::string CodeOf(const Result& result) {
  absl::Status status;
  if constexpr (std::is_same_v<Result, absl::Status>) {
    status = result;
  } else {
    status = result.status();
  }
  return status.ok() ? "OK" : InfoOf(ErrorCodeOf(status)).name;
}

Texts NamesOf(const absl::StatusOr<std::vector<BucketEntry>>& entries) {
  Texts names;
  for (const BucketEntry& entry : entries.value()) {
    names.push_back(absl::StrCat(entry.name, " ", entry.region));
  }
  return names;
}

TEST(Acl, EveryPrincipalHasItsOwnBuckets) {
  Cloud cloud = Cloud::InMemory({.region = "eu-west-1"});
  const Caller alice = As("alice");
  Bucket hers = cloud.CreateBucket("hers", {.region = "us-west-2"}, alice).value();
  cloud.CreateBucket("ours").value();
  EXPECT_EQ(NamesOf(cloud.ListBuckets(alice)), (Texts{"hers us-west-2"}));
  EXPECT_EQ(NamesOf(cloud.ListBuckets()), (Texts{"ours eu-west-1"}));
  EXPECT_EQ(CodeOf(cloud.ListBuckets(Caller::Anonymous())), "AccessDenied");
  EXPECT_EQ(CodeOf(cloud.CreateBucket("new", {}, Caller::Anonymous())), "AccessDenied");
  EXPECT_EQ(CodeOf(cloud.CreateBucket("hers")), "BucketAlreadyExists");
  EXPECT_EQ(CodeOf(cloud.CreateBucket("hers", {}, alice)), "BucketAlreadyOwnedByYou");
  EXPECT_EQ(CodeOf(cloud.EnsureBucket("hers", {}, alice)), "OK");
  EXPECT_EQ(CodeOf(cloud.EnsureBucket("hers")), "BucketAlreadyExists");
  // The handle is hers.
  EXPECT_EQ(CodeOf(hers.Put("k", "v")), "OK");
  EXPECT_EQ(CodeOf(cloud.bucket("hers").Get("k")), "AccessDenied");
  EXPECT_EQ(hers.Info()->owner, "alice");
  EXPECT_EQ(CodeOf(cloud.DeleteBucket("hers")), "AccessDenied");
  EXPECT_EQ(CodeOf(hers.Delete("k")), "OK");
  EXPECT_EQ(CodeOf(cloud.DeleteBucket("hers", alice)), "OK");
}

TEST(Acl, APublicSiteIsReadByAnyoneAndChangedByItsOwner) {
  Cloud cloud = Cloud::InMemory();
  Bucket site = cloud.CreateBucket("site", {.acl = CannedAcl::kPublicRead}).value();
  site.Put("index.html", "<p>", {.acl = CannedAcl::kPublicRead}).value();
  site.Put("draft.html", "?").value();
  const Bucket anyone = site.As(Caller::Anonymous());
  EXPECT_EQ(anyone.Get("index.html")->body, "<p>");
  EXPECT_EQ(CodeOf(anyone.Get("draft.html")), "AccessDenied");
  EXPECT_EQ(CodeOf(anyone.Get("absent.html")), "NoSuchKey");
  EXPECT_EQ(anyone.ListOnePage()->entries.size(), 2u);
  EXPECT_EQ(anyone.HeadBucket()->region, "us-east-1");
  EXPECT_EQ(CodeOf(anyone.Info()), "AccessDenied");
  EXPECT_EQ(CodeOf(anyone.GetAcl()), "AccessDenied");
  EXPECT_EQ(CodeOf(anyone.Put("index.html", "!")), "AccessDenied");
  EXPECT_EQ(CodeOf(anyone.SetObjectAcl("draft.html", CannedAcl::kPublicRead)), "AccessDenied");

  EXPECT_EQ(site.GetAcl()->acl, CannedAcl::kPublicRead);
  EXPECT_EQ(site.GetAcl()->owner, "cloudlet");
  ASSERT_EQ(CodeOf(site.SetAcl(CannedAcl::kPrivate)), "OK");
  EXPECT_EQ(CodeOf(anyone.HeadBucket()), "AccessDenied");
  EXPECT_EQ(CodeOf(anyone.Get("absent.html")), "AccessDenied");
  EXPECT_EQ(anyone.Get("index.html")->body, "<p>");  // has an ACL of its own
}

TEST(Acl, AChangeOfAnObjectsAclIsAnEvent_AndNoChangeIsNone) {
  Cloud cloud = Cloud::InMemory();
  Bucket bucket = cloud.CreateBucket("bkt", {.retain_events = true}).value();
  const uint64_t put = bucket.Put("k", "v").value().sequence;
  const SetObjectAclResult changed = bucket.SetObjectAcl("k", CannedAcl::kPublicRead).value();
  EXPECT_EQ(bucket.SetObjectAcl("k", CannedAcl::kPublicRead)->sequence, 0u);
  const std::vector<Event> events = cloud.Events(put).value();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].type, EventType::kObjectAclPut);
  EXPECT_EQ(events[0].sequence, changed.sequence);
  EXPECT_EQ(events[0].request_id, changed.request_id);
  const ObjectAcl acl = bucket.GetObjectAcl("k").value();
  EXPECT_EQ(acl.acl, CannedAcl::kPublicRead);
  EXPECT_EQ(acl.owner, "cloudlet");
  EXPECT_EQ(cloud.VerifyStore()->problems, Texts());
}

TEST(Acl, EventsTellOwnerAndRegionOfTheBucket) {
  Cloud cloud = Cloud::InMemory({.owner = "me", .region = "eu-west-1"});
  Bucket mine = cloud.CreateBucket("mine", {.retain_events = true}).value();
  Bucket hers =
      cloud.CreateBucket("hers", {.retain_events = true, .region = "us-west-2"}, As("alice"))
          .value();
  mine.Put("k", "v").value();
  hers.Put("k", "v").value();
  const std::vector<Event> events = cloud.Events().value();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].bucket_owner, "");
  EXPECT_EQ(events[0].bucket_region, "");
  EXPECT_EQ(events[1].bucket_owner, "alice");
  EXPECT_EQ(events[1].bucket_region, "us-west-2");
  const EventJsonOptions options = {.region = "eu-west-1", .owner = "me"};
  const auto has = [](const std::string& json, std::string_view text) {
    return json.find(text) != std::string::npos;
  };
  EXPECT_TRUE(has(EventJson(events[0], options), R"("awsRegion":"eu-west-1")"));
  EXPECT_TRUE(has(EventJson(events[1], options), R"("awsRegion":"us-west-2")"));
  EXPECT_TRUE(has(EventJson(events[1], options), R"("ownerIdentity":{"principalId":"alice"})"));
}

TEST(Acl, AreKeptOverAReopen) {
  const std::string directory = ::testing::TempDir() + "/acl_test_store";
  {
    Cloud cloud = Cloud::Open(directory, {.region = "eu-west-1"}).value();
    Bucket hers =
        cloud
            .CreateBucket("hers", {.region = "us-west-2", .acl = CannedAcl::kAuthenticatedRead},
                          As("alice"))
            .value();
    hers.Put("k", "v", {.acl = CannedAcl::kPublicRead}).value();
    hers.Put("changed", "v").value();
    hers.SetObjectAcl("changed", CannedAcl::kPublicReadWrite).value();
    cloud.CreateBucket("ours").value();
    cloud.bucket("ours").SetAcl(CannedAcl::kPublicReadWrite).IgnoreError();
    cloud
        .RegisterFunction("f", [](const Event&, FunctionContext&) { return absl::OkStatus(); },
                          {.memory_mb = 256})
        .IgnoreError();
    cloud
        .SetTriggers("ours", {Trigger{.id = "a", .function = "f"},
                              Trigger{.id = "b", .function = "f", .prefix = "p/"}})
        .value();
    ASSERT_TRUE(cloud.Close().ok());
  }
  Cloud cloud = Cloud::Open(directory, {.region = "eu-north-1"}).value();
  const Bucket hers = cloud.bucket("hers").As(As("alice"));
  const BucketInfo info = hers.Info().value();
  EXPECT_EQ(info.owner, "alice");
  EXPECT_EQ(info.options.region, "us-west-2");
  EXPECT_EQ(info.options.acl, CannedAcl::kAuthenticatedRead);
  EXPECT_EQ(hers.GetObjectAcl("k")->acl, CannedAcl::kPublicRead);
  EXPECT_EQ(hers.GetObjectAcl("changed")->acl, CannedAcl::kPublicReadWrite);
  EXPECT_EQ(cloud.bucket("ours").GetAcl()->acl, CannedAcl::kPublicReadWrite);
  EXPECT_EQ(cloud.bucket("ours").Info()->options.region, "eu-north-1");  // the Cloud's, of now
  EXPECT_EQ(cloud.ListTriggers("ours")->size(), 2u);
  const FunctionInfo function = cloud.GetFunction("f").value();
  EXPECT_FALSE(function.bound);
  EXPECT_EQ(function.options.memory_mb, 256);
  EXPECT_EQ(cloud.VerifyStore()->problems, Texts());
}

absl::Status Nothing(const Event& /*event*/, FunctionContext& /*context*/) {
  return absl::OkStatus();
}

Trigger TriggerOf(std::string id, std::string function, std::string prefix,
                  std::string bucket = "") {
  Trigger trigger;
  trigger.id = std::move(id);
  trigger.function = std::move(function);
  trigger.prefix = std::move(prefix);
  trigger.bucket = std::move(bucket);
  return trigger;
}

TEST(SetTriggers, ReplacesAllOfABucketOrNone) {
  Cloud cloud = Cloud::InMemory({.trigger_overlap = TriggerOverlap::kRefuse});
  cloud.CreateBucket("one").value();
  cloud.CreateBucket("two").value();
  cloud.AddTrigger({.id = "old", .bucket = "one", .function = "f"}).value();
  cloud.AddTrigger({.id = "other", .bucket = "two", .function = "f"}).value();
  const std::vector<Trigger> both = {TriggerOf("", "f", "a/"), TriggerOf("mine", "g", "b/", "one")};
  const auto ids = cloud.SetTriggers("one", both);
  ASSERT_TRUE(ids.ok()) << ids.status();
  EXPECT_EQ(*ids, (Texts{"trigger-1", "mine"}));
  const auto shown = [&](std::string_view bucket) {
    Texts texts;
    const std::vector<Trigger> listed = cloud.ListTriggers(bucket).value();
    for (const Trigger& trigger : listed) {
      texts.push_back(absl::StrCat(trigger.bucket, " ", trigger.id));
    }
    return texts;
  };
  const Texts now = {"one mine", "one trigger-1"};
  EXPECT_EQ(shown("one"), now);
  EXPECT_EQ(shown("two"), (Texts{"two other"}));
  EXPECT_EQ(shown(""), (Texts{"one mine", "one trigger-1", "two other"}));
  EXPECT_EQ(CodeOf(cloud.ListTriggers("three")), "NoSuchBucket");

  const Trigger good = TriggerOf("x", "f", "");
  Trigger of_nothing = TriggerOf("y", "g", "p/");
  of_nothing.events.clear();
  for (const Trigger& bad : {good, TriggerOf("y", "g", ""),  // overlaps
                             TriggerOf("y", "g", "p/", "two"), of_nothing}) {
    const std::vector<Trigger> triggers = {good, bad};
    EXPECT_EQ(CodeOf(cloud.SetTriggers("one", triggers)), "InvalidArgument");
    EXPECT_EQ(shown("one"), now);
  }
  EXPECT_EQ(CodeOf(cloud.SetTriggers("three", absl::MakeConstSpan(&good, 1))), "NoSuchBucket");
  EXPECT_EQ(CodeOf(cloud.SetTriggers("one", {})), "OK");
  EXPECT_EQ(shown("one"), Texts());
}

TEST(SetTriggers, CommitsMatchTheNewOnes) {
  Cloud cloud = Cloud::InMemory();
  Bucket bucket = cloud.CreateBucket("bkt").value();
  ASSERT_TRUE(cloud.RegisterFunction("f", Nothing, {.dispatch = Dispatch::kManual}).ok());
  ASSERT_TRUE(cloud.RegisterFunction("g", Nothing, {.dispatch = Dispatch::kManual}).ok());
  cloud.AddTrigger({.id = "t", .bucket = "bkt", .function = "f"}).value();
  cloud.SetTriggers("bkt", {Trigger{.id = "u", .function = "g"}}).value();
  bucket.Put("k", "v").value();
  ASSERT_EQ(cloud.RunUntilIdle()->runs, 1u);
  EXPECT_EQ(cloud.function_stats("f")->invocations, 0u);
  EXPECT_EQ(cloud.function_stats("g")->invocations, 1u);
}

TEST(ListFunctions, TellsWhatIsKnownOfEach) {
  Cloud cloud = Cloud::InMemory();
  EXPECT_TRUE(cloud.ListFunctions()->empty());
  ASSERT_TRUE(cloud.RegisterFunction("b", Nothing).ok());
  ASSERT_TRUE(
      cloud.RegisterFunction("a", Nothing, {.dispatch = Dispatch::kManual, .description = "one"})
          .ok());
  cloud.PublishVersion("a").value();
  ASSERT_TRUE(cloud.UpdateFunctionConfiguration("a", {.description = "two"}).ok());
  cloud.CreateAlias("a", "prod", {.version = "1"}).value();
  const std::vector<FunctionInfo> all = cloud.ListFunctions().value();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].name, "a");
  EXPECT_EQ(all[0].version, "$LATEST");
  EXPECT_EQ(all[0].options.description, "two");
  EXPECT_EQ(all[1].name, "b");
  EXPECT_TRUE(all[1].bound);
  const std::string arn = "arn:aws:lambda:us-east-1:000000000000:function:a";
  EXPECT_EQ(all[0].arn, arn);
  for (const auto& [qualifier, version, description] :
       std::vector<std::tuple<std::string, std::string, std::string>>{
           {"$LATEST", "$LATEST", "two"}, {"1", "1", "one"}, {"prod", "1", "one"}}) {
    const auto info = cloud.GetFunction("a", qualifier);
    ASSERT_TRUE(info.ok()) << info.status();
    EXPECT_EQ(info->name, "a");
    EXPECT_EQ(info->version, version);
    EXPECT_EQ(info->arn, absl::StrCat(arn, ":", qualifier));
    EXPECT_EQ(info->options.description, description);
  }
  EXPECT_EQ(CodeOf(cloud.GetFunction("c")), "ResourceNotFoundException");
  EXPECT_EQ(CodeOf(cloud.GetFunction("a", "2")), "ResourceNotFoundException");
  EXPECT_EQ(CodeOf(cloud.GetFunction("a", "test")), "ResourceNotFoundException");
}

}  // namespace
}  // namespace cloudlet
