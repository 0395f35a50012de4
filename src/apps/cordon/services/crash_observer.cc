#include "apps/cordon/services/crash_observer.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "base/unique_fd.h"

namespace cordon {
namespace {

class CrashObserver final : public StepObserver {
 public:
  CrashObserver(std::string step, std::string once_file)
      : step_(std::move(step)), once_file_(std::move(once_file)) {}

  Proceed before(Step step, const ObjectRef*) override {
    reach(name_of(step));
    return Proceed::go_on;
  }
  void reach(std::string_view step) const {
    if (step != step_) return;
    const UniqueFd first(::open(once_file_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (first) ::kill(::getpid(), SIGKILL);
  }

 private:
  const std::string step_;
  const std::string once_file_;
};

}  // namespace

std::unique_ptr<StepObserver> make_observer(const Environment& environment) {
  const auto step = environment.get("CORDON_TEST_CRASH_AT");
  const auto once_file = environment.get("CORDON_TEST_CRASH_ONCE_FILE");
  if (!step || !once_file) return std::make_unique<QuietObserver>();
  return std::make_unique<CrashObserver>(*step, *once_file);
}

std::function<void(std::string_view)> make_crash_hook(const Environment& environment) {
  const auto step = environment.get("CORDON_TEST_CRASH_AT");
  const auto once_file = environment.get("CORDON_TEST_CRASH_ONCE_FILE");
  if (!step || !once_file) return [](std::string_view) {};
  return [crash = std::make_shared<const CrashObserver>(*step, *once_file)](
             std::string_view reached) { crash->reach(reached); };
}

}  // namespace cordon
