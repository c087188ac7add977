// Which requests may share a response: RFC 9111 section 4.1.
#include "edge/variants.h"

#include <string_view>

#include "edge/stored_testing.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

TEST(VariantsTest, WhoMatches) {
  struct Case {
    HttpHeaders response;
    HttpHeaders first;
    HttpHeaders second;
    bool matches;
  };
  const HttpHeader by_foo = {"Vary", "Foo"};
  const HttpHeader by_two = {"Vary", "Foo, Bar"};
  const HttpHeader by_language = {"Vary", "Accept-Language"};
  const auto language = [](std::string_view value) {
    HttpHeaders headers;
    headers.Add("Accept-Language", value);
    return headers;
  };
  const Case cases[] = {
      {{}, {{"Foo", "1"}}, {{"Foo", "2"}}, true},
      {{{"Vary", ""}}, {{"Foo", "1"}}, {{"Foo", "2"}}, true},
      {{by_foo}, {{"Foo", "1"}, {"X", "2"}}, {{"foo", "1"}, {"X", "3"}}, true},
      {{by_foo}, {{"Foo", "1"}}, {{"Foo", "2"}}, false},
      {{by_foo}, {{"Foo", "a"}}, {{"Foo", "A"}}, false},
      {{by_foo}, {}, {}, true},
      {{by_foo}, {}, {{"Foo", "1"}}, false},
      {{by_foo}, {{"Foo", "1"}}, {}, false},
      {{by_foo}, {{"Foo", ""}}, {}, false},
      {{by_foo}, {{"Foo", "1, 2"}}, {{"Foo", "1"}, {"Foo", "2"}}, true},
      {{by_foo}, {{"Foo", "1,2"}}, {{"Foo", " 1,  2"}}, true},
      {{by_foo}, {{"Foo", "1,2"}}, {{"Foo", "2,1"}}, false},
      {{by_foo}, {{"Foo", "\"1, 2\""}}, {{"Foo", "\"1,2\""}}, false},
      {{by_two}, {{"Foo", "1"}, {"Bar", "a"}}, {{"Bar", "a"}, {"Foo", "1"}}, true},
      {{by_two}, {{"Foo", "1"}, {"Bar", "a"}}, {{"Foo", "1"}}, false},
      {{by_foo, {"vary", "BAR"}},
       {{"Foo", "1"}, {"Bar", "a"}},
       {{"Foo", "1"}, {"Bar", "b"}},
       false},
      // Languages: order, case and space do not count, weights do.
      {{by_language}, language("en, de"), language(" DE ,eN"), true},
      {{by_language}, language("en;q=0.5, de"), language("de;q=1.0, en;Q=0.50"), true},
      {{by_language}, language("en;q=0.5, de"), language("en, de;q=0.5"), false},
      {{by_language}, language("en;q=x, de"), language("en, de"), false},
      // What is in the language that a request prefers to all others is what it would be given.
      {{by_language, {"Content-Language", "de"}},
       language("en, de"),
       language("fr;q=.5, de"),
       true},
      {{by_language, {"Content-Language", "De"}},
       language("en, de"),
       language("DE, fr;q=0.9"),
       true},
      {{by_language, {"Content-Language", "de"}}, language("en, de"), language("fr, de"), false},
      {{by_language, {"Content-Language", "de"}},
       language("en, de"),
       language("fr, de;q=0.9"),
       false},
      {{by_language, {"Content-Language", "de, en"}}, language("en"), language("de"), false},
      {{by_language, {"Content-Language", "*"}}, language("en"), language("*"), false},
      {{by_language, {"Content-Language", "de"}}, language("en"), language("de;q=0"), false},
      {{by_language, by_foo, {"Content-Language", "de"}},
       {{"Accept-Language", "en, de"}, {"Foo", "1"}},
       {{"Accept-Language", "de"}, {"Foo", "2"}},
       false},
  };
  int number = 0;
  for (const Case& c : cases) {
    const StoredResponse stored = Stored(Ok(c.response), {}, Get(c.first));
    EXPECT_EQ(Matches(stored, c.second), c.matches) << "case " << number;
    EXPECT_TRUE(Matches(stored, c.first)) << "case " << number;
    ++number;
  }
}

TEST(VariantsTest, AStarAnywhereIsEverything) {
  for (std::string_view vary : {"*", "*, *", ", *", "*, Foo", "Foo, *", "Foo,*"}) {
    HttpHeaders headers;
    headers.Add("Vary", vary);
    EXPECT_TRUE(VariesOnEverything(headers)) << vary;
  }
  EXPECT_TRUE(VariesOnEverything({{"Vary", ""}, {"Vary", "*"}}));
  EXPECT_FALSE(VariesOnEverything({{"Vary", "Foo, **"}}));
  EXPECT_FALSE(VariesOnEverything({{"Vary", "\"*\""}}));
}

TEST(VariantsTest, SelectorsHaveEachNameOnce) {
  const auto selectors =
      SelectorsOf({{"Vary", "Foo, foo"}, {"Vary", "Bar"}}, {{"FOO", "1"}, {"X", "y"}}, {});
  EXPECT_EQ(selectors, (std::vector<Selector>{{"foo", "1"}, {"bar", std::nullopt}}));
}

}  // namespace
}  // namespace cloudlet::edge
