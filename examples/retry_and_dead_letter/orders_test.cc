// What the example shows, as a test of it would be written.
#include "examples/retry_and_dead_letter/orders.h"

#include <string>
#include <vector>

#include "cloudlet/testing.h"
#include "cloudlet/testing/gtest.h"
#include "cloudlet/testing/matchers.h"

namespace orders {
namespace {

using cloudlet::Bucket;
using cloudlet::ErrorCode;
using cloudlet::testing::DeliveryFaultSpec;
using cloudlet::testing::FakeCloud;
using cloudlet::testing::Fault;
using cloudlet::testing::FaultOp;
using cloudlet::testing::HasBody;
using cloudlet::testing::HasErrorCode;
using cloudlet::testing::IsOk;
using cloudlet::testing::ObjectIs;
using ::testing::AllOf;
using ::testing::HasSubstr;

class Orders : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_THAT(Install(fake_.cloud()), IsOk()); }
  Bucket In() { return fake_.cloud().bucket(kOrders); }
  Bucket Receipts() { return fake_.cloud().bucket(kReceipts); }
  std::vector<std::string> Letters() {
    std::vector<std::string> keys;
    for (const auto& letter : fake_.cloud().bucket(kDead).List())
      keys.push_back(letter.value().key);
    return keys;
  }

  FakeCloud fake_;
};

TEST_F(Orders, AreChargedAtTheSecondAttempt) {
  const Fault slow_down =
      fake_.Inject({.ops = {FaultOp::kPut}, .bucket = kReceipts, .error = ErrorCode::kSlowDown});
  ASSERT_THAT(In().Put("order-1", "12.50"), IsOk());
  ASSERT_THAT(fake_.AdvanceBy(absl::Seconds(59)), IsOk());
  EXPECT_THAT(Receipts().Get("order-1"), HasErrorCode(ErrorCode::kNoSuchKey));
  ASSERT_THAT(fake_.AdvanceBy(absl::Seconds(1)), IsOk());
  EXPECT_THAT(Receipts().Get("order-1"), ObjectIs("charged 12.50"));
  EXPECT_THAT(Letters(), ::testing::IsEmpty());
}

TEST_F(Orders, AreADeadLetterAfterThreeAttempts) {
  ASSERT_THAT(In().Put("order-2", "twelve"), IsOk());
  EXPECT_EQ(fake_.Settle().value().simulated, absl::Seconds(180));
  EXPECT_THAT(Receipts().Get("order-2"), HasErrorCode(ErrorCode::kNoSuchKey));
  ASSERT_EQ(Letters().size(), 1u);
  EXPECT_THAT(fake_.cloud().bucket(kDead).Get(Letters()[0]),
              HasBody(AllOf(HasSubstr("\"condition\":\"RetriesExhausted\""),
                            HasSubstr("\"approximateInvokeCount\":3"), HasSubstr("order-2"),
                            HasSubstr("no amount: twelve"))));
  // Mended, it is an event of its own.
  ASSERT_THAT(In().Put("order-2", "12"), IsOk());
  ASSERT_THAT(fake_.Settle(), IsOk());
  EXPECT_THAT(Receipts().Get("order-2"), ObjectIs("charged 12"));
}

TEST_F(Orders, AreChargedOnce_AlsoWhenTheEventComesTwice) {
  const Fault twice = fake_.InjectDelivery(DeliveryFaultSpec{.function = kCharge});
  ASSERT_THAT(In().Put("order-1", "12.50"), IsOk());
  EXPECT_EQ(fake_.Settle().value().runs, 2u);
  EXPECT_THAT(Letters(), ::testing::IsEmpty());
  EXPECT_THAT(Receipts().Get("order-1"), ObjectIs("charged 12.50"));
}

}  // namespace
}  // namespace orders
