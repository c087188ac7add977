// What an error says at the boundary.
#include "objstore/annotate.h"

#include <string>

#include "cloudlet/error.h"
#include "gtest/gtest.h"
#include "objstore/store_testing.h"

namespace cloudlet::objstore {
namespace {

TEST(Annotate, NamesVerbBucketAndKey_AndKeepsTheCode) {
  const absl::Status status =
      Annotate(MakeError(ErrorCode::kNoSuchKey, "gone"), "get", "photos", "cat.jpg");
  EXPECT_EQ(status.message(), "get \"photos/cat.jpg\": NoSuchKey: gone");
  EXPECT_EQ(ErrorCodeOf(status), ErrorCode::kNoSuchKey);
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
}

TEST(Annotate, LeavesOutWhatIsEmpty) {
  EXPECT_EQ(Annotate(absl::DataLossError("x"), "list", "photos").message(), "list \"photos\": x");
  EXPECT_EQ(Annotate(absl::DataLossError("x"), "sync", "").message(), "sync: x");
  EXPECT_TRUE(Annotate(absl::OkStatus(), "get", "b", "k").ok());
}

TEST(Annotate, KeyIsEscapedAndCut) {
  const std::string shown(
      Annotate(absl::DataLossError("x"), "get", "b", std::string(1000, '\n')).message());
  EXPECT_EQ(shown.find('\n'), std::string::npos);
  EXPECT_LT(shown.size(), 400u);
}

TEST(Annotate, UnavailableWithoutACode_IsServiceUnavailable) {
  const absl::Status status = Annotate(absl::UnavailableError("latched"), "put", "b", "k");
  EXPECT_TRUE(IsReadOnly(status)) << status;
  EXPECT_EQ(CodeOf(Annotate(absl::DataLossError("x"), "put", "b", "k")), "DATA_LOSS");
}

}  // namespace
}  // namespace cloudlet::objstore
