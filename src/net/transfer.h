#pragma once

#include <curl/curl.h>

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/deadline.h"
#include "base/result.h"
#include "net/http_client.h"
#include "net/lanes.h"

namespace cordon {

/// One request and its response on one lane. Everything given to it outlives it.
class Transfer {
 public:
  Transfer(const HttpRequest& request, const BodyReceiver* receiver,
           const HttpClientOptions& options, const Clock& clock, Lane& lane);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  /// Once. Blocks, Errors: as HttpClient::fetch.
  Result<HttpResponse> run(Deadline deadline, std::stop_token stop);

 private:
  struct FreeList {
    void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
  };

  Result<void> set_options();
  void set_connection_options();
  void set_tls_options();
  void set_method_and_body();
  Result<void> set_headers();
  Result<CURLcode> finish(Deadline deadline, const std::stop_token& stop);
  Result<void> check_time(Deadline deadline, const std::stop_token& stop);
  Error failure(CURLcode code);
  Error cut(std::string_view how);

  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  Result<void> take_header_line(std::string_view line);
  Result<void> take_field(std::string_view name, std::string_view value);
  Result<void> take_head_end();
  Result<void> take_body(std::string_view bytes);

  template <typename T>
  void set(CURLoption option, T value) {
    if (const CURLcode code = curl_easy_setopt(lane_.easy.get(), option, value); code != CURLE_OK) {
      option_failed_ = code;
    }
  }

  const HttpRequest& request_;
  const BodyReceiver* const receiver_;
  const HttpClientOptions& options_;
  const Clock& clock_;
  Lane& lane_;

  std::unique_ptr<curl_slist, FreeList> header_list_;
  std::array<char, CURL_ERROR_SIZE> message_{};
  CURLcode option_failed_ = CURLE_OK;
  bool added_ = false;

  std::stop_token stop_;
  HttpResponse response_;
  std::size_t header_bytes_ = 0;
  std::uint64_t body_bytes_ = 0;
  curl_off_t sent_bytes_ = 0;
  bool head_done_ = false;
  bool to_receiver_ = false;
  SteadyTime last_progress_;
  std::optional<Error> refused_;  // Why a callback ended the transfer.
};

}  // namespace cordon
