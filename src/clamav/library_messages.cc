#include "clamav/library_messages.h"

#include <clamav.h>

namespace cordon {
namespace {

thread_local LibraryMessages* listener = nullptr;

void on_message(cl_msg severity, const char* /*with_prefix*/, const char* message,
                void* /*context: of the innermost scan, lost after a nested one*/) {
  if (severity != CL_MSG_ERROR || listener == nullptr || message == nullptr) return;
  listener->add(message);
}

}  // namespace

LibraryMessages::LibraryMessages() : outer_(listener) { listener = this; }

LibraryMessages::~LibraryMessages() {
  listener = outer_;
  if (outer_ == nullptr) return;
  for (const std::string& complaint : complaints_) outer_->add(complaint);
}

void LibraryMessages::add(std::string_view message) {
  if (complaints_.size() >= 8) return;
  std::string text(message.substr(0, 200));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  for (char& c : text) {
    if (c < ' ' || c > '~') c = '?';
  }
  complaints_.push_back(std::move(text));
}

void collect_library_messages() { cl_set_clcb_msg(on_message); }

}  // namespace cordon
