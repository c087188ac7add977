// Stored bytes over time: what each kind of change does to them, and that a store which had objects
// when it was opened counts them.
#include "objstore/stored_bytes.h"

#include <string>

#include "absl/time/time.h"
#include "cloudlet/bucket.h"
#include "gtest/gtest.h"
#include "objstore/store_testing.h"

namespace cloudlet::objstore {
namespace {

class Stored : public ::testing::Test {
 protected:
  // Bytes now: those that an hour more adds.
  double Now() {
    const double before = Hours();
    test_.clock->Advance(absl::Hours(1));
    return Hours() - before;
  }
  double Hours() { return test_.store->StoredByteHours().value(); }

  TestStore test_;
  ObjectStore& store_ = *test_.store;
};

TEST_F(Stored, IsTheIntegralOfTheSizes) {
  EXPECT_EQ(Hours(), 0);
  ASSERT_TRUE(Put(store_, "bkt", "a", std::string(1000, 'x')).ok());
  EXPECT_EQ(Hours(), 0);
  test_.clock->Advance(absl::Minutes(30));
  EXPECT_EQ(Hours(), 500);
  ASSERT_TRUE(Put(store_, "bkt", "a", std::string(200, 'x')).ok());
  test_.clock->Advance(absl::Hours(2));
  EXPECT_EQ(Hours(), 900);
  ASSERT_TRUE(Delete(store_, "bkt", "a").ok());
  test_.clock->Advance(absl::Hours(100));
  EXPECT_EQ(Hours(), 900);
}

TEST_F(Stored, EachKindOfChange) {
  ASSERT_TRUE(Put(store_, "bkt", "a", std::string(100, 'x')).ok());
  EXPECT_EQ(Now(), 100);
  ASSERT_TRUE(Copy(store_, {.key = "a"}, "bkt", "b").ok());
  EXPECT_EQ(Now(), 200);
  ASSERT_TRUE(Rename(store_, "bkt", "b", "c").ok());
  EXPECT_EQ(Now(), 200);
  ASSERT_TRUE(Rename(store_, "bkt", "c", "a").ok());  // in place of another
  EXPECT_EQ(Now(), 100);
  ASSERT_TRUE(Append(store_, "bkt", "a", std::string(11, 'y')).ok());
  EXPECT_EQ(Now(), 111);
  ASSERT_TRUE(Append(store_, "bkt", "new", std::string(5, 'y')).ok());
  EXPECT_EQ(Now(), 116);
  ASSERT_TRUE(SetTags(store_, "bkt", "a", {{"k", "v"}}).ok());
  EXPECT_EQ(Now(), 116);
  ASSERT_TRUE(Put(store_, "bkt", "big", std::string(100'000, 'x')).ok());
  ASSERT_TRUE(Copy(store_, {.key = "big"}, "bkt", "big2").ok());
  EXPECT_EQ(Now(), 200'116);
  ASSERT_TRUE(Delete(store_, "bkt", "big").ok());
  ASSERT_TRUE(Delete(store_, "bkt", "none").ok());
  EXPECT_EQ(Now(), 100'116);
}

TEST_F(Stored, VersionsCountUntilTheyAreGone) {
  ASSERT_TRUE(store_.SetVersioning({"bkt", {}, nullptr}, Versioning::kEnabled).ok());
  const auto first = Put(store_, "bkt", "a", "12345");
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(Put(store_, "bkt", "a", "123").ok());
  EXPECT_EQ(Now(), 8);
  const auto marker = Delete(store_, "bkt", "a");
  ASSERT_TRUE(marker.ok());
  EXPECT_EQ(Now(), 8);
  ASSERT_TRUE(Delete(store_, "bkt", "a", {.version_id = marker->version_id}).ok());
  EXPECT_EQ(Now(), 8);
  ASSERT_TRUE(Delete(store_, "bkt", "a", {.version_id = first->version_id}).ok());
  EXPECT_EQ(Now(), 3);
}

TEST_F(Stored, AStoreThatHadObjectsCountsThem) {
  ASSERT_TRUE(store_.SetVersioning({"bkt", {}, nullptr}, Versioning::kEnabled).ok());
  ASSERT_TRUE(Put(store_, "bkt", "a", "12345").ok());
  ASSERT_TRUE(Put(store_, "bkt", "a", "123").ok());
  ASSERT_TRUE(test_.store->Reopen().ok());
  test_.clock->Advance(absl::Hours(1));
  ASSERT_TRUE(Put(store_, "bkt", "b", "12").ok());
  test_.clock->Advance(absl::Hours(1));
  EXPECT_EQ(Hours(), 8 * 2 + 2);  // asked for late, and since the reopen all the same
  EXPECT_EQ(Now(), 10);
}

}  // namespace
}  // namespace cloudlet::objstore
