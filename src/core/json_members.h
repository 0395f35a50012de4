#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/fwd.hpp>

#include "base/clock.h"
#include "base/result.h"

// Documents of ours (results, brake states, ...) as they come back from a bucket, a queue or a
// disk: by then anybody may have written them. One reader, so that each of them is read with bounds
// and with the same strictness: what is not known is passed over, what is known has its type.

namespace cordon {

/// What a document may hold at most.
struct JsonLimits {
  std::size_t bytes_max;       ///< Of the whole text.
  std::size_t depth_max;       ///< Of objects and arrays in each other; 1 is a flat object.
  std::size_t text_bytes_max;  ///< Of each text in it.
};

class JsonMembers;

/// One JSON object that was parsed within limits, and the first thing in it that was wrong.
class JsonDocument {
 public:
  /// Errors: invalid: longer or deeper than the limits, not JSON, not UTF-8, or no object.
  static Result<JsonDocument> parse(std::string_view text, const JsonLimits& limits);
  ~JsonDocument();
  JsonDocument(JsonDocument&&) noexcept;
  JsonDocument& operator=(JsonDocument&&) noexcept;

  /// The members of the outermost object. Valid as long as the document.
  JsonMembers members();
  /// Done when everything that was asked for so far was as it should be; else invalid, with the
  /// name of the first member that was not.
  Result<void> checked() const;

 private:
  friend class JsonMembers;
  struct State;
  explicit JsonDocument(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The members of one object of a document. What is asked for and is not as it should be makes the
/// document wrong and reads as empty, so that a reader asks for everything and looks once, at the
/// end, whether `checked`. A member that is null counts as absent.
class JsonMembers {
 public:
  /// Required: absent makes the document wrong.
  std::string text(std::string_view name);
  SystemTime time(std::string_view name);  ///< RFC 3339
  std::uint64_t number(std::string_view name);
  std::int64_t signed_number(std::string_view name);
  bool flag(std::string_view name);
  std::vector<std::string> texts(std::string_view name, std::size_t count_max);
  JsonMembers object(std::string_view name);
  std::vector<JsonMembers> objects(std::string_view name, std::size_t count_max);

  /// None where it is absent; wrong where it is of another type.
  std::optional<std::string> maybe_text(std::string_view name);
  std::optional<SystemTime> maybe_time(std::string_view name);
  std::optional<std::uint64_t> maybe_number(std::string_view name);
  std::vector<std::string> maybe_texts(std::string_view name, std::size_t count_max);

  /// For what only the reader can judge: an unknown name, a contradiction.
  void wrong(std::string_view name);

 private:
  friend class JsonDocument;
  JsonMembers(JsonDocument::State& document, const boost::json::object& in)
      : document_(&document), in_(&in) {}
  /// The member, which is not null; nullptr where there is none.
  const boost::json::value* find(std::string_view name) const;
  template <typename T>
  T required(std::string_view name, std::optional<T> found);
  /// The list of that name where it is one and not too long; nullptr, and wrong, otherwise.
  const boost::json::array* list(std::string_view name, std::size_t count_max);

  JsonDocument::State* document_;
  const boost::json::object* in_;
};

}  // namespace cordon
