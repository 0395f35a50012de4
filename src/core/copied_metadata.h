#pragma once

#include <map>
#include <string>

namespace cordon {

/// The user metadata of a copy: the source's own, and of `added`, in the order of their names, what
/// finds room beside them within S3's limit. The source's fields that start with "cordon-" are not
/// taken over: whoever uploaded it may have written them. Pure.
std::map<std::string, std::string> copied_metadata(const std::map<std::string, std::string>& source,
                                                   const std::map<std::string, std::string>& added);

}  // namespace cordon
