// See orders.h.
#include "examples/idempotent_pipeline/orders.h"

#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "cloudlet/error.h"

namespace orders {
namespace {

using cloudlet::Bucket;
using cloudlet::Cloud;
using cloudlet::Event;
using cloudlet::FunctionContext;

// The number in an object, 0 where there is none.
absl::StatusOr<int64_t> NumberIn(const Bucket& bucket, const std::string& key) {
  const absl::StatusOr<cloudlet::GetResult> got = bucket.Get(key);
  if (cloudlet::IsNoSuchKey(got.status())) return 0;
  if (!got.ok()) return got.status();
  int64_t number = 0;
  if (absl::SimpleAtoi(std::string(got->body), &number)) return number;
  return absl::DataLossError(absl::StrCat(key, " holds no number"));
}

// Read, add, write: right only because all of it is one transaction.
absl::StatusOr<int64_t> Add(const Bucket& bucket, const std::string& key, int64_t more) {
  absl::StatusOr<int64_t> number = NumberIn(bucket, key);
  if (!number.ok()) return number;
  *number += more;
  const auto put = bucket.Put(key, std::to_string(*number));
  if (!put.ok()) return put.status();
  return number;
}

absl::Status MakeInvoice(const Event& event, FunctionContext& context) {
  const absl::StatusOr<int64_t> cents = NumberIn(context.bucket("orders"), event.key);
  if (!cents.ok()) return cents.status();
  const std::string customer = event.key.substr(0, event.key.find('/'));
  const Bucket books = context.bucket("books");
  const absl::StatusOr<int64_t> number = Add(books, "invoices", 1);
  if (!number.ok()) return number.status();
  const auto invoice =
      books.Put(absl::StrCat("invoice/", *number), absl::StrCat(event.key, " ", *cents));
  if (!invoice.ok()) return invoice.status();
  return Add(books, absl::StrCat("balance/", customer), *cents).status();
}

}  // namespace

absl::Status Install(Cloud& cloud) {
  for (const char* name : {"orders", "books"}) {
    const auto made = cloud.EnsureBucket(name);
    if (!made.ok()) return made.status();
  }
  cloudlet::FunctionOptions options;
  options.transactional = true;
  // Every run takes the next number: side by side they would only conflict.
  options.reserved_concurrency = 1;
  options.when_throttled = cloudlet::WhenThrottled::kWaitInTurn;
  const absl::Status registered = cloud.RegisterFunction("make-invoice", MakeInvoice, options);
  if (!registered.ok()) return registered;
  return cloud
      .AddTrigger({.id = "make-invoice",
                   .bucket = "orders",
                   .function = "make-invoice",
                   .events = {cloudlet::EventType::kObjectCreated}})
      .status();
}

absl::Status PlaceOrder(Cloud& cloud, std::string_view customer, std::string_view order,
                        int64_t cents) {
  const std::string key = std::string(customer) + "/" + std::string(order);
  return cloud.bucket("orders").Put(key, std::to_string(cents)).status();
}

absl::StatusOr<int64_t> BalanceOf(Cloud& cloud, std::string_view customer) {
  return NumberIn(cloud.bucket("books"), "balance/" + std::string(customer));
}

absl::StatusOr<int64_t> Invoices(Cloud& cloud) {
  return NumberIn(cloud.bucket("books"), "invoices");
}

}  // namespace orders
