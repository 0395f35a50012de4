#pragma once

#include <string>
#include <vector>

#include <boost/json/fwd.hpp>

#include "base/error.h"
#include "net/http_server.h"
#include "operations/deployment_access.h"

// What is said of a deployment: the documents that commands print with --json, with what people at
// a console want beside them.

namespace cordon {

/// 200, of a document that is another one at any time.
ServerResponse document_response(const boost::json::object& document);
/// The same of a list that is whole.
ServerResponse whole_list_response(boost::json::array items);

/// {"code": "denied", "detail": "..."}: what went wrong with a part.
boost::json::object problem_of(const Error& error);

/// The line that does the same in a shell, whoever's environment that is: `words` without "cordon".
std::string equal_command(const DeploymentAccess& access, const std::vector<std::string>& words);

}  // namespace cordon
