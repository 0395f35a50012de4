#pragma once

namespace cordon {

/// Permission to serve on a kernel that lacks Landlock or seccomp. A type of its own in a header of
/// its own, so that a search for it shows everyone who weakens the sandbox. Only the command line
/// switch `--allow-weak-sandbox` makes one.
class AllowWeakSandbox {
 public:
  explicit AllowWeakSandbox() = default;
};

}  // namespace cordon
