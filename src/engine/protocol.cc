// One table says which message is legal when, how large it may be and how many descriptors it
// carries. Anything else ends the relation. Integers are little-endian, text is a u32 length and
// printable ASCII: names and messages go on into logs and tags, where a control character would be
// a forged line.
#include "engine/protocol.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <utility>

#include "base/byte_reader.h"
#include "base/text.h"

namespace cordon {
namespace {

constexpr std::size_t kVersionTextMax = 128;
constexpr std::size_t kMessageTextMax = 1024;
constexpr std::size_t kFailureTextMax = 2048;
constexpr std::size_t kVirusNameMax = 256;
constexpr std::size_t kVirusNamesMax = 16;
constexpr std::size_t kNoteMax = 288;
constexpr std::size_t kNotesMax = 32;

constexpr unsigned bit(ProtocolState state) { return 1U << static_cast<unsigned>(state); }

struct Rule {
  MessageType type;
  std::size_t bytes_max;
  std::size_t descriptors;
  unsigned legal_in;
};

constexpr std::array<Rule, 11> kRules = {{
    {MessageType::ready, 10'000, 0, bit(ProtocolState::zygote_loading)},
    {MessageType::failed, 2560, 0,
     bit(ProtocolState::zygote_loading) | bit(ProtocolState::zygote_asked) |
         bit(ProtocolState::worker_starting)},
    {MessageType::spawn, 5, 0, bit(ProtocolState::zygote_idle)},
    {MessageType::worker, 11, 2, bit(ProtocolState::zygote_asked)},
    {MessageType::reap, 9, 0, bit(ProtocolState::zygote_idle)},
    {MessageType::reaped, 10, 0, bit(ProtocolState::zygote_asked)},
    {MessageType::hello, 5, 0, bit(ProtocolState::worker_starting)},
    {MessageType::scan, 25, 1, bit(ProtocolState::worker_idle)},
    {MessageType::verdict, 5400, 0, bit(ProtocolState::worker_scanning)},
    {MessageType::no_verdict, 1100, 0, bit(ProtocolState::worker_scanning)},
    {MessageType::window, 41, 1, bit(ProtocolState::worker_idle)},
}};

Error lie(std::string what) { return Error{Errc::invalid, std::move(what)}; }

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
}

std::string cleaned(std::string_view text, std::size_t bytes_max) {
  std::string out(text.substr(0, bytes_max));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < 0x20 || c > 0x7e; }, '?');
  return out;
}

ByteWriter begin(MessageType type) {
  ByteWriter out;
  out.u8(static_cast<std::uint8_t>(type));
  return out;
}

Result<ByteReader> open(std::string_view bytes, MessageType type) {
  ByteReader in(as_bytes_of(bytes));
  CORDON_TRY(const std::uint8_t said, in.u8());
  if (said != static_cast<std::uint8_t>(type)) return lie("another message type");
  return in;
}

Result<std::string> printable(ByteReader& in, std::size_t bytes_max) {
  CORDON_TRY(std::string text, in.text(bytes_max));
  if (!is_printable(text)) return lie("text with control characters");
  return text;
}

Result<void> same_version(ByteReader& in) {
  CORDON_TRY(const std::uint16_t version, in.u16());
  if (version == kProtocolVersion) return {};
  return lie("protocol version " + std::to_string(version) + ", not " +
             std::to_string(kProtocolVersion) + ": cordon and cordon-engine differ");
}

Result<pid_t> process_id(ByteReader& in) {
  CORDON_TRY(const std::uint32_t pid, in.u32());
  // 1 and below would address init, a process group or everyone.
  if (pid <= 1 || pid > static_cast<std::uint32_t>(std::numeric_limits<pid_t>::max())) {
    return lie("impossible process id");
  }
  return static_cast<pid_t>(pid);
}

// Infected-allowed is the owner's decision, so it is not among the words of a worker.
Result<Disposition> disposition_of(std::uint8_t tag) {
  for (const Disposition known :
       {Disposition::clean, Disposition::infected, Disposition::suspicious,
        Disposition::unscannable, Disposition::error}) {
    if (tag == static_cast<std::uint8_t>(known)) return known;
  }
  return lie("unknown disposition");
}

void write(ByteWriter& out, const Confinement& is) {
  out.u8(is.landlock_abi);
  out.u8(static_cast<std::uint8_t>((is.system_call_filter ? 1 : 0) | (is.own_network ? 2 : 0) |
                                   (is.own_root ? 4 : 0) | (is.memory_temporary ? 8 : 0) |
                                   (is.own_user ? 16 : 0)));
}

Result<Confinement> confinement(ByteReader& in) {
  Confinement is;
  CORDON_TRY(is.landlock_abi, in.u8());
  CORDON_TRY(const std::uint8_t flags, in.u8());
  if (flags > 31) return lie("unknown confinement");
  is.system_call_filter = (flags & 1) != 0;
  is.own_network = (flags & 2) != 0;
  is.own_root = (flags & 4) != 0;
  is.memory_temporary = (flags & 8) != 0;
  is.own_user = (flags & 16) != 0;
  return is;
}

constexpr std::uint8_t kNoReason = 0xff;

Result<std::optional<Reason>> reason_of(std::uint8_t tag) {
  if (tag == kNoReason) return std::optional<Reason>();
  if (tag > static_cast<std::uint8_t>(Reason::integrity)) return lie("unknown reason");
  return std::optional(static_cast<Reason>(tag));
}

Result<std::vector<std::string>> virus_names(ByteReader& in) {
  CORDON_TRY(const std::uint8_t count, in.u8());
  if (count > kVirusNamesMax) return lie("too many names");
  std::vector<std::string> names;
  for (std::uint8_t i = 0; i < count; ++i) {
    CORDON_TRY(std::string name, printable(in, kVirusNameMax));
    if (name.empty()) return lie("a finding without a name");
    names.push_back(std::move(name));
  }
  return names;
}

Result<Errc> worker_error(std::uint8_t tag) {
  // The only reasons that a scanner may have (core/ports/scanner.h); a stop is the client's word.
  for (const Errc known : {Errc::timeout, Errc::unavailable, Errc::worker_died}) {
    if (tag == static_cast<std::uint8_t>(known)) return known;
  }
  return lie("unknown reason for no verdict");
}

}  // namespace

FrameLimits limits_of(ProtocolState state) {
  FrameLimits limits;
  for (const Rule& rule : kRules) {
    if ((rule.legal_in & bit(state)) == 0) continue;
    limits.bytes_max = std::max(limits.bytes_max, rule.bytes_max);
    limits.descriptors_max = std::max(limits.descriptors_max, rule.descriptors);
  }
  return limits;
}

Result<MessageType> admit(ProtocolState state, const Frame& frame) {
  if (frame.bytes.empty()) return lie("an empty message");
  const auto tag = static_cast<std::uint8_t>(frame.bytes.front());
  for (const Rule& rule : kRules) {
    if (static_cast<std::uint8_t>(rule.type) != tag) continue;
    if ((rule.legal_in & bit(state)) == 0) return lie("a message at the wrong time");
    if (frame.bytes.size() > rule.bytes_max) return lie("a message that is too long");
    if (frame.descriptors.size() != rule.descriptors) return lie("a wrong number of descriptors");
    return rule.type;
  }
  return lie("unknown message type " + std::to_string(tag));
}

std::string_view name_of(NumberParsing parsing) {
  switch (parsing) {
    case NumberParsing::stock:
      return "stock";
    case NumberParsing::fast:
      return "fast";
    case NumberParsing::bypassed:
      return "bypassed";
  }
  return "bypassed";
}

std::string encode(const ReadyMessage& message) {
  ByteWriter out = begin(MessageType::ready);
  out.u16(kProtocolVersion);
  out.text(cleaned(message.version.engine, kVersionTextMax));
  out.text(cleaned(message.version.signatures, kVersionTextMax));
  out.u64(message.signature_count);
  out.u8(static_cast<std::uint8_t>(message.number_parsing));
  out.u64(std::max<std::uint64_t>(message.note_count, message.notes.size()));
  const std::size_t notes = std::min(message.notes.size(), kNotesMax);
  out.u8(static_cast<std::uint8_t>(notes));
  for (std::size_t i = 0; i < notes; ++i) out.text(cleaned(message.notes[i], kNoteMax));
  return std::move(out).take();
}

Result<ReadyMessage> decode_ready(std::string_view bytes) {
  CORDON_TRY(ByteReader in, open(bytes, MessageType::ready));
  CORDON_TRY(same_version(in));
  ReadyMessage message;
  CORDON_TRY(message.version.engine, printable(in, kVersionTextMax));
  CORDON_TRY(message.version.signatures, printable(in, kVersionTextMax));
  CORDON_TRY(message.signature_count, in.u64());
  CORDON_TRY(const std::uint8_t parsing, in.u8());
  if (parsing > static_cast<std::uint8_t>(NumberParsing::bypassed)) return lie("unknown parsing");
  message.number_parsing = static_cast<NumberParsing>(parsing);
  CORDON_TRY(message.note_count, in.u64());
  CORDON_TRY(const std::uint8_t notes, in.u8());
  if (notes > kNotesMax || notes > message.note_count) return lie("too many notes");
  for (std::uint8_t i = 0; i < notes; ++i) {
    CORDON_TRY(std::string note, printable(in, kNoteMax));
    message.notes.push_back(std::move(note));
  }
  CORDON_TRY(in.end());
  if (message.version.engine.empty() || message.version.signatures.empty()) {
    return lie("an engine without a version");
  }
  return message;
}

std::string encode(const FailedMessage& message) {
  ByteWriter out = begin(MessageType::failed);
  out.u32(message.request);
  out.text(cleaned(message.text, kFailureTextMax));
  return std::move(out).take();
}

Result<FailedMessage> decode_failed(std::string_view bytes) {
  CORDON_TRY(ByteReader in, open(bytes, MessageType::failed));
  FailedMessage message;
  CORDON_TRY(message.request, in.u32());
  CORDON_TRY(message.text, printable(in, kFailureTextMax));
  CORDON_TRY(in.end());
  return message;
}

std::string encode(const SpawnMessage& message) {
  ByteWriter out = begin(MessageType::spawn);
  out.u32(message.request);
  return std::move(out).take();
}

Result<SpawnMessage> decode_spawn(std::string_view bytes) {
  CORDON_TRY(ByteReader in, open(bytes, MessageType::spawn));
  SpawnMessage message;
  CORDON_TRY(message.request, in.u32());
  CORDON_TRY(in.end());
  return message;
}

std::string encode(const WorkerMessage& message) {
  ByteWriter out = begin(MessageType::worker);
  out.u32(message.request);
  out.u32(static_cast<std::uint32_t>(message.pid));
  write(out, message.confinement);
  return std::move(out).take();
}

Result<WorkerMessage> decode_worker(std::string_view bytes) {
  CORDON_TRY(ByteReader in, open(bytes, MessageType::worker));
  WorkerMessage message;
  CORDON_TRY(message.request, in.u32());
  CORDON_TRY(message.pid, process_id(in));
  CORDON_TRY(message.confinement, confinement(in));
  CORDON_TRY(in.end());
  return message;
}

std::string encode(const ReapMessage& message) {
  ByteWriter out = begin(MessageType::reap);
  out.u32(message.request);
  out.u32(message.worker);
  return std::move(out).take();
}

Result<ReapMessage> decode_reap(std::string_view bytes) {
  CORDON_TRY(ByteReader in, open(bytes, MessageType::reap));
  ReapMessage message;
  CORDON_TRY(message.request, in.u32());
  CORDON_TRY(message.worker, in.u32());
  CORDON_TRY(in.end());
  return message;
}

std::string encode(const ReapedMessage& message) {
  ByteWriter out = begin(MessageType::reaped);
  out.u32(message.request);
  out.u8(static_cast<std::uint8_t>(message.end.how));
  out.u32(static_cast<std::uint32_t>(message.end.code));
  return std::move(out).take();
}

Result<ReapedMessage> decode_reaped(std::string_view bytes) {
  CORDON_TRY(ByteReader in, open(bytes, MessageType::reaped));
  ReapedMessage message;
  CORDON_TRY(message.request, in.u32());
  CORDON_TRY(const std::uint8_t how, in.u8());
  CORDON_TRY(const std::uint32_t code, in.u32());
  CORDON_TRY(in.end());
  if (how > static_cast<std::uint8_t>(ProcessEnd::How::signalled) || code > 255) {
    return lie("impossible end of a process");
  }
  message.end = {.how = static_cast<ProcessEnd::How>(how), .code = static_cast<int>(code)};
  return message;
}

std::string encode(const HelloMessage& message) {
  ByteWriter out = begin(MessageType::hello);
  out.u16(kProtocolVersion);
  write(out, message.confinement);
  return std::move(out).take();
}

Result<HelloMessage> decode_hello(std::string_view bytes) {
  CORDON_TRY(ByteReader in, open(bytes, MessageType::hello));
  CORDON_TRY(same_version(in));
  HelloMessage message;
  CORDON_TRY(message.confinement, confinement(in));
  CORDON_TRY(in.end());
  return message;
}

std::string encode(const ScanMessage& message) {
  ByteWriter out = begin(message.window ? MessageType::window : MessageType::scan);
  out.u64(message.id);
  out.u64(message.bytes);
  out.u64(message.time_limit_ms);
  if (message.window) {
    out.u64(message.window->offset);
    out.u64(message.window->object_bytes);
  }
  return std::move(out).take();
}

Result<ScanMessage> decode_scan(std::string_view bytes) {
  const bool is_window = !bytes.empty() && bytes.front() == static_cast<char>(MessageType::window);
  CORDON_TRY(ByteReader in, open(bytes, is_window ? MessageType::window : MessageType::scan));
  ScanMessage message;
  CORDON_TRY(message.id, in.u64());
  CORDON_TRY(message.bytes, in.u64());
  CORDON_TRY(message.time_limit_ms, in.u64());
  if (is_window) {
    Window window{.bytes = message.bytes};
    CORDON_TRY(window.offset, in.u64());
    CORDON_TRY(window.object_bytes, in.u64());
    CORDON_TRY(check_window(window));
    message.window = window;
  }
  CORDON_TRY(in.end());
  return message;
}

std::string encode(const VerdictMessage& message) {
  const Verdict& verdict = message.verdict;
  ByteWriter out = begin(MessageType::verdict);
  out.u64(message.id);
  out.u8(static_cast<std::uint8_t>(verdict.disposition));
  out.u8(verdict.reason ? static_cast<std::uint8_t>(*verdict.reason) : kNoReason);
  out.text(cleaned(verdict.message, kMessageTextMax));
  const std::size_t names = std::min(verdict.virus_names.size(), kVirusNamesMax);
  out.u8(static_cast<std::uint8_t>(names));
  for (std::size_t i = 0; i < names; ++i) {
    out.text(cleaned(verdict.virus_names[i], kVirusNameMax));
  }
  out.u64(verdict.bytes_scanned);
  return std::move(out).take();
}

Result<VerdictMessage> decode_verdict(std::string_view bytes) {
  using OptionalReason = std::optional<Reason>;
  CORDON_TRY(ByteReader in, open(bytes, MessageType::verdict));
  CORDON_TRY(const std::uint64_t id, in.u64());
  CORDON_TRY(const std::uint8_t disposition_tag, in.u8());
  CORDON_TRY(const std::uint8_t reason_tag, in.u8());
  CORDON_TRY(const Disposition disposition, disposition_of(disposition_tag));
  CORDON_TRY(const OptionalReason reason, reason_of(reason_tag));
  CORDON_TRY(std::string text, printable(in, kMessageTextMax));
  CORDON_TRY(std::vector<std::string> names, virus_names(in));
  CORDON_TRY(const std::uint64_t bytes_scanned, in.u64());
  CORDON_TRY(in.end());
  Verdict verdict{.disposition = disposition,
                  .reason = reason,
                  .message = std::move(text),
                  .virus_names = std::move(names),
                  .bytes_scanned = bytes_scanned};
  if (!is_consistent(verdict)) return lie("a verdict that contradicts itself");
  const bool may_say_more = verdict.reason || verdict.disposition == Disposition::clean;
  if (!may_say_more && !verdict.message.empty()) return lie("a message without a reason");
  return VerdictMessage{.id = id, .verdict = std::move(verdict)};
}

std::string encode(const NoVerdictMessage& message) {
  ByteWriter out = begin(MessageType::no_verdict);
  out.u64(message.id);
  out.u8(static_cast<std::uint8_t>(message.code));
  out.text(cleaned(message.text, kMessageTextMax));
  return std::move(out).take();
}

Result<NoVerdictMessage> decode_no_verdict(std::string_view bytes) {
  CORDON_TRY(ByteReader in, open(bytes, MessageType::no_verdict));
  NoVerdictMessage message;
  CORDON_TRY(message.id, in.u64());
  CORDON_TRY(const std::uint8_t code, in.u8());
  CORDON_TRY(message.code, worker_error(code));
  CORDON_TRY(message.text, printable(in, kMessageTextMax));
  CORDON_TRY(in.end());
  return message;
}

Result<void> check_answer(const ScanMessage& asked, const VerdictMessage& said) {
  if (said.id != asked.id) return lie("an answer to another question");
  if (said.verdict.disposition == Disposition::clean && asked.bytes > 0 &&
      said.verdict.bytes_scanned == 0) {
    return lie("clean, but nothing was scanned");
  }
  return {};
}

std::string describe(const ProcessEnd& end) {
  switch (end.how) {
    case ProcessEnd::How::unknown:
      return "unknown end";
    case ProcessEnd::How::exited:
      return "exit status " + std::to_string(end.code);
    case ProcessEnd::How::signalled: {
      const char* name = ::sigdescr_np(end.code);
      return "killed by signal " + std::to_string(end.code) +
             (name == nullptr ? "" : " (" + std::string(name) + ")");
    }
  }
  return "unknown end";
}

}  // namespace cordon
