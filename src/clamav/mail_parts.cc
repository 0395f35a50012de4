#include "clamav/mail_parts.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "base/text.h"
#include "clamav/mail_segments.h"
#include "clamav/mail_text.h"
#include "clamav/member_feed.h"
#include "clamav/text_encodings.h"
#include "clamav/transfer_codings.h"

// Mail programs agree about ordinary mails and about no other: what ends a line, what ends the
// headers, which of two boundaries or encodings counts. A reader that imitates one of them misses
// what another one shows. So a mail is read once as RFC 2046 says; the reading notes each place
// where others go another way (MailReading), and the mail is read again in each of these ways.
// Ordinary mails have no such place, and cost one pass. What comes twice is known by its digest.
//
// Decoded content is read again only where it must be: a mail or multipart that is encoded as a
// whole (which RFC 2046 forbids and programs send), headers of a mail in the middle of a text.

namespace cordon {
namespace {

constexpr int kDepthMax = 16;

struct Codings {
  bool plain = false;
  bool base64 = false;
  bool quoted_printable = false;
};

/// All that the headers name; nothing named, or nothing known, means plain.
Codings codings_of(const PartHeaders& headers) {
  Codings out;
  for (const std::string& encoding : headers.encodings) {
    const bool base64 = encoding.find("base64") != std::string::npos;
    const bool quoted = encoding.find("quoted") != std::string::npos;
    out.base64 = out.base64 || base64;
    out.quoted_printable = out.quoted_printable || quoted;
    out.plain = out.plain || (!base64 && !quoted);
  }
  if (headers.encodings.empty()) out.plain = true;
  return out;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(std::string_view(" \t\r\n\0", 5)) == std::string_view::npos;
}

/// A whole line of base64 at its beginning: some programs leave the header out.
bool starts_with_base64(std::string_view text) {
  constexpr std::size_t kLine = 56;
  return text.size() >= kLine && std::ranges::all_of(text.substr(0, kLine), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  c == '+' || c == '/';
         });
}

/// May hold text encodings and mails in text.
bool is_texty(const PartHeaders& headers) {
  return headers.types.empty() || headers.has_type("text") || headers.has_type("message/") ||
         headers.has_type("multipart/");
}

class MailReader {
 public:
  MailReader(std::size_t mail_bytes, MemberFeed& feed)
      : feed_(feed), work_left_((mail_bytes + kSmallBytes) * kPassesMax) {}

  void read_mailbox(std::string_view text);
  /// Parts without a mail around them.
  void read_parts(std::string_view text) { use_text(text, 0); }

 private:
  static constexpr std::uint64_t kPassesMax = 48;
  static constexpr std::size_t kSmallBytes = 4U << 10;

  using Read = std::function<void(MailSegments&)>;

  /// False: enough.
  bool may_work(std::string_view text);
  void read_mail(std::string_view mail, int depth);
  void read_body(std::string_view body, const std::vector<std::string>& boundaries, int depth);
  /// In each way in which the text can be read.
  bool read_in_all_ways(std::string_view text, int depth, const Read& read);
  void use_body(const PartHeaders& headers, std::string_view body, int depth);
  void use_decoded(const PartHeaders& headers, StagedMember& decoded, int depth);
  void use_content(const PartHeaders& headers, std::string_view content, bool decoded, int depth);
  void use_text(std::string_view text, int depth);

  MemberFeed& feed_;
  std::uint64_t work_left_;
};

bool MailReader::may_work(std::string_view text) {
  if (!feed_.wants_more()) return false;
  if (text.size() > work_left_) {
    feed_.report(Reason::limit, "a mail can be read in too many ways");
    return false;
  }
  work_left_ -= text.size();
  return true;
}

/// A mail that the next "From " line leaves without an end may be one whose text has such a line:
/// then it goes on until its multiparts are closed.
void MailReader::read_mailbox(std::string_view text) {
  const char* open_begin = nullptr;
  for (const std::string_view mail : split_mailbox(text)) {
    bool open = false;
    const bool whole = mail.size() == text.size();
    open = read_in_all_ways(mail, 0, [](MailSegments& segments) { segments.read_mail(); });
    const char* const end = mail.data() + mail.size();
    if (open && open_begin == nullptr && !whole) open_begin = mail.data();
    const bool last = end == text.data() + text.size();
    if (open_begin == nullptr || (open && !last)) continue;
    const std::string_view joined(open_begin, static_cast<std::size_t>(end - open_begin));
    if (joined.data() != mail.data()) read_mail(joined, 1);
    open_begin = nullptr;
  }
}

void MailReader::read_mail(std::string_view mail, int depth) {
  read_in_all_ways(mail, depth, [](MailSegments& segments) { segments.read_mail(); });
}

void MailReader::read_body(std::string_view body, const std::vector<std::string>& boundaries,
                           int depth) {
  read_in_all_ways(body, depth, [&](MailSegments& segments) { segments.read_body(boundaries); });
}

bool MailReader::read_in_all_ways(std::string_view text, int depth, const Read& read) {
  if (depth > kDepthMax) {
    feed_.report(Reason::limit, "content in a mail is nested too deeply");
    return false;
  }
  const MailSegments::UseBody use = [&](const PartHeaders& headers, std::string_view body) {
    use_body(headers, body, depth);
  };
  bool open = false;
  std::set<MailReading> known = {MailReading{}};
  std::vector<MailReading> to_do = {MailReading{}};
  while (!to_do.empty() && may_work(text)) {
    const MailReading reading = to_do.back();
    to_do.pop_back();
    MailSegments segments(text, reading, feed_, use);
    read(segments);
    if (reading == MailReading{}) open = segments.left_open();
    const MailReading& other = segments.differences();
    for (const MailReading& next :
         {MailReading{reading.any_boundary || other.any_boundary, reading.strict_headers,
                      reading.lf_only},
          MailReading{reading.any_boundary, reading.strict_headers || other.strict_headers,
                      reading.lf_only},
          MailReading{reading.any_boundary, reading.strict_headers,
                      reading.lf_only || other.lf_only}}) {
      if (known.insert(next).second) to_do.push_back(next);
    }
  }
  return open;
}

void MailReader::use_body(const PartHeaders& headers, std::string_view body, int depth) {
  if (is_blank(body) || !may_work(body)) return;
  if (headers.continues) {
    feed_.report(Reason::unsupported, "a part of a mail that continues in another mail");
  }
  Codings codings = codings_of(headers);
  if (headers.chunked) {
    StagedMember joined = feed_.staged();
    decode_chunks(body, joined);
    use_decoded(headers, joined, depth);
  }
  if (codings.base64 || (codings.plain && starts_with_base64(body))) {
    StagedMember decoded = feed_.staged();
    // What is no base64 was perhaps never meant to be.
    if (decode_base64(body, decoded) > 0 || decoded.size() == 0) codings.plain = true;
    use_decoded(headers, decoded, depth);
  }
  if (codings.quoted_printable) {
    StagedMember decoded = feed_.staged();
    decode_quoted_printable(body, decoded);
    use_decoded(headers, decoded, depth);
  }
  if (codings.plain) use_content(headers, body, false, depth);
}

void MailReader::use_decoded(const PartHeaders& headers, StagedMember& decoded, int depth) {
  feed_.show(decoded,
             [&](std::string_view content) { use_content(headers, content, true, depth); });
}

void MailReader::use_content(const PartHeaders& headers, std::string_view content, bool decoded,
                             int depth) {
  feed_.give(content);
  if (decoded && headers.has_type("message/")) read_mail(content, depth + 1);
  if (!headers.boundaries.empty()) read_body(content, headers.boundaries, depth + 1);
  // What is not encoded is text whatever its type says: that is how uuencoded parts come.
  if (!decoded || is_texty(headers)) use_text(content, depth);
}

/// Each mail in a text goes on until the next one.
void MailReader::use_text(std::string_view text, int depth) {
  if (!may_work(text)) return;
  read_text_encodings(text, feed_);
  const InnerHeaders inner = find_inner_headers(text);
  if (inner.too_many) feed_.report(Reason::limit, "a mail has too many boundaries");
  if (!inner.boundaries.empty()) read_body(text, inner.boundaries, depth + 1);
  for (std::size_t i = 0; i < inner.blocks.size(); ++i) {
    const std::size_t end = i + 1 < inner.blocks.size() ? inner.blocks[i + 1] : text.size();
    read_mail(text.substr(inner.blocks[i], end - inner.blocks[i]), depth + 1);
  }
}

void read_narrow(std::string_view text, MemberFeed& feed) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  MailReader reader(text.size(), feed);
  // A form body's first boundary says what the others are.
  if (trim(text.substr(0, 64)).starts_with("--")) return reader.read_parts(text);
  reader.read_mailbox(text);
}

}  // namespace

Unpacking read_mail_parts(std::span<const std::byte> mail,
                          const std::filesystem::path& temp_directory, const UnpackLimits& limits,
                          const UseMember& use) {
  MemberFeed feed(limits, temp_directory, use);
  const std::string_view text = text_of(mail);
  const auto order = utf16_order(text);
  if (!order) {
    read_narrow(text, feed);
    return feed.result();
  }
  StagedMember narrow = feed.staged();
  decode_utf16(text, *order, narrow);
  feed.show(narrow, [&](std::string_view bytes) { read_narrow(bytes, feed); });
  return feed.result();
}

}  // namespace cordon
