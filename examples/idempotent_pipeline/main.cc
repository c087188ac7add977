// A pipeline with exactly-once effects: orders become invoices with numbers that have no gap, and
// balances that add up, however often an event is delivered and whenever the process dies.
//
//   idempotent_pipeline [directory]
//
// With a directory it goes on where it was, also after kill -9: the balance is a multiple of 250
// after every run. The function and why it is right: orders.cc.
#include <iostream>
#include <string>

#include "cloudlet/cloud.h"
#include "examples/idempotent_pipeline/orders.h"

int main(int argc, char** argv) {
  absl::StatusOr<cloudlet::Cloud> cloud =
      argc > 1 ? cloudlet::Cloud::Open(argv[1])
               : absl::StatusOr<cloudlet::Cloud>(cloudlet::Cloud::InMemory());
  if (!cloud.ok()) {
    std::cerr << cloud.status() << "\n";
    return 1;
  }
  absl::Status status = orders::Install(*cloud);
  for (int i = 0; status.ok() && i < 10; ++i) {
    status = orders::PlaceOrder(*cloud, "ada", std::to_string(i), 250);
  }
  if (status.ok()) status = cloud->WaitIdle();
  if (!status.ok()) {
    std::cerr << status << "\n";
    return 1;
  }
  std::cout << orders::Invoices(*cloud).value() << " invoices, balance "
            << orders::BalanceOf(*cloud, "ada").value() << "\n";
}
