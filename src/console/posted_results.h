#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "console/api_routes.h"
#include "net/http_server.h"

namespace cordon {

/// The longest body of a request that brings results: one of the longest messages of a queue.
inline constexpr std::size_t kPostedBytesMax = 1U << 20U;
inline constexpr std::string_view kPostedPath = "/api/v1/results";

/// A body that is longer than those of other requests may be, from a client that was let in.
class PostedBody final : public UploadSink {
 public:
  /// Errors: invalid: it is longer than kPostedBytesMax.
  Result<void> write(std::string_view bytes) override;
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

/// Takes results in that agents post where they have no queue: one document a line. What is no
/// result is told by its line, and costs none of the others; what is known already is no news.
/// Errors: invalid: more than 1,000 lines, or none; those of the store: nothing was taken.
Result<ServerResponse> take_posted_results(ApiCall& call);

}  // namespace cordon
