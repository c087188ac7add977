// The invoices are right when runs fail after they have written, and when orders come together.
#include "examples/idempotent_pipeline/orders.h"

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "cloudlet/error.h"
#include "cloudlet/testing.h"
#include "gtest/gtest.h"

namespace orders {
namespace {

using cloudlet::testing::FakeCloud;

TEST(Orders, EachHasOneInvoice_AndTheBalanceAddsUp) {
  FakeCloud fake;
  ASSERT_TRUE(Install(fake.cloud()).ok());
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(PlaceOrder(fake.cloud(), i % 2 == 0 ? "ada" : "grace", std::to_string(i), 10).ok());
  }
  ASSERT_TRUE(fake.Settle().ok());
  EXPECT_EQ(Invoices(fake.cloud()).value(), 20);
  EXPECT_EQ(BalanceOf(fake.cloud(), "ada").value(), 100);
  EXPECT_EQ(BalanceOf(fake.cloud(), "grace").value(), 100);
}

TEST(Orders, ARunThatFailsHalfWay_LeavesNothing) {
  FakeCloud fake;
  ASSERT_TRUE(Install(fake.cloud()).ok());
  // The balance cannot be read, twice, when number and invoice are written already.
  auto fault = fake.Inject({.ops = {cloudlet::testing::FaultOp::kGet},
                            .key = "balance/*",
                            .times = 2,
                            .error = cloudlet::ErrorCode::kInternalError});
  ASSERT_TRUE(PlaceOrder(fake.cloud(), "ada", "1", 10).ok());
  ASSERT_TRUE(fake.RunUntilIdle().ok());
  EXPECT_EQ(Invoices(fake.cloud()).value(), 0);
  ASSERT_TRUE(fake.Settle().ok());
  EXPECT_EQ(fault.fired(), 2u);
  EXPECT_EQ(Invoices(fake.cloud()).value(), 1);
  EXPECT_EQ(BalanceOf(fake.cloud(), "ada").value(), 10);
}

}  // namespace
}  // namespace orders
