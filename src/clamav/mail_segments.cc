#include "clamav/mail_segments.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace cordon {
namespace {

constexpr std::size_t kLevelsMax = 100;
constexpr std::size_t kBoundariesMax = 10'000;
constexpr std::size_t kFieldBytesMax = 256U << 10;
/// Longer ones than RFC 2046 allows; PartHeaders has none that are longer still.
constexpr std::size_t kBoundaryBytesMax = 256;

std::string_view without_blank_end(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\0')) {
    text.remove_suffix(1);
  }
  return text;
}

bool is_mail(const PartHeaders& headers) {
  return headers.has_type("message/rfc822") || headers.has_type("message/global") ||
         headers.has_type("message/news");
}

/// Those that say how a body is to be read; others may be long, and many.
bool matters(std::string_view line, std::size_t name_length) {
  constexpr std::size_t kLongest = 25;
  if (name_length > kLongest) return false;
  const std::string name = lower(line.substr(0, name_length));
  return name == "content-type" || name == "content-transfer-encoding" ||
         name == "transfer-encoding";
}

/// What stands in front of the headers of a mail in a mailbox or of a saved answer from the web.
bool is_envelope(std::string_view line) {
  return line.starts_with("From ") || line.starts_with(">From ") || line.starts_with("HTTP/");
}

}  // namespace

bool is_encoded(const PartHeaders& headers) {
  return std::ranges::any_of(headers.encodings, [](const std::string& encoding) {
    return encoding.find("base64") != std::string::npos ||
           encoding.find("quoted") != std::string::npos || encoding.find("uu") != std::string::npos;
  });
}

bool MailSegments::Boundaries::add(const std::string& boundary) {
  const std::string known = lower(boundary);
  if (by_length_[known.size()].insert(known).second) ++count_;
  return count_ <= kBoundariesMax;
}

std::string_view MailSegments::Boundaries::longest_prefix(std::string_view line) const {
  if (by_length_.empty()) return {};
  const std::string start = lower(line.substr(0, kBoundaryBytesMax));
  for (const auto& [length, boundaries] : by_length_) {
    if (length > start.size()) continue;
    const auto found = boundaries.find(std::string_view(start).substr(0, length));
    if (found != boundaries.end()) return *found;
  }
  return {};
}

void MailSegments::read_mail() {
  start_headers(true);
  read_lines();
}

void MailSegments::read_body(const std::vector<std::string>& boundaries) {
  headers_.boundaries = boundaries;
  enter_multipart(0);
  read_lines();
}

void MailSegments::read_lines() {
  TextLines lines(text_, 0, reading_.lf_only);
  std::size_t count = 0;
  while (const auto line = lines.next()) {
    if (++count % 1024 == 0 && !feed_.wants_more()) return;
    const std::string_view characters = line->of(text_);
    const bool divides = characters.starts_with("--") && take_boundary(*line, characters);
    if (!divides && in_headers_) take_header_line(*line, characters);
    bare_cr_before_ = line->bare_cr;
  }
  end_body(text_.size(), false);
}

bool MailSegments::take_boundary(const TextLine& line, std::string_view characters) {
  const std::string_view candidate = without_blank_end(characters.substr(2));
  const std::string_view prefix = known_.longest_prefix(candidate);
  if (prefix.empty()) return false;
  if (bare_cr_before_ || line.bare_cr) differences_.lf_only = true;
  Border border = expected_border(candidate);
  if (border == Border::none) {
    differences_.any_boundary = true;
    if (!reading_.any_boundary) return false;
    border = candidate.substr(prefix.size()) == "--" ? Border::end : Border::part;
  }
  end_body(line.begin, true);
  if (border == Border::part) {
    start_headers(false);
  } else {
    headers_ = {};
    start_body(line.next);
  }
  return true;
}

/// From the innermost part to the outermost, which ends those within.
MailSegments::Border MailSegments::expected_border(std::string_view candidate) {
  for (std::size_t i = levels_.size(); i-- > 0;) {
    for (const std::string& boundary : levels_[i].boundaries) {
      if (!candidate.starts_with(boundary)) continue;
      const std::string_view rest = candidate.substr(boundary.size());
      if (!rest.empty() && rest != "--") continue;
      levels_.resize(rest.empty() ? i + 1 : i);
      return rest.empty() ? Border::part : Border::end;
    }
  }
  return Border::none;
}

void MailSegments::take_header_line(const TextLine& line, std::string_view characters) {
  if (trim(characters).empty()) {
    // A line of blanks continues a field (RFC 5322 4.2), or looks as if it ended the headers.
    if (at_mail_start_ || !characters.empty()) differences_.strict_headers = true;
    if (reading_.strict_headers || (characters.empty() && !at_mail_start_)) end_headers(line.next);
    return;
  }
  if (at_mail_start_ && is_envelope(characters)) return;
  at_mail_start_ = false;
  if (characters.front() == ' ' || characters.front() == '\t') {
    if (!field_.empty()) extend_field(characters);
    return;
  }
  end_field();
  if (const auto name_length = field_name_length(characters)) {
    if (matters(characters, *name_length)) extend_field(characters);
    return;
  }
  differences_.strict_headers = true;
  if (!reading_.strict_headers) return;
  end_headers(line.begin);
  if (in_headers_) take_header_line(line, characters);  // Those of a mail in this part.
}

void MailSegments::extend_field(std::string_view characters) {
  if (field_.size() + characters.size() > kFieldBytesMax) {
    feed_.report(Reason::limit, "a header field of a mail is too long");
    return;
  }
  field_ += characters;
}

void MailSegments::end_field() {
  if (!field_.empty()) take_field(field_, headers_);
  field_.clear();
}

void MailSegments::start_headers(bool of_mail) {
  headers_ = {};
  field_.clear();
  in_headers_ = true;
  of_mail_ = of_mail;
  at_mail_start_ = of_mail;
}

void MailSegments::end_headers(std::size_t body_begin) {
  end_field();
  if (headers_.too_many) feed_.report(Reason::limit, "a part of a mail has too many headers");
  if (headers_.types.empty() && !of_mail_ && !levels_.empty() && levels_.back().digest) {
    headers_.types.emplace_back("message/rfc822");
  }
  const bool encoded = is_encoded(headers_);
  if (headers_.is_multipart() && !headers_.boundaries.empty() && !encoded) {
    enter_multipart(body_begin);
  } else if (is_mail(headers_) && !encoded) {
    start_headers(true);
  } else {
    start_body(body_begin);
  }
}

void MailSegments::enter_multipart(std::size_t body_begin) {
  bool fits = levels_.size() < kLevelsMax;
  for (const std::string& boundary : headers_.boundaries) {
    if (!known_.add(boundary)) fits = false;
  }
  if (fits) {
    levels_.push_back(
        {.boundaries = headers_.boundaries, .digest = headers_.has_type("multipart/digest")});
  } else {
    feed_.report(Reason::limit, "a mail has too many parts within parts");
  }
  headers_ = {};
  start_body(body_begin);
}

void MailSegments::start_body(std::size_t begin) {
  in_headers_ = false;
  body_begin_ = begin;
}

/// The end of a line in front of a boundary belongs to the boundary (RFC 2046 5.1.1).
void MailSegments::end_body(std::size_t end, bool at_boundary) {
  if (in_headers_) {
    end_field();
    return;
  }
  if (at_boundary && end > body_begin_ && text_[end - 1] == '\n') --end;
  if (at_boundary && end > body_begin_ && text_[end - 1] == '\r') --end;
  use_(headers_, text_.substr(body_begin_, end - body_begin_));
}

}  // namespace cordon
