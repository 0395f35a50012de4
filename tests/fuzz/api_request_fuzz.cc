#include <cstdint>
#include <string_view>

#include "console/api_request.h"
#include "console/api_routes.h"

// The target of a request, from whoever can reach the console.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto request = cordon::ApiRequest::parse({reinterpret_cast<const char*>(data), size});
  if (!request) return 0;
  std::vector<std::string> arguments;
  (void)cordon::find_routes(request->segments(), arguments);
  (void)request->page(), (void)request->time("since"), (void)request->day("first");
  (void)request->sha256("sha256"), (void)request->verdicts("verdict"), (void)request->checked();
  return 0;
}
