// Errors leave, values stay, expressions are evaluated once.
#include "base/status_macros.h"

#include <map>
#include <memory>

#include "gtest/gtest.h"

namespace cloudlet::base {
namespace {

absl::Status Twice(int* calls, const absl::Status& first) {
  auto call = [&]() -> const absl::Status& {
    ++*calls;
    return first;
  };
  CLOUDLET_RETURN_IF_ERROR(call());
  ++*calls;
  return absl::OkStatus();
}

TEST(ReturnIfError, GoesOnWhenOk) {
  int calls = 0;
  EXPECT_TRUE(Twice(&calls, absl::OkStatus()).ok());
  EXPECT_EQ(calls, 2);
}

TEST(ReturnIfError, LeavesWithTheErrorAndEvaluatesOnce) {
  int calls = 0;
  EXPECT_EQ(Twice(&calls, absl::NotFoundError("x")), absl::NotFoundError("x"));
  EXPECT_EQ(calls, 1);
}

absl::StatusOr<int> Sum(absl::StatusOr<int> a, absl::StatusOr<std::unique_ptr<int>> b) {
  CLOUDLET_ASSIGN_OR_RETURN(const int first, a);
  std::unique_ptr<int> second;
  CLOUDLET_ASSIGN_OR_RETURN(second, std::move(b));
  return first + *second;
}

TEST(AssignOrReturn, DeclaresAndAssignsMoveOnlyValues) {
  EXPECT_EQ(*Sum(1, std::make_unique<int>(2)), 3);
}

TEST(AssignOrReturn, LeavesWithTheFirstError) {
  EXPECT_EQ(Sum(absl::NotFoundError("a"), absl::InternalError("b")).status(),
            absl::NotFoundError("a"));
  EXPECT_EQ(Sum(1, absl::InternalError("b")).status(), absl::InternalError("b"));
}

absl::StatusOr<std::map<int, int>> One() { return std::map<int, int>{{1, 2}}; }

absl::Status CommasOnTheRight(int* size) {
  CLOUDLET_ASSIGN_OR_RETURN(auto one, absl::StatusOr<std::map<int, int>>(One()));
  *size = static_cast<int>(one.size());
  return absl::OkStatus();
}

TEST(AssignOrReturn, TakesCommasOnTheRight) {
  int size = 0;
  EXPECT_TRUE(CommasOnTheRight(&size).ok());
  EXPECT_EQ(size, 1);
}

}  // namespace
}  // namespace cloudlet::base
