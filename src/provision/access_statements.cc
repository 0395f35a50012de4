#include "provision/access_statements.h"

#include <algorithm>
#include <boost/json.hpp>
#include <string_view>
#include <utility>

namespace cordon {
namespace {

using Texts = std::vector<std::string>;

// Ours have at most one star, at the end.
bool covers(const std::string& pattern, const std::string& resource) {
  if (!pattern.ends_with('*')) return pattern == resource;
  return resource.starts_with(std::string_view(pattern).substr(0, pattern.size() - 1));
}

bool allows(const AccessStatement& statement, const std::string& action,
            const std::string& resource) {
  return std::ranges::find(statement.actions, action) != statement.actions.end() &&
         std::ranges::any_of(statement.resources,
                             [&](const std::string& pattern) { return covers(pattern, resource); });
}

// Whether the others together allow all that this one does.
bool is_superfluous(const AccessStatement& one, const std::vector<AccessStatement>& all) {
  const auto by_another = [&](const std::string& action, const std::string& resource) {
    return std::ranges::any_of(all, [&](const AccessStatement& other) {
      return &other != &one && allows(other, action, resource);
    });
  };
  return std::ranges::all_of(one.actions, [&](const std::string& action) {
    return std::ranges::all_of(
        one.resources, [&](const std::string& resource) { return by_another(action, resource); });
  });
}

// With its quotes and a comma. ARNs have nothing that JSON escapes.
std::size_t characters_of(const std::string& resource) { return resource.size() + 3; }

}  // namespace

std::size_t policy_characters(const std::vector<AccessStatement>& statements) {
  const std::string policy = access_policy(statements);
  return static_cast<std::size_t>(
      std::count_if(policy.begin(), policy.end(), [](char c) { return c != ' ' && c != '\n'; }));
}

std::vector<AccessStatement> merged(std::vector<AccessStatement> statements) {
  std::vector<AccessStatement> out;
  for (AccessStatement& one : statements) {
    const auto same = std::find_if(out.begin(), out.end(), [&](const AccessStatement& other) {
      return other.resources == one.resources;
    });
    if (same == out.end()) {
      out.push_back(std::move(one));
      continue;
    }
    for (std::string& action : one.actions) {
      if (std::ranges::find(same->actions, action) == same->actions.end()) {
        same->actions.push_back(std::move(action));
      }
    }
  }
  return out;
}

std::vector<std::vector<AccessStatement>> split(const std::vector<AccessStatement>& statements,
                                                std::size_t characters_max) {
  const std::size_t empty = policy_characters({});
  std::vector<std::vector<AccessStatement>> policies(1);
  std::size_t used = empty;
  for (const AccessStatement& one : statements) {
    const AccessStatement bare{one.sid, one.actions, {}, one.why};
    const std::size_t head = policy_characters({bare}) - empty + 1;  // With a comma.
    AccessStatement part = bare;
    for (const std::string& resource : one.resources) {
      const std::size_t more = characters_of(resource) + (part.resources.empty() ? head : 0);
      if (used + more > characters_max && used > empty) {
        if (!part.resources.empty()) policies.back().push_back(std::exchange(part, bare));
        policies.emplace_back();
        used = empty + head;
      } else if (part.resources.empty()) {
        used += head;
      }
      used += characters_of(resource);
      part.resources.push_back(resource);
    }
    policies.back().push_back(std::move(part));
  }
  return policies;
}

void Rights::add(std::string sid, Texts actions, Texts resources, std::string why) {
  std::sort(resources.begin(), resources.end());
  resources.erase(std::unique(resources.begin(), resources.end()), resources.end());
  if (resources.empty()) return;
  statements_.push_back({std::move(sid), std::move(actions), std::move(resources), std::move(why)});
}

std::vector<AccessStatement> Rights::take() && {
  for (std::size_t i = statements_.size(); i-- > 0;) {
    if (!is_superfluous(statements_[i], statements_)) continue;
    statements_.erase(statements_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return std::move(statements_);
}

std::string access_table(const std::vector<AccessStatement>& statements) {
  const auto listed = [](const Texts& texts) {
    std::string out;
    for (const std::string& text : texts) out += (out.empty() ? "`" : ", `") + text + "`";
    return out;
  };
  std::string out = "| action | resource | why |\n| --- | --- | --- |\n";
  for (const AccessStatement& one : statements) {
    out += "| " + listed(one.actions) + " | " + listed(one.resources) + " | " + one.why + " |\n";
  }
  return out;
}

std::string access_policy(const std::vector<AccessStatement>& statements) {
  const auto listed = [](const Texts& texts) {
    std::string out;
    for (const std::string& text : texts) {
      out += (out.empty() ? "\n        " : ",\n        ") +
             boost::json::serialize(boost::json::string(text));
    }
    return "[" + out + "\n      ]";
  };
  std::string out;
  for (const AccessStatement& one : statements) {
    out += std::string(out.empty() ? "" : ",") + "\n    {\n      \"Sid\": \"" + one.sid +
           "\",\n      \"Effect\": \"Allow\",\n      \"Action\": " + listed(one.actions) +
           ",\n      \"Resource\": " + listed(one.resources) + "\n    }";
  }
  return "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [" + out + "\n  ]\n}\n";
}

}  // namespace cordon
