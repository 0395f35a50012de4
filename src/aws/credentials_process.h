#pragma once

#include <string>

#include "aws/credentials.h"

namespace cordon {

/// Runs `command` by /bin/sh -c, as the other AWS tools do, and decodes what it prints: version 1
/// of the credential process format. It has a minute at most, may print 64 KiB, and is killed with
/// all that it started when it takes longer.
///
/// Blocks: until it has ended, `deadline` or a stop request.
/// Errors: denied (cause `credentials`: it failed; with the end of what it wrote to standard
///         error); unavailable (cannot be started, prints something else); timeout; cancelled.
Result<AwsCredentials> run_credential_process(const std::string& command, const std::string& where,
                                              const Clock& clock, Deadline deadline,
                                              std::stop_token stop);

}  // namespace cordon
