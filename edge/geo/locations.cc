// The tables. Coordinates are those of the airports whose codes CloudFront uses.
#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>
#include <string_view>

#include "cloudlet/edge_geography.h"

namespace cloudlet {
namespace {

using enum PriceRegion;

// By code.
constexpr EdgeLocation kLocations[] = {
    {"AKL", "Auckland", "NZ", {-37.0081, 174.7920}, kAustralia},
    {"AMS", "Amsterdam", "NL", {52.3086, 4.7639}, kEurope},
    {"ARN", "Stockholm", "SE", {59.6519, 17.9186}, kEurope},
    {"ATL", "Atlanta", "US", {33.6367, -84.4281}, kNorthAmerica},
    {"BAH", "Manama", "BH", {26.2708, 50.6336}, kAfricaMiddleEast},
    {"BKK", "Bangkok", "TH", {13.6900, 100.7501}, kAsiaPacific},
    {"BOG", "Bogota", "CO", {4.7016, -74.1469}, kSouthAmerica},
    {"BOM", "Mumbai", "IN", {19.0887, 72.8679}, kIndia},
    {"CDG", "Paris", "FR", {49.0128, 2.5500}, kEurope},
    {"CGK", "Jakarta", "ID", {-6.1256, 106.6560}, kAsiaPacific},
    {"CMH", "Columbus", "US", {39.9980, -82.8919}, kNorthAmerica},
    {"CPT", "Cape Town", "ZA", {-33.9648, 18.6017}, kAfricaMiddleEast},
    {"DEL", "New Delhi", "IN", {28.5665, 77.1031}, kIndia},
    {"DEN", "Denver", "US", {39.8617, -104.6730}, kNorthAmerica},
    {"DFW", "Dallas", "US", {32.8968, -97.0380}, kNorthAmerica},
    {"DUB", "Dublin", "IE", {53.4213, -6.2701}, kEurope},
    {"DXB", "Dubai", "AE", {25.2528, 55.3644}, kAfricaMiddleEast},
    {"EZE", "Buenos Aires", "AR", {-34.8222, -58.5358}, kSouthAmerica},
    {"FRA", "Frankfurt", "DE", {50.0333, 8.5706}, kEurope},
    {"GRU", "Sao Paulo", "BR", {-23.4356, -46.4731}, kSouthAmerica},
    {"HIO", "Portland", "US", {45.5404, -122.9498}, kNorthAmerica},
    {"HKG", "Hong Kong", "HK", {22.3089, 113.9150}, kAsiaPacific},
    {"IAD", "Washington", "US", {38.9445, -77.4558}, kNorthAmerica},
    {"ICN", "Seoul", "KR", {37.4691, 126.4510}, kAsiaPacific},
    {"JFK", "New York", "US", {40.6398, -73.7789}, kNorthAmerica},
    {"JNB", "Johannesburg", "ZA", {-26.1392, 28.2460}, kAfricaMiddleEast},
    {"KIX", "Osaka", "JP", {34.4273, 135.2440}, kJapan},
    {"LAX", "Los Angeles", "US", {33.9425, -118.4080}, kNorthAmerica},
    {"LHR", "London", "GB", {51.4775, -0.4614}, kEurope},
    {"LOS", "Lagos", "NG", {6.5774, 3.3212}, kAfricaMiddleEast},
    {"MAA", "Chennai", "IN", {12.9900, 80.1693}, kIndia},
    {"MAD", "Madrid", "ES", {40.4719, -3.5626}, kEurope},
    {"MIA", "Miami", "US", {25.7932, -80.2906}, kNorthAmerica},
    {"MNL", "Manila", "PH", {14.5086, 121.0200}, kAsiaPacific},
    {"MXP", "Milan", "IT", {45.6306, 8.7281}, kEurope},
    {"NBO", "Nairobi", "KE", {-1.3192, 36.9278}, kAfricaMiddleEast},
    {"NRT", "Tokyo", "JP", {35.7647, 140.3860}, kJapan},
    {"ORD", "Chicago", "US", {41.9786, -87.9047}, kNorthAmerica},
    {"QRO", "Queretaro", "MX", {20.6173, -100.1860}, kNorthAmerica},
    {"SCL", "Santiago", "CL", {-33.3930, -70.7858}, kSouthAmerica},
    {"SFO", "San Francisco", "US", {37.6190, -122.3750}, kNorthAmerica},
    {"SIN", "Singapore", "SG", {1.3502, 103.9940}, kAsiaPacific},
    {"SYD", "Sydney", "AU", {-33.9461, 151.1770}, kAustralia},
    {"TLV", "Tel Aviv", "IL", {32.0114, 34.8867}, kEurope},
    {"WAW", "Warsaw", "PL", {52.1658, 20.9672}, kEurope},
    {"YTO", "Toronto", "CA", {43.6772, -79.6306}, kNorthAmerica},
};

constexpr bool ByCode(const EdgeLocation& a, const EdgeLocation& b) { return a.code < b.code; }
static_assert(std::is_sorted(std::begin(kLocations), std::end(kLocations), ByCode));

constexpr const EdgeLocation* Find(std::string_view code) {
  const EdgeLocation* const found = std::lower_bound(std::begin(kLocations), std::end(kLocations),
                                                     EdgeLocation{.code = code}, ByCode);
  return found != std::end(kLocations) && found->code == code ? found : nullptr;
}

// Ireland, Frankfurt, London, Mumbai, Seoul, Singapore, Tokyo, Sydney, Sao Paulo, N. Virginia,
// Ohio, Oregon, N. California. A code that is not in the table does not compile.
constexpr std::array kRegional = {*Find("BOM"), *Find("CMH"), *Find("DUB"), *Find("FRA"),
                                  *Find("GRU"), *Find("HIO"), *Find("IAD"), *Find("ICN"),
                                  *Find("LHR"), *Find("NRT"), *Find("SFO"), *Find("SIN"),
                                  *Find("SYD")};

}  // namespace

std::string_view PriceRegionCode(PriceRegion region) {
  constexpr std::array<std::string_view, kPriceRegions> kCodes = {"US", "EU", "ME", "SA",
                                                                  "JP", "AU", "AP", "IN"};
  return kCodes[static_cast<size_t>(region)];
}

absl::Span<const EdgeLocation> EdgeLocations() { return kLocations; }
absl::Span<const EdgeLocation> RegionalEdgeLocations() { return kRegional; }

const EdgeLocation* FindEdgeLocation(std::string_view code) {
  constexpr size_t kLetters = 3;
  if (code.size() > kLetters && std::isdigit(static_cast<unsigned char>(code[kLetters])) == 0) {
    return nullptr;
  }
  return Find(code.substr(0, kLetters));
}

bool InPriceClass(PriceRegion region, PriceClass price_class) {
  switch (price_class) {
    case PriceClass::kAll:
      return true;
    case PriceClass::k200:
      return region != kSouthAmerica && region != kAustralia;
    case PriceClass::k100:
      break;
  }
  return region == kNorthAmerica || region == kEurope;
}

}  // namespace cloudlet
