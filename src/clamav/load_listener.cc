#include "clamav/load_listener.h"

#include <clamav.h>

#include <string_view>
#include <utility>

#include "clamav/library_messages.h"

namespace cordon {
namespace {

constexpr std::size_t kLinesMax = 2000;
constexpr std::size_t kLineBytesMax = 300;
constexpr std::size_t kErrorsMax = 2;

LoadListener* listener = nullptr;

std::string printable(std::string_view text) {
  std::string line(text.substr(0, kLineBytesMax));
  while (!line.empty() && line.back() == '\n') line.pop_back();
  for (char& c : line) {
    if (c < ' ' || c > '~') c = '?';
  }
  return line;
}

}  // namespace

struct LoadCallbacks {
  static void on_message(cl_msg severity, const char* /*with_prefix*/, const char* message, void*) {
    if (listener == nullptr || message == nullptr) return;
    if (severity != CL_MSG_ERROR && severity != CL_MSG_WARN) return;
    const std::string line = printable(message);
    std::vector<std::string>& errors = listener->errors_;
    if (severity == CL_MSG_ERROR && errors.size() < kErrorsMax) errors.push_back(line);
    if (listener->words_.lines.size() < kLinesMax) listener->words_.lines.push_back(line);
  }

  static int on_signature(const char* type, const char* name, unsigned /*custom*/, void* context) {
    // Millions of others are none of our business.
    if (type == nullptr || name == nullptr || std::string_view(type) != "yara") return 0;
    // SAFETY: the context is the listener that installed this.
    ++static_cast<LoadListener*>(context)->words_.yara_names[name];
    return 0;
  }
};

LoadListener::LoadListener(cl_engine* engine)
    : engine_(engine), outer_(std::exchange(listener, this)) {
  cl_set_clcb_msg(LoadCallbacks::on_message);
  cl_engine_set_clcb_sigload(engine_, LoadCallbacks::on_signature, this);
}

LoadListener::~LoadListener() {
  cl_engine_set_clcb_sigload(engine_, nullptr, nullptr);
  listener = outer_;
  if (listener == nullptr) collect_library_messages();
}

}  // namespace cordon
