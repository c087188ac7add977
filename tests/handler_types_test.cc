// Which callables are handlers, at compile time: one that takes a payload and returns a Status
// would pass for a PayloadFunction whose OK is no answer, and is refused.
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cloudlet/cloud.h"
#include "gtest/gtest.h"

namespace cloudlet {
namespace {

template <typename F, typename = void>
constexpr bool kIsHandler = false;
template <typename F>
constexpr bool kIsHandler<
    F, std::void_t<decltype(std::declval<Cloud&>().RegisterFunction("f", std::declval<F>()))>> =
    true;

const auto kTakesEvent = [](const Event&, FunctionContext&) { return absl::OkStatus(); };
const auto kTakesPayload = [](std::string_view payload, FunctionContext&) {
  return absl::StatusOr<std::string>(std::string(payload));
};
const auto kMakes = []() -> absl::StatusOr<PayloadFunction> { return kTakesPayload; };
[[maybe_unused]] const auto kForgetsItsAnswer = [](std::string_view, FunctionContext&) {
  return absl::OkStatus();
};
[[maybe_unused]] const auto kKeepsState = [count = 0](std::string_view, FunctionContext&) mutable {
  return ++count > 1 ? absl::OkStatus() : absl::InternalError("first");
};
[[maybe_unused]] const auto kNothing = [](const Event&, FunctionContext&) {};
[[maybe_unused]] const auto kNoContext = [](const Event&) { return absl::OkStatus(); };

[[maybe_unused]] absl::Status TakesPayloadByName(std::string_view /*payload*/,
                                                 FunctionContext& /*context*/) {
  return absl::OkStatus();
}

static_assert(kIsHandler<decltype(kTakesEvent)>);
static_assert(kIsHandler<decltype(kTakesPayload)>);
static_assert(kIsHandler<decltype(kMakes)>);
static_assert(kIsHandler<Function>);
static_assert(kIsHandler<PayloadFunction>);
static_assert(kIsHandler<FunctionFactory>);

static_assert(!kIsHandler<decltype(kForgetsItsAnswer)>);
static_assert(!kIsHandler<std::remove_const_t<decltype(kKeepsState)>>);
static_assert(!kIsHandler<decltype(&TakesPayloadByName)>);
static_assert(!kIsHandler<decltype(kNothing)>);
static_assert(!kIsHandler<decltype(kNoContext)>);
static_assert(!kIsHandler<int>);

// What the assertions above are worth: without the refusal it would compile, as a PayloadFunction.
static_assert(std::is_convertible_v<decltype(kForgetsItsAnswer), PayloadFunction>);

TEST(HandlerTypesTest, EachKindIsRegisteredAsWhatItIs) {
  Cloud cloud = Cloud::InMemory();
  ASSERT_TRUE(cloud.RegisterFunction("event", kTakesEvent).ok());
  ASSERT_TRUE(cloud.RegisterFunction("payload", kTakesPayload).ok());
  ASSERT_TRUE(cloud.RegisterFunction("factory", kMakes).ok());
  EXPECT_EQ(cloud.Invoke("event", "1")->payload, "null");
  EXPECT_EQ(cloud.Invoke("payload", "1")->payload, "1");
  EXPECT_EQ(cloud.Invoke("factory", "1")->payload, "1");
  EXPECT_EQ(cloud.function_stats("factory")->cold_starts, 1u);
}

}  // namespace
}  // namespace cloudlet
