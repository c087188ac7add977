// A function that fails: its retries, and the dead letter at their end, in simulated time.
//
//   bazel run //examples/retry_and_dead_letter
//
// With Cloud::Open in place of the FakeCloud the same happens in real time, after a restart too.
#include <iostream>

#include "cloudlet/testing.h"
#include "examples/retry_and_dead_letter/orders.h"

int main() {
  cloudlet::testing::FakeCloud fake;
  cloudlet::Cloud& cloud = fake.cloud();
  if (const absl::Status installed = orders::Install(cloud); !installed.ok()) {
    std::cerr << installed << "\n";
    return 1;
  }
  const cloudlet::Bucket inbox = cloud.bucket(orders::kOrders);
  // The first write of a receipt is refused: order 1 needs a second attempt. No attempt helps
  // order 2.
  const auto slow_down = fake.Inject({.ops = {cloudlet::testing::FaultOp::kPut},
                                      .bucket = orders::kReceipts,
                                      .error = cloudlet::ErrorCode::kSlowDown});
  inbox.Put("order-1", "12.50").value();
  inbox.Put("order-2", "twelve").value();
  fake.Settle().value();
  std::cout << fake.log().ToText();
  const cloudlet::Bucket dead = cloud.bucket(orders::kDead);
  for (const auto& letter : dead.List()) {
    std::cout << "\n" << letter.value().key << "\n" << dead.Get(letter->key).value().body << "\n";
  }
}
