#include "devcloud/call.h"

#include "base/text.h"
#include "core/partition.h"

namespace cordon::cloud {
namespace {

constexpr std::size_t kFormPairsMax = 10'000;
constexpr std::string_view kUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
constexpr std::string_view kMixed =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

// Five bits and more of each 64-bit number would do; one number serves ten characters.
std::string letters(Random& random, std::string_view alphabet, std::size_t length) {
  std::string out;
  out.reserve(length);
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < length; ++i) {
    if (i % 10 == 0) bits = random.next();
    out.push_back(alphabet[bits % alphabet.size()]);
    bits /= alphabet.size();
  }
  return out;
}

}  // namespace

std::optional<std::string_view> RequestTarget::param(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

Result<RequestTarget::Query> parse_form(std::string_view text) {
  RequestTarget::Query out;
  while (!text.empty()) {
    if (out.size() == kFormPairsMax) return Error{Errc::invalid, "a form has too many parameters"};
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    CORDON_TRY(std::string name, form_decode(pair.substr(0, equals)));
    CORDON_TRY(std::string value, form_decode(pair.substr(std::min(equals + 1, pair.size()))));
    out.emplace_back(std::move(name), std::move(value));
  }
  return out;
}

Result<RequestTarget> parse_target(std::string_view target) {
  if (!target.starts_with('/')) {  // "GET http://host/path" is legal, too.
    const std::size_t scheme = target.find("://");
    const std::size_t path =
        scheme == std::string_view::npos ? scheme : target.find('/', scheme + 3);
    target = path == std::string_view::npos ? "/" : target.substr(path);
  }
  const std::size_t question = std::min(target.find('?'), target.size());
  RequestTarget out;
  out.path = std::string(target.substr(0, question));
  CORDON_TRY(out.query, parse_form(target.substr(std::min(question + 1, target.size()))));
  return out;
}

std::string make_uuid(Random& random) {
  std::string bytes(16, '\0');
  for (std::size_t half = 0; half < 2; ++half) {
    std::uint64_t bits = random.next();
    for (std::size_t i = 0; i < 8; ++i, bits >>= 8) {
      bytes[half * 8 + i] = static_cast<char>(bits & 0xFF);
    }
  }
  bytes[6] = static_cast<char>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<char>((bytes[8] & 0x3F) | 0x80);
  std::string text = hex(as_bytes_of(bytes));
  for (const std::size_t at : {8U, 13U, 18U, 23U}) text.insert(at, "-");
  return text;
}

std::string make_request_id(Random& random) { return letters(random, kUpper, 16); }

std::string make_token(Random& random, std::size_t length) {
  return letters(random, kMixed, length);
}

std::string_view partition_of_region(std::string_view region) {
  return partition_of(Region(std::string(region))).id;
}

std::string make_arn(std::string_view service, std::string_view region, std::string_view account,
                     std::string_view resource) {
  return to_string(Arn{partition_of_region(region), service, region, account, resource});
}

std::string make_iam_arn(std::string_view region, std::string_view account,
                         std::string_view resource) {
  return to_string(Arn{partition_of_region(region), "iam", "", account, resource});
}

std::string make_bucket_arn(std::string_view region, std::string_view bucket) {
  return to_string(Arn{partition_of_region(region), "s3", "", "", bucket});
}

std::string in_partition(std::string_view partition, const std::string& arn) {
  return "arn:" + std::string(partition) + arn.substr(arn.find(':', 4));
}

std::string arn_field(std::string_view arn, std::size_t index) {
  for (std::size_t i = 0; i < index; ++i) {
    const std::size_t colon = arn.find(':');
    if (colon == std::string_view::npos) return {};
    arn.remove_prefix(colon + 1);
  }
  return std::string(index == 5 ? arn : arn.substr(0, arn.find(':')));
}

std::int64_t millis_since_epoch(SystemTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

}  // namespace cordon::cloud
