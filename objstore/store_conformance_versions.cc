// What holds of versions: enabled and suspended buckets, delete markers, the null version, and the
// listing of all of them.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/versioning-workflows.html
#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/random.h"
#include "base/strings.h"
#include "objstore/store_conformance.h"

namespace cloudlet::objstore {
namespace {

std::string TextOf(const VersionEntry& entry) {
  if (entry.is_prefix) return entry.key + ">";
  return absl::StrCat(entry.key, " ", entry.version_id, entry.is_delete_marker ? " marker" : "",
                      entry.is_latest ? " latest" : "");
}

}  // namespace

void StoreVersions::Set(Versioning versioning) {
  ASSERT_EQ(CodeOf(store().SetVersioning({"bkt"}, versioning)), "OK");
}

std::string StoreVersions::PutVersion(std::string_view key, std::string_view body) {
  const absl::StatusOr<PutResult> put = Put(store(), "bkt", key, body);
  EXPECT_TRUE(put.ok()) << put.status();
  return put.ok() ? put->version_id : "";
}

std::string StoreVersions::PutMarker(std::string_view key) {
  const absl::StatusOr<DeleteResult> removed = Delete(store(), "bkt", key);
  EXPECT_TRUE(removed.ok() && removed->delete_marker) << removed.status();
  return removed.ok() ? removed->version_id : "";
}

std::string StoreVersions::DeleteText(std::string_view key, std::string_view version_id) {
  DeleteOptions options;
  options.version_id = version_id;
  const absl::StatusOr<DeleteResult> removed = Delete(store(), "bkt", key, options);
  if (!removed.ok()) return CodeOf(removed);
  if (!removed->existed) return "nothing";
  return absl::StrCat(removed->delete_marker ? "marker " : "gone ", removed->version_id);
}

std::string StoreVersions::BodyAt(std::string_view key, std::string_view version_id) {
  GetOptions options;
  options.version_id = version_id;
  const absl::StatusOr<Got> got = Get(store(), "bkt", key, options);
  if (!got.ok()) return CodeOf(got);
  EXPECT_EQ(got->info.version_id, version_id);
  return got->body;
}

std::vector<std::string> StoreVersions::Versions(VersionPageOptions options) {
  std::vector<std::string> all;
  for (;;) {
    const absl::StatusOr<VersionPage> page = store().ListVersions("bkt", options, {});
    if (!page.ok()) return {CodeOf(page)};
    EXPECT_LE(page->entries.size(), options.max_keys);
    for (const VersionEntry& entry : page->entries) all.push_back(TextOf(entry));
    if (!page->is_truncated) return all;
    EXPECT_FALSE(page->entries.empty());
    options.key_marker = page->next_key_marker;
    options.version_id_marker = page->next_version_id_marker;
  }
}

TEST_P(StoreVersions, Off_NothingHasAVersionIdAndNullNamesTheObject) {
  EXPECT_EQ(PutVersion("k", "1"), "");
  EXPECT_EQ(Get(store(), "bkt", "k")->info.version_id, "");
  EXPECT_EQ(Versions(), std::vector<std::string>({"k null latest"}));
  GetOptions null;
  null.version_id = "null";
  EXPECT_EQ(Get(store(), "bkt", "k", null)->body, "1");
  EXPECT_EQ(DeleteText("k", "null"), "gone ");
  EXPECT_EQ(Body("k"), "NoSuchKey");
  EXPECT_TRUE(Versions().empty());
}

TEST_P(StoreVersions, Setting_IsShownAndNeverOffAgain) {
  EXPECT_EQ(store().HeadBucket({"bkt"})->versioning, Versioning::kOff);
  Set(Versioning::kEnabled);
  EXPECT_EQ(store().HeadBucket({"bkt"})->versioning, Versioning::kEnabled);
  EXPECT_EQ(store().ListBuckets({})->front().versioning, Versioning::kEnabled);
  EXPECT_EQ(CodeOf(store().SetVersioning({"bkt"}, Versioning::kOff)), "InvalidArgument");
  EXPECT_EQ(CodeOf(store().SetVersioning({"bkt"}, static_cast<Versioning>(7))), "InvalidArgument");
  EXPECT_EQ(store().HeadBucket({"bkt"})->versioning, Versioning::kEnabled);
  Set(Versioning::kSuspended);
  Set(Versioning::kEnabled);
  EXPECT_EQ(CodeOf(store().SetVersioning({"none"}, Versioning::kEnabled)), "NoSuchBucket");
  Caller stranger;
  stranger.principal = "somebody-else";
  EXPECT_EQ(CodeOf(store().SetVersioning({"bkt", stranger}, Versioning::kSuspended)),
            "AccessDenied");
  EXPECT_EQ(store().HeadBucket({"bkt"})->versioning, Versioning::kEnabled);
}

TEST_P(StoreVersions, Enabled_EveryPutIsAVersionThatStays) {
  Set(Versioning::kEnabled);
  const std::string one = PutVersion("k", "1");
  const std::string two = PutVersion("k", std::string(100'000, '2'));
  const std::string three = PutVersion("k", "3");
  EXPECT_NE(one, two);
  EXPECT_NE(two, three);
  EXPECT_EQ(Body("k"), "3");
  EXPECT_EQ(Get(store(), "bkt", "k")->info.version_id, three);
  EXPECT_EQ(BodyAt("k", one), "1");
  EXPECT_EQ(BodyAt("k", two), std::string(100'000, '2'));
  EXPECT_EQ(BodyAt("k", three), "3");
  EXPECT_EQ(Listed(), std::vector<std::string>({"k"}));
  EXPECT_EQ(Versions(),
            std::vector<std::string>({"k " + three + " latest", "k " + two, "k " + one}));
}

TEST_P(StoreVersions, WhatWasThereBefore_IsTheNullVersion) {
  PutVersion("k", "old");
  Set(Versioning::kEnabled);
  EXPECT_EQ(Get(store(), "bkt", "k")->info.version_id, "null");
  const std::string one = PutVersion("k", "new");
  EXPECT_EQ(BodyAt("k", "null"), "old");
  EXPECT_EQ(Versions(), std::vector<std::string>({"k " + one + " latest", "k null"}));
  EXPECT_EQ(DeleteText("k", "null"), "gone null");
  EXPECT_EQ(BodyAt("k", "null"), "NoSuchVersion");
  EXPECT_EQ(Versions(), std::vector<std::string>({"k " + one + " latest"}));
}

TEST_P(StoreVersions, Marker_HidesTheObjectAndItsEndRestoresIt) {
  Set(Versioning::kEnabled);
  const std::string one = PutVersion("k", "1");
  const std::string marker = PutMarker("k");
  EXPECT_EQ(Body("k"), "NoSuchKey");
  EXPECT_TRUE(Listed().empty());
  EXPECT_EQ(BodyAt("k", one), "1");
  EXPECT_EQ(BodyAt("k", marker), "MethodNotAllowed");
  EXPECT_EQ(Versions(), std::vector<std::string>({"k " + marker + " marker latest", "k " + one}));
  EXPECT_EQ(DeleteText("k", marker), "marker " + marker);
  EXPECT_EQ(Body("k"), "1");
  EXPECT_EQ(Listed(), std::vector<std::string>({"k"}));
  EXPECT_EQ(Versions(), std::vector<std::string>({"k " + one + " latest"}));
}

TEST_P(StoreVersions, Marker_IsMadeOfNothingAndOverAnother) {
  Set(Versioning::kEnabled);
  const std::string first = PutMarker("k");
  const std::string second = PutMarker("k");
  EXPECT_EQ(Versions(),
            std::vector<std::string>({"k " + second + " marker latest", "k " + first + " marker"}));
  EXPECT_EQ(DeleteText("k", second), "marker " + second);
  EXPECT_EQ(Versions(), std::vector<std::string>({"k " + first + " marker latest"}));
  EXPECT_EQ(DeleteText("k", first), "marker " + first);
  EXPECT_TRUE(Versions().empty());
  EXPECT_EQ(CodeOf(store().DeleteBucket("bkt", {})), "OK");
}

TEST_P(StoreVersions, DeletedVersion_LetsTheNextOneBeCurrent) {
  Set(Versioning::kEnabled);
  const std::string one = PutVersion("k", "1");
  const std::string two = PutVersion("k", "2");
  const std::string three = PutVersion("k", "3");
  EXPECT_EQ(DeleteText("k", two), "gone " + two);
  EXPECT_EQ(Body("k"), "3");
  EXPECT_EQ(DeleteText("k", three), "gone " + three);
  EXPECT_EQ(Body("k"), "1");
  EXPECT_EQ(DeleteText("k", three), "nothing");
  EXPECT_EQ(CodeOf(store().DeleteBucket("bkt", {})), "BucketNotEmpty");
  EXPECT_EQ(DeleteText("k", one), "gone " + one);
  EXPECT_EQ(Body("k"), "NoSuchKey");
  EXPECT_TRUE(Versions().empty());
}

TEST_P(StoreVersions, DeletedVersion_UnderAMarkerRestoresNothing) {
  Set(Versioning::kEnabled);
  const std::string one = PutVersion("k", "1");
  const std::string two = PutVersion("k", "2");
  const std::string marker = PutMarker("k");
  EXPECT_EQ(DeleteText("k", two), "gone " + two);
  EXPECT_EQ(Body("k"), "NoSuchKey");
  EXPECT_EQ(Versions(), std::vector<std::string>({"k " + marker + " marker latest", "k " + one}));
  // A deleted current version over a marker leaves the marker.
  const std::string three = PutVersion("k", "3");
  EXPECT_EQ(DeleteText("k", three), "gone " + three);
  EXPECT_EQ(Body("k"), "NoSuchKey");
}

TEST_P(StoreVersions, Suspended_PutsReplaceTheNullVersionAlone) {
  Set(Versioning::kEnabled);
  const std::string one = PutVersion("k", "1");
  Set(Versioning::kSuspended);
  EXPECT_EQ(PutVersion("k", std::string(80'000, 'a')), "null");
  EXPECT_EQ(PutVersion("k", std::string(80'000, 'b')), "null");
  EXPECT_EQ(Versions(), std::vector<std::string>({"k null latest", "k " + one}));
  EXPECT_EQ(BodyAt("k", "null"), std::string(80'000, 'b'));
  Set(Versioning::kEnabled);
  const std::string two = PutVersion("k", "2");
  EXPECT_EQ(Versions(), std::vector<std::string>({"k " + two + " latest", "k null", "k " + one}));
  Set(Versioning::kSuspended);
  EXPECT_EQ(PutVersion("k", "n"), "null");  // the one two below is replaced
  EXPECT_EQ(Versions(), std::vector<std::string>({"k null latest", "k " + two, "k " + one}));
  EXPECT_EQ(DeleteText("k", "null"), "gone null");
  EXPECT_EQ(Body("k"), "2");
}

TEST_P(StoreVersions, Suspended_DeletesPutANullMarkerInPlaceOfTheNullVersion) {
  Set(Versioning::kEnabled);
  const std::string one = PutVersion("k", "1");
  Set(Versioning::kSuspended);
  PutVersion("k", "null");
  EXPECT_EQ(DeleteText("k"), "marker null");
  EXPECT_EQ(Versions(), std::vector<std::string>({"k null marker latest", "k " + one}));
  EXPECT_EQ(BodyAt("k", "null"), "MethodNotAllowed");
  EXPECT_EQ(DeleteText("k"), "marker null");
  EXPECT_EQ(Versions(), std::vector<std::string>({"k null marker latest", "k " + one}));
  EXPECT_EQ(PutVersion("k", "again"), "null");
  EXPECT_EQ(Versions(), std::vector<std::string>({"k null latest", "k " + one}));
  EXPECT_EQ(DeleteText("k"), "marker null");
  EXPECT_EQ(DeleteText("k", "null"), "marker null");
  EXPECT_EQ(Body("k"), "1");
}

TEST_P(StoreVersions, UnknownAndMalformedIds_AnswerAndChangeNothing) {
  Set(Versioning::kEnabled);
  const std::string one = PutVersion("k", "1");
  const std::string other = PutVersion("other", "2");
  for (const std::string& id :
       {std::string("x"), one + "0", one.substr(1), std::string("Null"), std::string(16, '0'),
        std::string(16, 'G'), std::string("\0", 1), std::string(2000, 'a')}) {
    GetOptions get;
    get.version_id = id;
    EXPECT_EQ(GetCode("k", get), "InvalidArgument") << base::Quoted(id);
    EXPECT_EQ(DeleteText("k", id), "InvalidArgument") << base::Quoted(id);
  }
  EXPECT_EQ(BodyAt("k", other), "NoSuchVersion");
  EXPECT_EQ(BodyAt("k", "null"), "NoSuchVersion");
  EXPECT_EQ(BodyAt("absent", one), "NoSuchVersion");
  EXPECT_EQ(DeleteText("k", other), "nothing");
  EXPECT_EQ(DeleteText("k", "null"), "nothing");
  EXPECT_EQ(Versions(),
            std::vector<std::string>({"k " + one + " latest", "other " + other + " latest"}));
}

TEST_P(StoreVersions, Conditions_SpeakOfTheCurrentObjectOrOfTheVersionNamed) {
  Set(Versioning::kEnabled);
  PutOptions absent;
  absent.if_none_match = "*";
  EXPECT_EQ(PutCode("k", "1", absent), "OK");
  EXPECT_EQ(PutCode("k", "2", absent), "PreconditionFailed");
  const std::string one = Get(store(), "bkt", "k")->info.version_id;
  PutMarker("k");
  PutOptions match;
  match.if_match = Md5Hex("1");
  EXPECT_EQ(PutCode("k", "2", match), "NoSuchKey");
  EXPECT_EQ(PutCode("k", "3", absent), "OK");  // over a marker
  DeleteOptions removal;
  removal.version_id = one;
  removal.if_match = Md5Hex("3");
  EXPECT_EQ(DeleteCode("k", removal), "PreconditionFailed");
  removal.if_match = Md5Hex("1");
  EXPECT_EQ(DeleteCode("k", removal), "OK");
  GetOptions get;
  get.version_id = Get(store(), "bkt", "k")->info.version_id;
  get.if_none_match = Md5Hex("3");
  EXPECT_TRUE(Get(store(), "bkt", "k", get)->not_modified);
}

TEST_P(StoreVersions, ManyDeletesInOneRequest_MayNameOneKeyOften) {
  Set(Versioning::kEnabled);
  std::vector<DeleteOptions> options(40);
  for (DeleteOptions& each : options) each.version_id = PutVersion("k", "x");
  std::vector<Mutation> mutations;
  for (const DeleteOptions& each : options) {
    mutations.emplace_back(DeleteMutation{"bkt", "k", &each});
  }
  for (const auto& verdict : store().Mutate({absl::MakeSpan(mutations)})) {
    EXPECT_TRUE(verdict.ok() && std::get<DeleteResult>(*verdict).existed) << verdict.status();
  }
  EXPECT_TRUE(Versions().empty());
  // At one moment they cannot: nothing is done then.
  const PutOptions put;
  mutations.clear();
  for (int i = 0; i < 2; ++i)
    mutations.emplace_back(PutMutation{"bkt", "k", absl::Cord("x"), &put});
  MutateRequest together{absl::MakeSpan(mutations)};
  together.together = Together::kAllOrNothing;
  for (const auto& verdict : store().Mutate(together)) EXPECT_FALSE(verdict.ok());
  EXPECT_TRUE(Versions().empty());
}

TEST_P(StoreVersions, List_PagesEverywhereGiveTheSame) {
  Set(Versioning::kEnabled);
  for (const char* key : {"a", "a/1", "a/2", "b", "c/x/1", "c/x/2", "c/y"}) {
    PutVersion(key, "1");
    PutVersion(key, "2");
    if (key[0] != 'b') PutMarker(key);
  }
  PutVersion(std::string("a\0b", 3), "zero");
  for (const char* prefix : {"", "a", "a/", "c/", "c/x", "zz"}) {
    for (const char* delimiter : {"", "/", "x/"}) {
      VersionPageOptions options;
      options.prefix = prefix;
      options.delimiter = delimiter;
      const std::vector<std::string> whole = Versions(options);
      for (options.max_keys = 1; options.max_keys < 9; ++options.max_keys) {
        EXPECT_EQ(Versions(options), whole)
            << prefix << " by " << delimiter << " pages of " << options.max_keys;
      }
    }
  }
  VersionPageOptions rolled;
  rolled.delimiter = "/";
  const std::vector<std::string> shown = Versions(rolled);
  EXPECT_EQ(std::count(shown.begin(), shown.end(), "a/>"), 1);
  EXPECT_EQ(std::count(shown.begin(), shown.end(), "c/>"), 1);
  EXPECT_EQ(shown.size(), 3u + 1u + 1u + 2u + 1u);  // a, a\0b, a/>, b, c/>
}

TEST_P(StoreVersions, List_MarkersAreCheckedAndMayNameWhatIsGone) {
  Set(Versioning::kEnabled);
  const std::string one = PutVersion("k", "1");
  const std::string two = PutVersion("k", "2");
  const std::string three = PutVersion("k", "3");
  PutVersion("l", "4");
  VersionPageOptions options;
  options.version_id_marker = one;
  EXPECT_EQ(Versions(options), std::vector<std::string>({"InvalidArgument"}));
  options.key_marker = "k";
  options.version_id_marker = "bad";
  EXPECT_EQ(Versions(options), std::vector<std::string>({"InvalidArgument"}));
  options.version_id_marker = two;
  DeleteText("k", two);
  ASSERT_EQ(Versions(options).size(), 2u);
  EXPECT_EQ(Versions(options)[0], "k " + one);
  options.version_id_marker.clear();
  ASSERT_EQ(Versions(options).size(), 1u);
  EXPECT_EQ(Versions(options)[0].substr(0, 2), "l ");
  options.max_keys = 0;
  EXPECT_TRUE(Versions(options).empty());
}

TEST_P(StoreVersions, EveryKeyHasItsOwnVersions) {
  Set(Versioning::kEnabled);
  const std::vector<std::string> keys = Fill(NastyKeys());
  std::map<std::string, std::string> second;
  for (const std::string& key : keys) second[key] = PutVersion(key, key);
  std::vector<std::string> want;
  for (const std::string& key : keys) {
    EXPECT_EQ(BodyAt(key, second[key]), key) << base::Quoted(key);
    want.push_back("k " + second[key] + " latest");
  }
  std::vector<std::string> latest;
  VersionPageOptions options;
  options.max_keys = 7;
  for (const std::string& text : Versions(options)) {
    if (text.size() > 7 && text.compare(text.size() - 7, 7, " latest") == 0) {
      latest.push_back("k" + text.substr(text.size() - 7 - 17));
    }
  }
  EXPECT_EQ(latest, want);
}

// Against a plain model: a list of versions per key.
TEST_P(StoreVersions, RandomHistories_AgreeWithTheModel) {
  struct Version {
    std::string id;
    bool marker = false;
    std::string body;
  };
  const uint64_t seed = base::RandomSeed();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  base::Random random(seed);
  std::map<std::string, std::vector<Version>> model;  // newest first
  Versioning versioning = Versioning::kOff;
  const auto replace_null = [&](std::vector<Version>& versions) {
    versions.erase(std::remove_if(versions.begin(), versions.end(),
                                  [](const Version& v) { return v.id == "null"; }),
                   versions.end());
  };
  for (int step = 0; step < 600; ++step) {
    const std::string key(1, static_cast<char>('a' + random.Below(3)));
    std::vector<Version>& versions = model[key];
    switch (random.Below(10)) {
      case 0:
        if (step < 40) break;
        versioning = random.Below(2) == 0 ? Versioning::kEnabled : Versioning::kSuspended;
        Set(versioning);
        break;
      case 1:
      case 2:
      case 3:
      case 4: {
        const std::string body = Bytes(random.Below(5) == 0 ? 3000 : 10, random.Next());
        const std::string id = PutVersion(key, body);
        if (versioning != Versioning::kEnabled) replace_null(versions);
        versions.insert(versions.begin(), {id.empty() ? "null" : id, false, body});
        break;
      }
      case 5:
      case 6: {
        const absl::StatusOr<DeleteResult> removed = Delete(store(), "bkt", key);
        ASSERT_TRUE(removed.ok()) << removed.status();
        if (versioning != Versioning::kEnabled) replace_null(versions);
        if (versioning == Versioning::kOff) break;
        ASSERT_TRUE(removed->delete_marker);
        versions.insert(versions.begin(), {removed->version_id, true, ""});
        break;
      }
      default: {
        if (versions.empty()) break;
        const auto at =
            versions.begin() + static_cast<std::ptrdiff_t>(random.Below(versions.size()));
        ASSERT_NE(DeleteText(key, at->id), "nothing");
        versions.erase(at);
        break;
      }
    }
    const bool there = !versions.empty() && !versions.front().marker;
    ASSERT_EQ(Body(key), there ? versions.front().body : "NoSuchKey") << "step " << step;
  }
  std::vector<std::string> want;
  for (const auto& [key, versions] : model) {
    for (size_t i = 0; i < versions.size(); ++i) {
      want.push_back(absl::StrCat(key, " ", versions[i].id, versions[i].marker ? " marker" : "",
                                  i == 0 ? " latest" : ""));
      GetOptions options;
      options.version_id = versions[i].id;
      if (versions[i].marker) continue;
      EXPECT_EQ(Get(store(), "bkt", key, options)->body, versions[i].body);
    }
  }
  EXPECT_EQ(Versions(), want);
}

TEST_P(StoreVersions, Reopened_AllIsAsItWas) {
  if (GetParam().reopen == nullptr) GTEST_SKIP() << "the store keeps nothing";
  PutVersion("old", "0");
  Set(Versioning::kEnabled);
  PutVersion("k", "1");
  PutVersion("k", std::string(200'000, '2'));
  PutVersion("old", "1");
  PutMarker("k");
  const std::vector<std::string> before = Versions();
  ASSERT_EQ(before.size(), 5u);
  ASSERT_TRUE(GetParam().reopen(store()).ok());
  EXPECT_EQ(store().HeadBucket({"bkt"})->versioning, Versioning::kEnabled);
  EXPECT_EQ(Versions(), before);
  EXPECT_EQ(BodyAt("old", "null"), "0");
}

}  // namespace cloudlet::objstore
