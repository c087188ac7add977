// Patterns against events: the examples of the documentation, and what is no pattern.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
#include "triggers/event_pattern.h"

#include <map>
#include <string>

#include "absl/status/status.h"
#include "cloudlet/error.h"
#include "gtest/gtest.h"
#include "triggers/pattern_values.h"

namespace cloudlet::triggers {
namespace {

struct Case {
  const char* pattern;
  const char* event;
  bool matches;
};

bool Match(const std::string& pattern, const std::string& event) {
  const auto parsed = EventPattern::Parse(pattern);
  EXPECT_TRUE(parsed.ok()) << pattern << ": " << parsed.status();
  const auto object = JsonObject::Parse(event);
  EXPECT_TRUE(object.ok()) << event;
  return parsed.ok() && object.ok() && parsed->Matches(*object);
}

constexpr Case kCases[] = {
    // Exact values: of all kinds, any of the list; all fields.
    {R"({"source":["aws.s3"]})", R"({"source":"aws.s3","x":1})", true},
    {R"({"source":["a","aws.s3"]})", R"({"source":"aws.s3"})", true},
    {R"({"source":["aws.s3"]})", R"({"source":"aws.s33"})", false},
    {R"({"a":["x"],"b":["y"]})", R"({"a":"x","b":"z"})", false},
    {R"({"a":["x"],"b":["y"]})", R"({"a":"x"})", false},
    {R"({"n":[100]})", R"({"n":100})", true},
    {R"({"n":[100]})", R"({"n":"100"})", false},
    {R"({"n":["100"]})", R"({"n":100})", false},
    {R"({"b":[true]})", R"({"b":true})", true},
    {R"({"b":[true]})", R"({"b":"true"})", false},
    {R"({"v":[null]})", R"({"v":null})", true},
    {R"({"v":[null]})", R"({"v":""})", false},
    {R"({"v":[null]})", R"({})", false},
    {R"({"LastName":[""]})", R"({"LastName":""})", true},
    {R"({"a":{"b":{"c":["d"]}}})", R"({"a":{"b":{"c":"d"}}})", true},
    {R"({"a":{"b":["c"]}})", R"({"a":"c"})", false},
    // Lists in the event: any element, fields of one element together.
    {R"({"r":["x"]})", R"({"r":["w","x"]})", true},
    {R"({"r":["x"]})", R"({"r":["w"]})", false},
    {R"({"r":["x"]})", R"({"r":[["w"],["x"]]})", true},
    {R"({"r":{"a":[1],"b":[2]}})", R"({"r":[{"a":1,"b":2}]})", true},
    {R"({"r":{"a":[1],"b":[2]}})", R"({"r":[{"a":1},{"b":2}]})", false},
    // prefix, suffix
    {R"({"time":[{"prefix":"2017-10-02"}]})", R"({"time":"2017-10-02T18:43:48Z"})", true},
    {R"({"time":[{"prefix":"2017-10-02"}]})", R"({"time":"2017-10-03T18:43:48Z"})", false},
    {R"({"s":[{"prefix":"abc"}]})", R"({"s":"ab"})", false},
    {R"({"s":[{"prefix":{"equals-ignore-case":"EventB"}}]})", R"({"s":"eventbridge"})", true},
    {R"({"f":[{"suffix":".png"}]})", R"({"f":"a.png"})", true},
    {R"({"f":[{"suffix":".png"}]})", R"({"f":"a.PNG"})", false},
    {R"({"f":[{"suffix":{"equals-ignore-case":".png"}}]})", R"({"f":"a.PNG"})", true},
    {R"({"f":[{"suffix":".png"}]})", R"({"f":7})", false},
    {R"({"n":[{"equals-ignore-case":"alice"}]})", R"({"n":"ALICE"})", true},
    {R"({"n":[{"equals-ignore-case":"alice"}]})", R"({"n":"ALICES"})", false},
    // anything-but
    {R"({"s":[{"anything-but":"initializing"}]})", R"({"s":"running"})", true},
    {R"({"s":[{"anything-but":"initializing"}]})", R"({"s":"initializing"})", false},
    {R"({"s":[{"anything-but":"initializing"}]})", R"({})", false},
    {R"({"s":[{"anything-but":123}]})", R"({"s":123})", false},
    {R"({"s":[{"anything-but":123}]})", R"({"s":"123"})", true},
    {R"({"s":[{"anything-but":["stopped","overloaded"]}]})", R"({"s":"overloaded"})", false},
    {R"({"s":[{"anything-but":["stopped","overloaded"]}]})", R"({"s":"up"})", true},
    {R"({"s":[{"anything-but":[100,200,300]}]})", R"({"s":200})", false},
    {R"({"s":[{"anything-but":[100,200,300]}]})", R"({"s":201})", true},
    {R"({"s":[{"anything-but":{"prefix":"init"}}]})", R"({"s":"init1"})", false},
    {R"({"s":[{"anything-but":{"prefix":["init","error"]}}]})", R"({"s":"errors"})", false},
    {R"({"s":[{"anything-but":{"prefix":"init"}}]})", R"({"s":"x"})", true},
    {R"({"s":[{"anything-but":{"suffix":".png"}}]})", R"({"s":"a.png"})", false},
    {R"({"s":[{"anything-but":{"suffix":[".png",".jpg"]}}]})", R"({"s":"a.gif"})", true},
    {R"({"s":[{"anything-but":{"equals-ignore-case":"initializing"}}]})", R"({"s":"INITIALIZING"})",
     false},
    {R"({"s":[{"anything-but":{"equals-ignore-case":["a","b"]}}]})", R"({"s":"C"})", true},
    {R"({"s":[{"anything-but":{"wildcard":"*/lib/*"}}]})", R"({"s":"/usr/lib/x"})", false},
    {R"({"s":[{"anything-but":{"wildcard":["*/lib/*","*/bin/*"]}}]})", R"({"s":"/usr/x"})", true},
    // numeric
    {R"({"n":[{"numeric":["=",3.018e2]}]})", R"({"n":301.8})", true},
    {R"({"n":[{"numeric":[">",0,"<=",5]}]})", R"({"n":5})", true},
    {R"({"n":[{"numeric":[">",0,"<=",5]}]})", R"({"n":0})", false},
    {R"({"n":[{"numeric":[">",0,"<=",5]}]})", R"({"n":6})", false},
    {R"({"n":[{"numeric":["<",10]}]})", R"({"n":-1})", true},
    {R"({"n":[{"numeric":[">=",10]}]})", R"({"n":9})", false},
    {R"({"n":[{"numeric":["<",10]}]})", R"({"n":"1"})", false},
    // exists: of values only
    {R"({"a":{"b":[{"exists":true}]}})", R"({"a":{"b":1}})", true},
    {R"({"a":{"b":[{"exists":true}]}})", R"({"a":{}})", false},
    {R"({"a":{"b":[{"exists":false}]}})", R"({"a":{}})", true},
    {R"({"a":{"b":[{"exists":false}]}})", R"({})", true},
    {R"({"a":{"b":[{"exists":false}]}})", R"({"a":{"b":null}})", false},
    {R"({"a":[{"exists":true}]})", R"({"a":{"b":1}})", false},
    {R"({"a":["x",{"exists":false}]})", R"({})", true},
    // wildcard
    {R"({"p":[{"wildcard":"dir/*.png"}]})", R"({"p":"dir/a/b.png"})", true},
    {R"({"p":[{"wildcard":"dir/*.png"}]})", R"({"p":"dir/.pn"})", false},
    {R"({"p":[{"wildcard":"*a*b"}]})", R"({"p":"xxaxxbab"})", true},
    {R"({"p":[{"wildcard":"a\\*b"}]})", R"({"p":"a*b"})", true},
    {R"({"p":[{"wildcard":"a\\*b"}]})", R"({"p":"axb"})", false},
    // cidr
    {R"({"ip":[{"cidr":"10.0.0.0/24"}]})", R"({"ip":"10.0.0.255"})", true},
    {R"({"ip":[{"cidr":"10.0.0.0/24"}]})", R"({"ip":"10.0.1.0"})", false},
    {R"({"ip":[{"cidr":"2001:db8::/33"}]})", R"({"ip":"2001:db8:7fff::1"})", true},
    {R"({"ip":[{"cidr":"2001:db8::/33"}]})", R"({"ip":"2001:db8:8000::1"})", false},
    {R"({"ip":[{"cidr":"0.0.0.0/0"}]})", R"({"ip":"::1"})", false},
    {R"({"ip":[{"cidr":"10.0.0.0/24"}]})", R"({"ip":"ten"})", false},
    // $or, at any level, beside other fields
    {R"({"detail":{"$or":[{"c":[{"numeric":[">",0,"<=",5]}]},{"d":["x"]}]}})",
     R"({"detail":{"c":9,"d":"x"}})", true},
    {R"({"detail":{"$or":[{"c":[{"numeric":[">",0,"<=",5]}]},{"d":["x"]}]}})",
     R"({"detail":{"c":9,"d":"y"}})", false},
    {R"({"s":["a"],"$or":[{"c":[1]},{"d":[2]}]})", R"({"s":"b","c":1})", false},
};

TEST(EventPatternTest, MatchesAsDocumented) {
  for (const Case& each : kCases) {
    EXPECT_EQ(Match(each.pattern, each.event), each.matches) << each.pattern << " " << each.event;
  }
}

TEST(EventPatternTest, WhatIsNoPatternIsRefused) {
  const std::string bad[] = {
      "",
      "[]",
      "{}",
      "{'a':['b']}",
      R"({"a":"b"})",
      R"({"a":1})",
      R"({"a":[]})",
      R"({"a":{}})",
      R"({"a":[["b"]]})",
      R"({"a":[{}]})",
      R"({"a":[{"prefix":"x","suffix":"y"}]})",
      R"({"a":[{"prefix":7}]})",
      R"({"a":[{"prefix":{"wildcard":"x"}}]})",
      R"({"a":[{"begins":"x"}]})",
      R"({"a":[{"exists":"yes"}]})",
      R"({"a":[{"anything-but":[]}]})",
      R"({"a":[{"anything-but":true}]})",
      R"({"a":[{"anything-but":{"numeric":["=",1]}}]})",
      R"({"a":[{"numeric":["=","1"]}]})",
      R"({"a":[{"numeric":["!=",1]}]})",
      R"({"a":[{"numeric":[">",5,"<",5]}]})",
      R"({"a":[{"numeric":["<",1,">",5]}]})",
      R"({"a":[{"numeric":[">",1]},{"numeric":[">"]}]})",
      R"({"a":[{"numeric":["=",5e9]},{"numeric":["=",6e9]}]})",
      R"({"a":[{"wildcard":"a**b"}]})",
      R"({"a":[{"wildcard":"a\\b"}]})",
      R"({"a":[{"cidr":"10.0.0.0"}]})",
      R"({"a":[{"cidr":"10.0.0.0/33"}]})",
      R"({"$or":[{"a":["b"]}]})",
      R"({"$or":["a","b"]})",
      R"({"a":[")" + std::string(5000, 'x') + R"("]})",
  };
  for (const std::string& pattern : bad) {
    EXPECT_EQ(ErrorCodeOf(EventPattern::Parse(pattern).status()), ErrorCode::kInvalidEventPattern)
        << pattern;
  }
}

bool Takes(const std::string& policy, const std::map<std::string, std::string>& attributes) {
  const auto parsed = EventPattern::ParseFilterPolicy(policy);
  EXPECT_TRUE(parsed.ok()) << policy << ": " << parsed.status();
  return parsed.ok() && parsed->Matches(JsonObject::OfTexts(attributes));
}

TEST(FilterPolicyTest, LooksAtAttributes) {
  EXPECT_TRUE(Takes(R"({"kind":["cat","dog"]})", {{"kind", "cat"}, {"x", "y"}}));
  EXPECT_FALSE(Takes(R"({"kind":["cat"]})", {{"kind", "cow"}}));
  EXPECT_FALSE(Takes(R"({"kind":["cat"]})", {}));
  EXPECT_TRUE(Takes(R"({"kind":[{"exists":false}]})", {}));
  EXPECT_TRUE(Takes(R"({"kind":[{"anything-but":{"prefix":"c"}}]})", {{"kind", "dog"}}));
  EXPECT_TRUE(Takes(R"({"$or":[{"a":["1"]},{"b":["2"]}]})", {{"b", "2"}}));
  EXPECT_TRUE(Takes("{}", {}));
}

TEST(FilterPolicyTest, TextsThatAreNumbersCountAsSuch) {
  EXPECT_TRUE(Takes(R"({"price":[{"numeric":[">=",100]}]})", {{"price", "100.5"}}));
  EXPECT_FALSE(Takes(R"({"price":[{"numeric":[">=",100]}]})", {{"price", "cheap"}}));
  EXPECT_TRUE(Takes(R"({"price":[100]})", {{"price", "100.0"}}));
  EXPECT_FALSE(Takes(R"({"price":[{"anything-but":[100]}]})", {{"price", "100"}}));
  EXPECT_FALSE(Takes(R"({"price":[{"anything-but":["100"]}]})", {{"price", "100"}}));
}

TEST(FilterPolicyTest, WhatIsNoneIsRefused) {
  for (const char* policy : {"", "7", R"({"a":{"b":["c"]}})", R"({"a":"b"})", R"({"a":[]})"}) {
    EXPECT_EQ(ErrorCodeOf(EventPattern::ParseFilterPolicy(policy).status()),
              ErrorCode::kInvalidParameterValue)
        << policy;
  }
}

TEST(PatternValuesTest, WildcardsTakeTheirTime) {
  const std::string many(200, 'a');
  std::string pattern;
  for (int i = 0; i < 20; ++i) pattern += "*a";
  EXPECT_FALSE(MatchesWildcard(pattern + "*b", many));
  EXPECT_TRUE(MatchesWildcard(pattern + "*", many));
  EXPECT_TRUE(MatchesWildcard("*", ""));
  EXPECT_FALSE(MatchesWildcard("", "a"));
}

}  // namespace
}  // namespace cloudlet::triggers
