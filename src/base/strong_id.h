#pragma once

#include <compare>
#include <functional>
#include <string>
#include <utility>

namespace cordon {

/// A string that cannot be swapped with another kind of string. `Tag` is any type, never defined.
template <typename Tag>
class StrongId {
 public:
  StrongId() = default;
  explicit StrongId(std::string text) : text_(std::move(text)) {}

  const std::string& str() const& { return text_; }
  std::string&& str() && { return std::move(text_); }
  bool empty() const { return text_.empty(); }
  auto operator<=>(const StrongId&) const = default;

 private:
  std::string text_;
};

}  // namespace cordon

/// By the text, so that ids can be the keys of unordered containers.
template <typename Tag>
struct std::hash<cordon::StrongId<Tag>> {
  std::size_t operator()(const cordon::StrongId<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.str());
  }
};
