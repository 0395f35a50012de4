#include <cstdint>
#include <string_view>

#include "base/text.h"
#include "testing/devcloud/test_cloud.h"

// The stand-in's services behind the HTTP parser, which is Boost's. "METHOD TARGET SERVICE",
// headers up to an empty line, body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static cordon::TestCloud cloud;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto line = [&] {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view one = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return one;
  };
  const auto word = [](std::string_view& rest) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    const std::string_view one = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return std::string(one);
  };
  std::string_view first = line();
  cordon::TestCloud::Request request;
  request.method = word(first);
  request.target = "/" + word(first);
  request.service = word(first);
  for (std::string_view header = line(); !header.empty(); header = line()) {
    const std::size_t colon = std::min(header.find(": "), header.size());
    request.headers.set(std::string(header.substr(0, colon)),
                        std::string(header.substr(std::min(colon + 2, header.size()))));
  }
  request.body = text;
  (void)cloud.send(std::move(request));
  return 0;
}
