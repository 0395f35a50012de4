#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <boost/json/fwd.hpp>

#include "base/error.h"
#include "net/http_server.h"

// How the API answers. Every answer says that it may be kept by nobody but its client.

namespace cordon {

/// 200, with an entity tag; 304 where the request names it (If-None-Match).
ServerResponse json_response(const ServerRequest& request, std::string body);
/// The same with an entity tag of its own, without the quotes.
ServerResponse json_response(const ServerRequest& request, std::string body,
                             std::string_view entity_tag);
/// 200, of a list, which is another one at any time.
ServerResponse list_response(std::string body);
/// 201, of something that was made, which is shown this once.
ServerResponse made_response(std::string body);
/// 204: it is done, and there is nothing to say.
ServerResponse empty_response();
/// 401; `detail` says how to be let in.
ServerResponse unauthorized_response(std::string_view detail);
/// 429: come again after so long.
ServerResponse wait_response(std::chrono::seconds wait, std::string_view detail);
/// A problem document (RFC 9457). `detail` is for people, and may hold what a stranger wrote.
ServerResponse problem_response(int status, std::string_view title, std::string_view detail);
/// The same with more members (section 3.2).
ServerResponse problem_response(int status, std::string_view title, std::string_view detail,
                                const boost::json::object& more);
/// The one that fits: what the caller did wrong is said, what is wrong here is not (logs have it).
ServerResponse problem_response(const Error& error);

}  // namespace cordon
