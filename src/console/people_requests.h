#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "console/api_routes.h"
#include "core/json_members.h"

// What the routes about people share.

namespace cordon {

/// The body of a request, a flat object. Errors: invalid.
Result<JsonDocument> body_of(const ServerRequest& request);
/// Whether all that was asked of it was there. Errors: invalid, which names what is not.
Result<void> check_body(const JsonDocument& body);

/// Makes a session of the person and answers with it and its cookie. One that the request shows has
/// ended then, so nobody who knew it is signed in as anybody.
Result<ServerResponse> begin_session(ApiCall& call, const Person& person);

/// What to answer where this is not the password that the caller has now; none: it is. Failures
/// count as those of signing in.
Result<std::optional<ServerResponse>> own_password_wrong(ApiCall& call,
                                                         const std::string& password);
/// For what only a person can ask.
ServerResponse not_for_tokens();
/// The same for everything that a secret did not open, so that it tells nothing.
ServerResponse refused_response();
/// For an address or a name that failed too often.
ServerResponse too_often_response(std::chrono::seconds wait);
/// A session as the API shows it.
std::string session_document(const SignedIn& signed_in, std::string_view csrf);

}  // namespace cordon
