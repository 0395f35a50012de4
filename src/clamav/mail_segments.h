#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "clamav/mail_headers.h"
#include "clamav/member_feed.h"
#include "clamav/text_lines.h"

namespace cordon {

/// Where two mail programs may read one mail differently. A reader that looks for all that one of
/// them could see reads a mail once more for each that occurs in it.
struct MailReading {
  /// Each line that starts with a boundary of this mail divides it, also where that boundary is not
  /// expected (behind its end, inside of a neighbour), with something behind it or in another case.
  bool any_boundary = false;
  /// A line that is no field ends the headers, as does one of blanks only.
  bool strict_headers = false;
  /// A bare CR is a character and ends no line.
  bool lf_only = false;

  auto operator<=>(const MailReading&) const = default;
};

/// Divides a mail into the bodies of its parts: what stands in front of the first boundary and
/// behind the last one too, as parts without headers. Parts inside of parts and of forwarded mails
/// are divided as well. One pass over the lines; the memory is that of the headers.
class MailSegments {
 public:
  using UseBody = std::function<void(const PartHeaders& headers, std::string_view body)>;

  MailSegments(std::string_view text, MailReading reading, MemberFeed& feed, const UseBody& use)
      : text_(text), reading_(reading), feed_(feed), use_(use) {}

  /// Starts with the headers of a mail.
  void read_mail();
  /// Starts in the body of a part with these boundaries.
  void read_body(const std::vector<std::string>& boundaries);

  /// The members that are set occurred and would make a difference.
  const MailReading& differences() const { return differences_; }
  /// Once read: a multipart has no end.
  bool left_open() const { return !levels_.empty(); }

 private:
  enum class Border { none, part, end };

  struct Level {
    std::vector<std::string> boundaries;
    bool digest = false;  ///< multipart/digest: its parts are mails unless they say otherwise.
  };

  /// All boundaries of a mail in lower case, by length: a prefix of a line is found by one look-up
  /// for each length.
  class Boundaries {
   public:
    /// False: too many.
    bool add(const std::string& boundary);
    /// The longest that `line` starts with; empty: none.
    std::string_view longest_prefix(std::string_view line) const;

   private:
    std::map<std::size_t, std::set<std::string, std::less<>>, std::greater<>> by_length_;
    std::size_t count_ = 0;
  };

  void read_lines();
  /// True when the line divides the mail.
  bool take_boundary(const TextLine& line, std::string_view characters);
  Border expected_border(std::string_view candidate);
  void take_header_line(const TextLine& line, std::string_view characters);
  void extend_field(std::string_view characters);
  void end_field();
  void start_headers(bool of_mail);
  void end_headers(std::size_t body_begin);
  void start_body(std::size_t begin);
  void end_body(std::size_t end, bool at_boundary);
  void enter_multipart(std::size_t body_begin);

  std::string_view text_;
  MailReading reading_;
  MemberFeed& feed_;
  const UseBody& use_;
  MailReading differences_;

  std::vector<Level> levels_;
  Boundaries known_;
  PartHeaders headers_;
  std::string field_;  ///< Unfolded so far.
  bool in_headers_ = false;
  bool of_mail_ = false;        ///< Those headers: not those of a part.
  bool at_mail_start_ = false;  ///< Empty lines may stand in front of a mail's headers.
  std::size_t body_begin_ = 0;
  bool bare_cr_before_ = false;
};

/// True when the body is encoded as a whole, so that boundaries in it are none of this mail's.
bool is_encoded(const PartHeaders& headers);

}  // namespace cordon
