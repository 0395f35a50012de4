#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "agent/step_observer.h"
#include "base/environment.h"

namespace cordon {

/// An observer that ends this process with SIGKILL when it first reaches the step that
/// CORDON_TEST_CRASH_AT names, once for as long as the file CORDON_TEST_CRASH_ONCE_FILE, which it
/// makes, exists. Without the variables it goes on at every step. For the end-to-end tests, which
/// prove that a crash at any step loses nothing; whoever sets an agent's environment can kill it
/// anyway.
std::unique_ptr<StepObserver> make_observer(const Environment& environment);

/// The same for commands, whose steps have names only.
std::function<void(std::string_view)> make_crash_hook(const Environment& environment);

}  // namespace cordon
