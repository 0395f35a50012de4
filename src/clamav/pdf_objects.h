#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "clamav/pdf_filters.h"
#include "clamav/pdf_syntax.h"

namespace cordon {

/// How much of its own content a file may make us read again and again.
class PdfBudget {
 public:
  explicit PdfBudget(std::uint64_t left) : left_(left) {}

  bool spend(std::uint64_t amount) {
    spent_up_ = spent_up_ || amount > left_;
    left_ -= spent_up_ ? left_ : amount;
    return !spent_up_;
  }
  bool spent_up() const { return spent_up_; }

 private:
  std::uint64_t left_;
  bool spent_up_ = false;
};

/// Every place of a PDF file where "12 0 obj" stands, in whatever revision and whether or not a
/// cross-reference table lists it.
class PdfObjects {
 public:
  struct Place {
    std::int64_t number = -1;  ///< Unknown when nothing sensible stands in front of "obj".
    std::int64_t generation = 0;
    std::uint64_t behind = 0;  ///< Where the object's value begins.
  };

  /// `budget` outlives it. At most kPdfObjectsMax places; `too_many` tells whether there are more.
  PdfObjects(std::span<const std::byte> pdf, PdfBudget& budget);

  const std::vector<Place>& places() const { return places_; }
  bool too_many() const { return too_many_; }

  struct Resolved {
    std::vector<PdfValue> values = {};  ///< All different, of the newest revision first.
    bool all = true;                    ///< There are no more.
  };

  /// `value`, or what it refers to, in every revision up to a bound. Empty when that is nowhere.
  Resolved resolve(const PdfValue& value) const;
  /// An object that is packed into an object stream.
  void add_packed(std::int64_t number, PdfValue value);

 private:
  void resolve(const PdfValue& value, int depth, Resolved& into) const;

  std::span<const std::byte> pdf_;
  PdfBudget& budget_;
  std::vector<Place> places_;
  std::vector<std::uint32_t> by_number_;
  std::multimap<std::int64_t, PdfValue> packed_;
  bool too_many_ = false;
};

inline constexpr std::size_t kPdfObjectsMax = 1'000'000;

/// A way to read one stream.
struct PdfChain {
  std::vector<PdfStep> steps = {};
  bool to_the_end = true;  ///< No filter that is not ours follows.
  /// The name in its /Crypt filter, which says how it is encrypted.
  std::optional<std::string> crypt_filter = std::nullopt;

  bool operator==(const PdfChain&) const = default;
};

/// Every way to read one stream, from `chains_of` to the reader. A flag says that these are perhaps
/// not all, or not the right ones: the stream then counts as one that could not be read.
struct PdfChains {
  std::vector<PdfChain> ways = {};  ///< One, unless the dictionary contradicts itself.
  bool unresolved = false;          ///< It refers to an object that is nowhere,
  bool ambiguous = false;           ///< or has other values in other revisions.
  bool too_many = false;
};

/// What a stream's dictionary says about its filters, up to the first that encodes a picture or is
/// unknown.
PdfChains chains_of(const PdfValue& dictionary, const PdfObjects& objects);

/// Called with an object's number and the text from its beginning on; returns false to stop.
using UsePackedObject = std::function<bool(std::int64_t number, std::span<const std::byte> text)>;

/// Every object in the decoded `text` of an object stream (ISO 32000-1, 7.5.7): N pairs of number
/// and offset, then the objects, from First on. `dictionary` has both keys. False when the stream
/// is not of that form, or stopped.
bool each_object_in(const PdfValue& dictionary, std::span<const std::byte> text,
                    const PdfObjects& objects, const UsePackedObject& use);

}  // namespace cordon
