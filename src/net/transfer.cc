// Every request passes through Transfer::finish.
//
// curl_multi_wakeup is the one multi call that another thread may make, and it is remembered: if it
// comes before the poll, the next poll returns at once. So no stop request is lost or late.
//
// Stalls are measured here and not by libcurl's low-speed limit, which counts whole seconds and
// would blame the peer for time that our own receiver spent.

#include "net/transfer.h"

#include <algorithm>

#include "base/text.h"

namespace cordon {
namespace {

constexpr std::size_t kHeaderBytesMax = 128U << 10U;
constexpr long kReceiveBufferBytes = 256L << 10;

std::string text_of(CURLcode code) { return curl_easy_strerror(code); }

}  // namespace

Transfer::Transfer(const HttpRequest& request, const BodyReceiver* receiver,
                   const HttpClientOptions& options, const Clock& clock, Lane& lane)
    : request_(request),
      receiver_(receiver),
      options_(options),
      clock_(clock),
      lane_(lane),
      last_progress_(clock.steady_now()) {}

Transfer::~Transfer() {
  if (added_) curl_multi_remove_handle(lane_.multi.get(), lane_.easy.get());
}

Result<HttpResponse> Transfer::run(Deadline deadline, std::stop_token stop) {
  stop_ = stop;
  lane_.is_reusable = false;
  CORDON_TRY(set_options());
  if (const CURLMcode code = curl_multi_add_handle(lane_.multi.get(), lane_.easy.get())) {
    return Error{Errc::unavailable, std::string("libcurl: ") + curl_multi_strerror(code)};
  }
  added_ = true;
  CORDON_TRY(const CURLcode code, finish(deadline, stop));
  if (refused_) return *std::move(refused_);
  if (code != CURLE_OK) return failure(code);
  if (!head_done_) return cut("closed before a reply");
  lane_.is_reusable = true;
  return std::move(response_);
}

Result<CURLcode> Transfer::finish(Deadline deadline, const std::stop_token& stop) {
  CURLM* const multi = lane_.multi.get();
  const std::stop_callback wake(stop, [multi] { curl_multi_wakeup(multi); });
  for (;;) {  // Ends with the transfer, the deadline, a stall or a stop.
    int running = 0;
    CURLMcode code = curl_multi_perform(multi, &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
      if (message->msg == CURLMSG_DONE) return message->data.result;
    }
    CORDON_TRY(check_time(deadline, stop));
    const auto until_stall = last_progress_ + options_.stall_timeout - clock_.steady_now();
    const int wait_ms = deadline.left_ms(clock_, std::max(until_stall, decltype(until_stall)(0)));
    if (code == CURLM_OK) code = curl_multi_poll(multi, nullptr, 0, wait_ms, nullptr);
    if (code != CURLM_OK) {
      return Error{Errc::unavailable, std::string("libcurl: ") + curl_multi_strerror(code)};
    }
  }
}

Result<void> Transfer::check_time(Deadline deadline, const std::stop_token& stop) {
  if (stop.stop_requested()) return Error{Errc::cancelled, "stopped while waiting for a reply"};
  if (deadline.passed(clock_)) {
    lane_.is_silent = !head_done_;
    return Error{Errc::timeout, "no complete reply from " + lane_.origin + " in time"};
  }
  curl_off_t sent = 0;
  curl_easy_getinfo(lane_.easy.get(), CURLINFO_SIZE_UPLOAD_T, &sent);
  if (sent != sent_bytes_) {
    sent_bytes_ = sent;
    last_progress_ = clock_.steady_now();
  }
  if (clock_.steady_now() - last_progress_ < options_.stall_timeout) return {};
  lane_.is_silent = true;
  return cut("stalled for " + std::to_string(options_.stall_timeout.count()) + " ms");
}

Error Transfer::cut(std::string_view how) {
  std::string what = "transfer from " + lane_.origin + " " + std::string(how);
  curl_off_t expected = -1;
  curl_easy_getinfo(lane_.easy.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &expected);
  if (head_done_) {
    what += " after " + std::to_string(body_bytes_);
    what += expected >= 0 ? " of " + std::to_string(expected) + " bytes" : " bytes";
  }
  return Error{Errc::unavailable, std::move(what)};
}

// Each code that a plain HTTP transfer can end with; the rest names itself. Whatever answers in
// place of the service, or answers wrongly, may be gone at the next try: only what the caller asked
// for is `invalid`.
Error Transfer::failure(CURLcode code) {
  const std::string detail = message_[0] != '\0' ? std::string(message_.data()) : text_of(code);
  const auto unavailable = [&](std::string_view phase) {
    return Error{Errc::unavailable, std::string(phase) + " " + lane_.origin + ": " + detail};
  };
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return unavailable("cannot resolve");
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:  // Only the connect timeout is left to libcurl.
    case CURLE_PROXY:
      return unavailable("cannot connect to");
    case CURLE_PEER_FAILED_VERIFICATION:
      return unavailable("TLS: certificate not accepted from");
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_ISSUER_ERROR:
      return unavailable("TLS: no secure connection to");
    case CURLE_SSL_CACERT_BADFILE:
      return unavailable("cannot use CA bundle " + options_.ca_bundle.value_or("of the system") +
                         " for");
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_GOT_NOTHING:
      return with_context(cut("was cut"), detail);
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:  // The URL was checked: this is a reply that is not HTTP/1.x.
      return Error{Errc::unavailable, lane_.origin + " did not answer in HTTP: " + detail};
    case CURLE_OUT_OF_MEMORY:  // How this libcurl reports a header line of more than 100 kB.
      return Error{Errc::unavailable, lane_.origin + " answered with a header that is too long"};
    case CURLE_URL_MALFORMAT:
      return Error{Errc::invalid, "the URL for " + lane_.origin + " is malformed: " + detail};
    default:
      return unavailable("transfer failed from");  // NOLINT: libcurl's enum, 100 codes.
  }
}

Result<void> Transfer::set_options() {
  set_connection_options();
  set_tls_options();
  set_method_and_body();
  CORDON_TRY(set_headers());
  if (option_failed_ == CURLE_OK) return {};
  // Every constant below is valid in this libcurl and every text was checked, so it is the state of
  // this handle. The next request gets another one.
  return Error{Errc::unavailable, "libcurl refuses an option: " + text_of(option_failed_)};
}

void Transfer::set_connection_options() {
  set(CURLOPT_URL, request_.url.c_str());
  // Without PATH_AS_IS libcurl asks for another object: x/../evil becomes evil.
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_HTTP09_ALLOWED, 0L);
  set(CURLOPT_NOSIGNAL, 1L);
  // A stop must not wait for getaddrinfo; its thread is left to finish alone.
  set(CURLOPT_QUICK_EXIT, 1L);
  set(CURLOPT_TCP_NODELAY, 1L);
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_BUFFERSIZE, kReceiveBufferBytes);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
  // Empty strings keep libcurl from reading the environment by itself.
  const bool tls = lane_.origin.starts_with("https:");
  set(CURLOPT_PROXY, (tls ? options_.https_proxy : options_.http_proxy).value_or("").c_str());
  set(CURLOPT_NOPROXY, options_.no_proxy.value_or("").c_str());
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(CURLOPT_ERRORBUFFER, message_.data());
  set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(CURLOPT_WRITEDATA, this);
}

void Transfer::set_tls_options() {
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  if (!options_.ca_bundle) return;
  set(CURLOPT_CAINFO, options_.ca_bundle->c_str());
  set(CURLOPT_PROXY_CAINFO, options_.ca_bundle->c_str());
}

void Transfer::set_method_and_body() {
  const std::string& method = request_.method;
  if (method == "HEAD" && request_.body.empty()) {
    set(CURLOPT_NOBODY, 1L);
    return;
  }
  if (request_.body.empty() && method != "POST" && method != "PUT" && method != "PATCH") {
    set(CURLOPT_HTTPGET, 1L);
  } else {
    // Sent from our memory, so that libcurl can send it again when a kept connection was dead.
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    set(CURLOPT_POSTFIELDS, request_.body.data());
  }
  set(CURLOPT_CUSTOMREQUEST, method.c_str());
}

Result<void> Transfer::set_headers() {
  const auto add = [&](const std::string& line) {
    curl_slist* const longer = curl_slist_append(header_list_.get(), line.c_str());
    if (longer == nullptr) return false;
    (void)header_list_.release();
    header_list_.reset(longer);
    return true;
  };
  bool added = true;
  for (const auto& [name, value] : request_.headers.all()) {
    // "Name:" would take the field out; "Name;" sends it empty.
    added = added && add(trim(value).empty() ? name + ";" : name + ": " + value);
  }
  // libcurl's own additions that would change what was signed, or cost a round trip.
  if (!request_.headers.has("Expect")) added = added && add("Expect:");
  if (!request_.headers.has("Content-Type")) added = added && add("Content-Type:");
  if (!request_.headers.has("User-Agent")) set(CURLOPT_USERAGENT, options_.user_agent.c_str());
  if (!added) return Error{Errc::unavailable, "no memory for the request's headers"};
  set(CURLOPT_HTTPHEADER, header_list_.get());
  return {};
}

std::size_t Transfer::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  auto* const transfer = static_cast<Transfer*>(self);
  Result<void> taken = transfer->take_header_line(std::string_view(data, size * count));
  transfer->last_progress_ = transfer->clock_.steady_now();
  if (taken) return size * count;
  transfer->refused_ = std::move(taken).error();
  return 0;
}

std::size_t Transfer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto* const transfer = static_cast<Transfer*>(self);
  Result<void> taken = transfer->take_body(std::string_view(data, size * count));
  transfer->last_progress_ = transfer->clock_.steady_now();
  if (taken) return size * count;
  transfer->refused_ = std::move(taken).error();
  return 0;
}

Result<void> Transfer::take_header_line(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > kHeaderBytesMax) {
    return Error{Errc::unavailable, lane_.origin + " answered with more than " +
                                        std::to_string(kHeaderBytesMax) + " bytes of headers"};
  }
  if (head_done_) return {};  // A trailer: nothing here may change what `head` was told.
  if (line.starts_with("HTTP/")) {
    response_.headers = Headers();
    return {};
  }
  const std::string_view content = trim(line);
  if (content.empty()) return take_head_end();
  const std::size_t colon = line.find(':');
  // A folded line is obsolete and never sent by what we talk to; it is left out.
  if (colon == std::string_view::npos || line.front() == ' ' || line.front() == '\t') return {};
  return take_field(trim(line.substr(0, colon)), trim(line.substr(colon + 1)));
}

Result<void> Transfer::take_field(std::string_view name, std::string_view value) {
  // libcurl reads "1x" as 1 and believes the last of several lengths; a body of a doubtful length
  // must not pass for a whole one.
  if (equal_ignoring_case(name, "content-length")) {
    const auto before = response_.headers.get(name);
    if (!parse_u64(value) || (before && *before != value)) {
      return Error{Errc::unavailable, lane_.origin + " did not answer in HTTP: bad Content-Length"};
    }
  }
  response_.headers.add(std::string(name), std::string(value));
  return {};
}

Result<void> Transfer::take_head_end() {
  long status = 0;
  curl_easy_getinfo(lane_.easy.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status < 200) return {};  // An interim response; the real one follows.
  response_.status = static_cast<int>(status);
  head_done_ = true;
  if (receiver_ == nullptr) return {};
  CORDON_TRY(to_receiver_, receiver_->head(response_));
  return {};
}

Result<void> Transfer::take_body(std::string_view bytes) {
  if (stop_.stop_requested()) return Error{Errc::cancelled, "stopped in the middle of a reply"};
  body_bytes_ += bytes.size();
  if (to_receiver_) return receiver_->piece(as_bytes_of(bytes));
  if (bytes.size() > options_.buffered_bytes_max - response_.body.size()) {
    return Error{Errc::unavailable, "the reply of " + lane_.origin + " is longer than " +
                                        std::to_string(options_.buffered_bytes_max) + " bytes"};
  }
  response_.body.append(bytes);
  return {};
}

}  // namespace cordon
