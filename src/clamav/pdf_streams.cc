#include "clamav/pdf_streams.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "clamav/mark_search.h"
#include "clamav/member_giver.h"
#include "clamav/pdf_encryption.h"
#include "clamav/pdf_filters.h"
#include "clamav/pdf_objects.h"
#include "clamav/pdf_pictures.h"
#include "clamav/pdf_scripts.h"
#include "clamav/pdf_syntax.h"
#include "clamav/pdf_xref.h"

// Readers of PDF find streams in different ways: by the cross-reference table, or, when that is
// damaged, by searching for objects. So that no reader finds one that we do not, everything that
// could be a stream is one here, in two passes: behind each "obj" a dictionary and "stream", and
// then each ">> stream" that the first pass did not come by.

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t kHeaderWithin = 1024;
/// Dictionaries of streams are some hundred bytes; those of other objects may be longer.
constexpr std::size_t kDictionaryBytesMax = 1U << 20;
constexpr std::size_t kPackedBytesMax = 16U << 20;
constexpr std::size_t kNoPlace = SIZE_MAX;
constexpr Mark kStream{.bytes = "stream", .rare = 5};
constexpr Mark kEndStream{.bytes = "endstream", .rare = 8};

struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;

  bool operator==(const Range&) const = default;
  std::size_t size() const { return end - begin; }
};

struct Stream {
  std::size_t place = 0;  ///< Index of its object; kNoPlace: nobody knows.
  std::size_t behind_keyword = 0;
};

class PdfReader {
 public:
  PdfReader(Bytes pdf, const std::filesystem::path& temp_directory, const UnpackLimits& limits,
            const UseMember& use)
      : pdf_(pdf),
        parsing_(32 * std::uint64_t{pdf.size()} + (16U << 20)),
        taking_(8 * std::uint64_t{pdf.size()} + (1U << 20)),
        objects_(pdf, parsing_),
        giver_(temp_directory, limits, use) {}

  Unpacking read() {
    if (objects_.too_many()) giver_.note(Reason::limit, "a PDF has too many objects");
    if (find_streams() && open_encryption() && give_streams() && give_scripts()) {
      give_unclaimed_streams();
    }
    if (parsing_.spent_up() || taking_.spent_up()) {
      giver_.note(Reason::limit, "the streams of a PDF overlap too often");
    }
    return std::move(giver_).result();
  }

 private:
  bool go_on() { return giver_.may_go_on() && !parsing_.spent_up() && !taking_.spent_up(); }
  char at(std::size_t place) const { return std::to_integer<char>(pdf_[place]); }
  Bytes piece(const Range& extent) const { return pdf_.subspan(extent.begin, extent.size()); }

  /// The dictionary at `begin` and, if "stream" follows, where that word ends.
  std::optional<std::pair<PdfValue, std::size_t>> dictionary_at(std::size_t begin);
  bool find_streams();
  void note_encryption(const PdfValue& dictionary);
  bool open_encryption();
  PdfCipher cipher_for(const Stream& stream, const PdfValue& dictionary,
                       const PdfChain& chain) const;
  bool give_streams();
  std::size_t begin_of(const Stream& stream) const {
    return static_cast<std::size_t>(objects_.places()[stream.place].behind);
  }
  bool each_packed_object(const UsePackedObject& use);
  void unpack_referred_objects();
  std::optional<std::vector<std::byte>> small_content(const Stream& stream,
                                                      const PdfValue& dictionary);
  void find_references();
  bool tables_agree();
  bool is_only_drawn(const Stream& stream, const PdfValue& dictionary, const PdfChain& chain);
  bool give_scripts();
  bool give_script(Bytes value, const PdfCipher& cipher);
  bool give_packed_scripts();
  PdfCipher text_cipher_for(std::optional<std::size_t> object) const;
  bool give_unclaimed_streams();
  bool give_unclaimed(std::size_t keyword);
  bool give_stream(const PdfValue& dictionary, const Stream& stream);
  bool give_plain(const std::vector<Range>& extents);
  bool give_decoded(const Range& extent, const PdfCipher& cipher,
                    const std::vector<PdfStep>& steps);
  std::vector<std::size_t> begins(std::size_t behind_keyword) const;
  std::vector<Range> extents_from(std::size_t begin, const PdfValue& dictionary);
  bool ends_at(std::size_t end) const;
  std::size_t end_mark_from(std::size_t begin);

  Bytes pdf_;
  PdfBudget parsing_;
  PdfBudget taking_;
  PdfObjects objects_;
  MemberGiver giver_;
  std::vector<Stream> streams_;
  std::set<std::int64_t> script_numbers_;  ///< Objects that a /JS refers to.
  std::vector<PdfValue> encrypt_entries_;  ///< What /Encrypt is, in whatever revision.
  std::vector<std::string> ids_;           ///< First halves of /ID.
  std::optional<PdfEncryption> encryption_;
  std::optional<PdfReferences> references_;  ///< Found when the first picture asks for them.
  bool unpacked_ = false;                    ///< The object streams, for what is referred to.
  Range no_end_mark_ = {};                   ///< In there, none begins but at its end.
};

std::optional<std::pair<PdfValue, std::size_t>> PdfReader::dictionary_at(std::size_t begin) {
  const Bytes rest = pdf_.subspan(begin);
  PdfLexer lexer(rest.first(std::min(rest.size(), kDictionaryBytesMax)));
  std::optional<PdfValue> value = lexer.value();
  const bool is_stream =
      value && value->kind == PdfValue::Kind::dictionary && lexer.keyword("stream");
  parsing_.spend(lexer.position() + 1);
  if (!is_stream) return std::nullopt;
  note_encryption(*value);
  return std::pair(*std::move(value), begin + lexer.position());
}

bool PdfReader::find_streams() {
  const auto& places = objects_.places();
  for (std::size_t i = 0; i < places.size() && go_on(); ++i) {
    const auto found = dictionary_at(static_cast<std::size_t>(places[i].behind));
    if (found) streams_.push_back({.place = i, .behind_keyword = found->second});
  }
  // A dictionary may be reached from several places: from "1 0 obj" in a text in it, for instance.
  std::ranges::stable_sort(streams_, {}, &Stream::behind_keyword);
  const auto twice =
      std::unique(streams_.begin(), streams_.end(), [](const Stream& one, const Stream& other) {
        return one.behind_keyword == other.behind_keyword;
      });
  streams_.erase(twice, streams_.end());
  return go_on();
}

void PdfReader::note_encryption(const PdfValue& dictionary) {
  constexpr std::size_t kRevisionsMax = 8;
  const PdfValue* encrypt = dictionary.find("Encrypt");
  const bool encrypted = encrypt != nullptr && encrypt->kind != PdfValue::Kind::other;
  if (encrypted && encrypt_entries_.size() < kRevisionsMax) encrypt_entries_.push_back(*encrypt);
  const PdfValue* id = dictionary.find("ID");
  if (id == nullptr || ids_.size() == kRevisionsMax) return;
  for (const PdfValue& both : objects_.resolve(*id).values) {
    if (!both.items.empty()) ids_.push_back(both.items.front().text);
  }
}

/// The dictionaries of cross-reference streams were seen; others that matter are in trailers.
bool PdfReader::open_encryption() {
  constexpr Mark kTrailer{.bytes = "trailer", .rare = 4};
  std::optional<std::size_t> found = find_mark(pdf_, kTrailer);
  for (; found && go_on(); found = find_mark(pdf_, kTrailer, *found + 1)) {
    const Bytes rest = pdf_.subspan(*found + kTrailer.bytes.size());
    PdfLexer lexer(rest.first(std::min(rest.size(), kDictionaryBytesMax)));
    if (const auto dictionary = lexer.value()) note_encryption(*dictionary);
    parsing_.spend(lexer.position() + 1);
  }
  if (encrypt_entries_.empty()) return go_on();
  ids_.emplace_back();
  for (const PdfValue& entry : encrypt_entries_) {
    for (const PdfValue& dictionary : objects_.resolve(entry).values) {
      for (const std::string& id : ids_) {
        if (!encryption_) encryption_ = PdfEncryption::open(dictionary, id, objects_);
      }
    }
  }
  if (!encryption_) giver_.note(Reason::encrypted, "password-protected PDF");
  return go_on() && encryption_;
}

bool PdfReader::give_streams() {
  for (const Stream& stream : streams_) {
    if (!go_on()) return false;
    const auto found = dictionary_at(begin_of(stream));
    if (found && !give_stream(found->first, stream)) return false;
  }
  return go_on();
}

/// Calls `use` with the number and the text, from its beginning on, of each object that is packed
/// into a stream of objects. False when one of these streams cannot be read, or in several ways.
bool PdfReader::each_packed_object(const UsePackedObject& use) {
  bool all = true;
  for (const Stream& stream : streams_) {
    if (!go_on()) return false;
    const auto found = dictionary_at(begin_of(stream));
    if (!found || !found->first.find("First") || !found->first.find("N")) continue;
    const auto text = small_content(stream, found->first);
    all = text && each_object_in(found->first, *text, objects_, use) && all;
  }
  return all;
}

/// The decoded content of a stream of up to some MiB, when there is one way to read it.
std::optional<std::vector<std::byte>> PdfReader::small_content(const Stream& stream,
                                                               const PdfValue& dictionary) {
  const PdfChains chains = chains_of(dictionary, objects_);
  const PdfChain& chain = chains.ways.front();
  const std::vector<Range> extents =
      extents_from(begins(stream.behind_keyword).front(), dictionary);
  const bool one_way = chains.ways.size() == 1 && !chains.unresolved && !chains.ambiguous &&
                       chain.to_the_end && (extents.size() == 1 || !chain.steps.empty());
  std::vector<std::byte> content;
  if (!one_way || !taking_.spend(extents.front().size())) return std::nullopt;
  const PdfDecoding decoding = decode_pdf(
      piece(extents.front()), cipher_for(stream, dictionary, chain), chain.steps, [&](Bytes bytes) {
        content.insert(content.end(), bytes.begin(), bytes.end());
        return content.size() < kPackedBytesMax;
      });
  const bool read = decoding == PdfDecoding::whole || decoding == PdfDecoding::cut_off;
  return read ? std::optional(std::move(content)) : std::nullopt;
}

/// Some writers pack the objects that a dictionary refers to.
void PdfReader::unpack_referred_objects() {
  constexpr std::size_t kBytesMax = 4096;
  (void)each_packed_object([&](std::int64_t number, Bytes text) {
    PdfLexer lexer(text.first(std::min(text.size(), kBytesMax)));
    std::optional<PdfValue> value = lexer.value();
    if (value) objects_.add_packed(number, *std::move(value));
    return parsing_.spend(lexer.position() + 1);
  });
}

void PdfReader::find_references() {
  references_.emplace();
  const auto note = [&](std::int64_t /*number*/, Bytes text) {
    PdfLexer lexer(text.first(std::min(text.size(), kDictionaryBytesMax)));
    lexer.watch_references([&](auto number, auto keys) { references_->note(number, keys); });
    const bool read = lexer.value() || lexer.keyword("endobj");
    return parsing_.spend(lexer.position() + 1) && read;
  };
  for (const PdfObjects::Place& place : objects_.places()) {
    const Bytes text = pdf_.subspan(static_cast<std::size_t>(place.behind));
    if (go_on() && !note(place.number, text) && place.number >= 0) references_->note_unreadable();
  }
  if (!each_packed_object(note) || !tables_agree()) references_->note_unreadable();
}

/// Whether each entry of each cross-reference table leads to the object of its number, so that no
/// reader takes a picture for something else.
bool PdfReader::tables_agree() {
  constexpr Mark kHeader{.bytes = "%PDF-", .rare = 0};
  const std::uint64_t header = find_mark(pdf_, kHeader).value_or(0);
  const UseXrefEntry agrees = [&](std::int64_t number, std::uint64_t offset) {
    // Offsets count from the header or from the beginning of the file.
    return leads_to(pdf_, objects_.places(), number, offset) &&
           (header == 0 || leads_to(pdf_, objects_.places(), number, offset + header));
  };
  if (!each_table_entry(pdf_, parsing_, agrees)) return false;
  for (const Stream& stream : streams_) {
    const auto found = dictionary_at(begin_of(stream));
    if (!go_on()) return false;
    if (!found || !found->first.find("W")) continue;
    const auto content = small_content(stream, found->first);
    if (!content || !each_stream_entry(found->first, *content, agrees)) return false;
  }
  return true;
}

/// The pixels of a picture that is drawn and nothing else. They take up to a thousand times the
/// room of the file, and are no file to anybody.
bool PdfReader::is_only_drawn(const Stream& stream, const PdfValue& dictionary,
                              const PdfChain& chain) {
  if (stream.place == kNoPlace || chain.steps.empty() || !chain.to_the_end ||
      !describes_picture(dictionary)) {
    return false;
  }
  if (!references_) find_references();
  return references_->only_drawn(objects_.places()[stream.place].number);
}

/// Wherever the key stands, for a dictionary that cannot be read may be one to another reader.
/// (Texts in a stream of objects are not encrypted on their own.)
bool PdfReader::give_scripts() {
  const auto& places = objects_.places();
  const auto object_of = [&](std::size_t at) -> std::optional<std::size_t> {
    const auto next = std::ranges::upper_bound(places, at, {}, &PdfObjects::Place::behind);
    if (next == places.begin()) return std::nullopt;
    return static_cast<std::size_t>(next - places.begin()) - 1;
  };
  const bool all_given = each_script_value(pdf_, [&](std::size_t at) {
    return give_script(pdf_.subspan(at), text_cipher_for(object_of(at)));
  });
  if (!all_given || !give_packed_scripts()) return false;
  if (script_numbers_.empty()) return go_on();
  for (std::size_t i = 0; i < places.size() && go_on(); ++i) {
    if (!script_numbers_.contains(places[i].number)) continue;
    give_script(pdf_.subspan(static_cast<std::size_t>(places[i].behind)), text_cipher_for(i));
  }
  (void)each_packed_object([&](std::int64_t number, Bytes text) {
    return !script_numbers_.contains(number) || give_script(text, {});
  });
  return go_on();
}

bool PdfReader::give_packed_scripts() {
  for (const Stream& stream : streams_) {
    if (!go_on()) return false;
    const auto found = dictionary_at(begin_of(stream));
    if (!found || !found->first.find("First") || !found->first.find("N")) continue;
    const auto text = small_content(stream, found->first);
    if (!text) {
      giver_.note(Reason::unsupported, "the objects that a PDF has packed cannot be read");
      continue;
    }
    const bool all_given = each_script_value(
        *text, [&](std::size_t at) { return give_script(Bytes(*text).subspan(at), {}); });
    if (!all_given) return false;
  }
  return go_on();
}

/// `value` begins with what stands under /JS, or with the object that this refers to.
bool PdfReader::give_script(Bytes value, const PdfCipher& cipher) {
  PdfLexer lexer(value);
  const std::optional<PdfValue> found = lexer.text_or_reference();
  parsing_.spend(lexer.position() + 1);
  if (!found) return go_on();
  if (found->kind == PdfValue::Kind::reference) {
    script_numbers_.insert(found->number);
    return go_on();
  }
  if (!taking_.spend(found->text.size())) return false;
  const PdfText script = read_pdf_text(found->text, cipher);
  return giver_.give(as_bytes_of(script.bytes)) && giver_.give(as_bytes_of(script.utf8));
}

PdfCipher PdfReader::text_cipher_for(std::optional<std::size_t> object) const {
  if (!encryption_) return {};
  return encryption_->text_cipher_for(object ? objects_.places()[*object] : PdfObjects::Place{});
}

bool PdfReader::give_unclaimed_streams() {
  std::optional<std::size_t> found = find_mark(pdf_, kStream);
  for (; found && go_on(); found = find_mark(pdf_, kStream, *found + kStream.bytes.size())) {
    if (*found >= 1 && at(*found - 1) == 'd') continue;  // "endstream"
    const std::size_t behind = *found + kStream.bytes.size();
    if (std::ranges::binary_search(streams_, behind, {}, &Stream::behind_keyword)) continue;
    if (behind < pdf_.size() && !is_pdf_space(at(behind))) continue;
    if (!give_unclaimed(*found)) return false;
  }
  return go_on();
}

/// A stream whose object is not there, or whose dictionary is not written by the rules.
bool PdfReader::give_unclaimed(std::size_t keyword) {
  constexpr std::size_t kSearched = 4096;
  constexpr std::size_t kSpaceMax = 256;
  std::size_t end = keyword;
  while (end > 0 && keyword - end < kSpaceMax && is_pdf_space(at(end - 1))) --end;
  if (end < 2 || at(end - 1) != '>' || at(end - 2) != '>') return true;
  constexpr Mark kOpen{.bytes = "<<", .rare = 0};
  const std::size_t behind = keyword + kStream.bytes.size();
  std::optional<PdfValue> dictionary;
  std::optional<std::size_t> open = find_last_mark(pdf_, kOpen, end);
  for (; open && end - *open < kSearched; open = find_last_mark(pdf_, kOpen, *open)) {
    auto found = dictionary_at(*open);
    if (found && found->second == behind) dictionary = std::move(found->first);
    if (!go_on()) return false;
  }
  const Stream stream{.place = kNoPlace, .behind_keyword = behind};
  if (dictionary) return give_stream(*dictionary, stream);
  giver_.note(Reason::unsupported, "the dictionary of a stream in a PDF cannot be read");
  return give_stream({}, stream);
}

PdfCipher PdfReader::cipher_for(const Stream& stream, const PdfValue& dictionary,
                                const PdfChain& chain) const {
  if (!encryption_) return {};
  const bool known = stream.place != kNoPlace;
  const auto place = known ? objects_.places()[stream.place] : PdfObjects::Place{};
  return encryption_->cipher_for(place, dictionary, chain.crypt_filter);
}

bool PdfReader::give_stream(const PdfValue& dictionary, const Stream& stream) {
  PdfChains chains = chains_of(dictionary, objects_);
  if (chains.unresolved && !std::exchange(unpacked_, true)) unpack_referred_objects();
  if (chains.unresolved) chains = chains_of(dictionary, objects_);
  if (chains.unresolved || chains.ambiguous || chains.too_many) {
    giver_.note(chains.too_many ? Reason::limit : Reason::unsupported,
                "the filters of a stream in a PDF cannot be read");
  }
  for (const std::size_t begin : begins(stream.behind_keyword)) {
    const std::vector<Range> extents = extents_from(begin, dictionary);
    for (const PdfChain& chain : chains.ways) {
      if (is_only_drawn(stream, dictionary, chain)) continue;
      const PdfCipher cipher = cipher_for(stream, dictionary, chain);
      const bool plain = chain.steps.empty() && cipher.method == PdfCipher::Method::none;
      const bool given =
          plain ? give_plain(extents) : give_decoded(extents.front(), cipher, chain.steps);
      if (!given) return false;
    }
  }
  return true;
}

bool PdfReader::give_plain(const std::vector<Range>& extents) {
  return std::ranges::all_of(extents, [&](const Range& extent) {
    return taking_.spend(extent.size()) && giver_.give(piece(extent));
  });
}

bool PdfReader::give_decoded(const Range& extent, const PdfCipher& cipher,
                             const std::vector<PdfStep>& steps) {
  if (!taking_.spend(extent.size())) return false;
  const PdfDecoding decoding =
      decode_pdf(piece(extent), cipher, steps, [&](Bytes bytes) { return giver_.add(bytes); });
  if (decoding == PdfDecoding::damaged) {
    giver_.note(Reason::unsupported, "a stream in a PDF is damaged");
  }
  return giver_.give_gathered();
}

/// Where the data may begin: behind the line end that follows the word, which some writers put
/// spaces in front of. Without one there, right behind the word, or, as some readers take it, on
/// the next line.
std::vector<std::size_t> PdfReader::begins(std::size_t behind_keyword) const {
  constexpr std::size_t kLineMax = 1024;
  std::size_t begin = behind_keyword;
  while (begin < pdf_.size() && (at(begin) == ' ' || at(begin) == '\t')) ++begin;
  const auto behind_line_end = [&](std::size_t line_end) {
    const bool both =
        at(line_end) == '\r' && line_end + 1 < pdf_.size() && at(line_end + 1) == '\n';
    return line_end + (both ? 2 : 1);
  };
  const auto is_line_end = [&](std::size_t i) { return at(i) == '\r' || at(i) == '\n'; };
  if (begin < pdf_.size() && is_line_end(begin)) return {behind_line_end(begin)};
  std::vector<std::size_t> all = {behind_keyword};
  for (std::size_t i = begin; i < pdf_.size() && i - begin < kLineMax; ++i) {
    if (!is_line_end(i)) continue;
    all.push_back(behind_line_end(i));
    break;
  }
  return all;
}

/// The first is the longest that can be meant. At least one.
std::vector<Range> PdfReader::extents_from(std::size_t begin, const PdfValue& dictionary) {
  const std::size_t mark = std::max(end_mark_from(begin), begin);
  std::size_t stripped = mark;  // The line end in front of the mark is no data (7.3.8.1).
  if (mark < pdf_.size()) {
    if (stripped > begin && at(stripped - 1) == '\n') --stripped;
    if (stripped > begin && at(stripped - 1) == '\r') --stripped;
  }
  std::vector<Range> extents;
  const auto add = [&](std::size_t end) {
    const Range extent{.begin = begin, .end = end};
    if (std::ranges::find(extents, extent) == extents.end()) extents.push_back(extent);
  };
  bool exact = false;
  for (const auto& [key, value] : dictionary.entries) {
    if (key != "Length") continue;
    for (const PdfValue& length : objects_.resolve(value).values) {
      const auto bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(length.number, 0));
      if (length.kind != PdfValue::Kind::number || bytes > pdf_.size() - begin) continue;
      const std::size_t end = begin + static_cast<std::size_t>(bytes);
      const bool is_exact = end >= stripped && end <= mark;
      if (is_exact || end < stripped || ends_at(end)) add(end);
      exact = exact || is_exact;
    }
  }
  if (!exact) add(stripped);
  std::ranges::stable_sort(extents, std::ranges::greater(), &Range::end);
  return extents;
}

/// True when the mark of a stream's or object's end follows.
bool PdfReader::ends_at(std::size_t end) const {
  PdfLexer lexer(pdf_.subspan(end, std::min<std::size_t>(pdf_.size() - end, 64)));
  return lexer.keyword("endstream") || lexer.keyword("endobj");
}

/// The first mark of an end from `begin` on; the size of the file if there is none.
std::size_t PdfReader::end_mark_from(std::size_t begin) {
  if (begin >= no_end_mark_.begin && begin <= no_end_mark_.end) return no_end_mark_.end;
  const std::size_t end = find_mark(pdf_, kEndStream, begin).value_or(pdf_.size());
  parsing_.spend(end - begin);
  no_end_mark_ = {.begin = begin, .end = end};
  return end;
}

}  // namespace

bool is_pdf(Bytes content) {
  constexpr Mark kHeader{.bytes = "%PDF-", .rare = 0};
  return find_mark(content.first(std::min(content.size(), kHeaderWithin + kHeader.bytes.size())),
                   kHeader)
      .has_value();
}

Unpacking read_pdf_streams(Bytes pdf, const std::filesystem::path& temp_directory,
                           const UnpackLimits& limits, const UseMember& use) {
  return PdfReader(pdf, temp_directory, limits, use).read();
}

}  // namespace cordon
