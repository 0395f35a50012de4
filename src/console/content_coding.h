#pragma once

#include <string_view>

namespace cordon {

/// Whether an Accept-Encoding takes the content coding `name` ("br"): it names it, or `*`, and not
/// with the weight 0. A header that is not there takes `identity` alone; who refuses even that gets
/// it all the same.
bool takes_coding(std::string_view accepted, std::string_view name);

}  // namespace cordon
