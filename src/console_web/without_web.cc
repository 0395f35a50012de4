#include "console_web/web_file.h"

namespace cordon {

std::span<const WebFile> web_files() { return {}; }

}  // namespace cordon
