#include "engine/seccomp_filter.h"

#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <type_traits>

#include "base/check.h"
#include "base/files.h"
#include "base/unique_fd.h"

namespace cordon {
namespace {

struct ReleaseFilter {
  void operator()(void* filter) const { ::seccomp_release(filter); }
};
using Filter = std::unique_ptr<std::remove_pointer_t<scmp_filter_ctx>, ReleaseFilter>;

std::uint32_t action_of(const SystemCallRule& rule) {
  switch (rule.answer) {
    case SystemCallRule::Answer::allow:
      return SCMP_ACT_ALLOW;
    case SystemCallRule::Answer::pretend:
      return SCMP_ACT_ERRNO(0);
    case SystemCallRule::Answer::refuse:
      return SCMP_ACT_ERRNO(static_cast<std::uint32_t>(rule.error_number));
  }
  CORDON_CHECK(false);
}

Result<void> add(const Filter& filter, const SystemCallRule& rule) {
  const std::string name(rule.name);
  const int number = ::seccomp_syscall_resolve_name(name.c_str());
  // An architecture without the call cannot be asked for it: arm64 has no mkdir, only mkdirat.
  if (number == __NR_SCMP_ERROR || number < 0) return {};
  std::array<scmp_arg_cmp, 6> tests{};
  CORDON_CHECK(rule.tests.size() <= tests.size());
  for (std::size_t i = 0; i < rule.tests.size(); ++i) {
    tests[i] = {.arg = rule.tests[i].index,
                .op = SCMP_CMP_MASKED_EQ,
                .datum_a = rule.tests[i].mask,
                .datum_b = rule.tests[i].value};
  }
  const int failed =
      ::seccomp_rule_add_array(filter.get(), action_of(rule), number,
                               static_cast<unsigned>(rule.tests.size()), tests.data());
  if (failed != 0) return errno_error("seccomp rule for " + name, -failed);
  return {};
}

Result<Filter> compile(const std::vector<SystemCallRule>& rules) {
  Filter filter(::seccomp_init(SCMP_ACT_KILL_PROCESS));
  if (!filter) return Error{Errc::unavailable, "seccomp_init failed"};
  // Filters look calls up by binary search, for the engine makes many thousand a second.
  if (const int failed = ::seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
      failed != 0) {
    return errno_error("seccomp optimisation", -failed);
  }
  for (const SystemCallRule& rule : rules) CORDON_TRY(add(filter, rule));
  return filter;
}

}  // namespace

Result<void> load_filter(const std::vector<SystemCallRule>& rules) {
  CORDON_TRY(const Filter filter, compile(rules));
  if (const int failed = ::seccomp_load(filter.get()); failed != 0) {
    return errno_error("seccomp_load", -failed);
  }
  return {};
}

Result<std::string> filter_as_text(const std::vector<SystemCallRule>& rules) {
  CORDON_TRY(const Filter filter, compile(rules));
  const UniqueFd file(::memfd_create("filter", MFD_CLOEXEC));
  if (!file) return errno_error("memfd_create", errno);
  if (const int failed = ::seccomp_export_pfc(filter.get(), file.get()); failed != 0) {
    return errno_error("seccomp_export_pfc", -failed);
  }
  std::string text(1 << 20, '\0');
  const ssize_t size = ::pread(file.get(), text.data(), text.size(), 0);
  if (size < 0) return errno_error("read", errno);
  text.resize(static_cast<std::size_t>(size));
  return text;
}

}  // namespace cordon
