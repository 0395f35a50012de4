#include "engine/protocol.h"

#include <gtest/gtest.h>

#include <functional>

namespace cordon {
namespace {

using namespace std::string_literals;

Verdict infected() { return infected_verdict({"Win.Test.EICAR_HDB-1", "Two"}, 68); }

std::string with_byte(std::string bytes, std::size_t at, char value) {
  bytes.at(at) = value;
  return bytes;
}

Frame frame(std::string bytes, std::size_t descriptors = 0) {
  Frame out{.bytes = std::move(bytes), .descriptors = {}};
  for (std::size_t i = 0; i < descriptors; ++i) out.descriptors.emplace_back();
  return out;
}

// Offsets within an encoded verdict: type 0, id 1..8, disposition 9, reason 10, then text.
constexpr std::size_t kDispositionAt = 9;
constexpr std::size_t kReasonAt = 10;

TEST(Protocol, EveryMessageSurvivesItsOwnEncoding) {
  const ReadyMessage ready{.version = {"ClamAV 1.4.6", "27451"},
                           .signature_count = 8'000'000,
                           .number_parsing = NumberParsing::bypassed,
                           .notes = {"a.yar: rule x is not in force", "b.ldb: y is not"},
                           .note_count = 40};
  const FailedMessage failed{.request = 7, .text = "no signatures"};
  const ReapedMessage reaped{.request = 9, .end = {ProcessEnd::How::signalled, 31}};
  const HelloMessage hello{.confinement = {7, true, false, true, false, true}};
  const ScanMessage scan{.id = ~0ULL, .bytes = 1ULL << 40, .time_limit_ms = 1};
  const ScanMessage window{
      .id = 2, .bytes = 5, .time_limit_ms = 1, .window = Window{1ULL << 40, 5, 1ULL << 41}};
  const NoVerdictMessage none{.id = 3, .code = Errc::timeout, .text = "slow"};

  EXPECT_EQ(*decode_ready(encode(ready)), ready);
  EXPECT_EQ(*decode_failed(encode(failed)), failed);
  EXPECT_EQ(decode_spawn(encode(SpawnMessage{.request = 5}))->request, 5U);
  EXPECT_EQ(decode_worker(encode(WorkerMessage{.request = 6, .pid = 77}))->pid, 77);
  EXPECT_EQ(decode_reap(encode(ReapMessage{.request = 8, .worker = 6}))->worker, 6U);
  EXPECT_EQ(*decode_reaped(encode(reaped)), reaped);
  EXPECT_EQ(*decode_hello(encode(hello)), hello);
  EXPECT_EQ(*decode_scan(encode(scan)), scan);
  EXPECT_EQ(*decode_scan(encode(window)), window);
  EXPECT_EQ(*decode_no_verdict(encode(none)), none);
}

TEST(Protocol, AcceptsEveryVerdictThatAnHonestWorkerCanReach) {
  const Verdict kHonest[] = {
      clean_verdict(1),
      infected(),
      Verdict{.disposition = Disposition::suspicious, .virus_names = {"Macro"}},
      unscannable_verdict(Reason::encrypted, "password-protected zip", 12),
      error_verdict(Reason::integrity, "staged bytes differ"),
      infected_verdict({std::string(256, 'x')}, 1),
  };
  for (const Verdict& said : kHonest) {
    SCOPED_TRACE(name_of(said.disposition));

    const auto heard = decode_verdict(encode(VerdictMessage{.id = 4, .verdict = said}));

    ASSERT_TRUE(heard);
    EXPECT_EQ(*heard, (VerdictMessage{.id = 4, .verdict = said}));
  }
}

TEST(Protocol, RefusesEveryLieAboutAVerdict) {
  const std::string clean = encode(VerdictMessage{.id = 1, .verdict = clean_verdict(5)});
  const std::string found = encode(VerdictMessage{.id = 1, .verdict = infected()});
  const std::string locked =
      encode(VerdictMessage{.id = 1, .verdict = unscannable_verdict(Reason::limit, "x")});
  const char allowed = static_cast<char>(Disposition::infected_allowed);
  const std::pair<const char*, std::string> kLies[] = {
      {"says nothing", ""},
      {"speaks of something else", encode(HelloMessage{})},
      {"stops in the middle of the id", clean.substr(0, 5)},
      {"stops before the number of bytes", clean.substr(0, clean.size() - 8)},
      {"adds a byte", clean + "x"},
      {"invents a disposition", with_byte(clean, kDispositionAt, 77)},
      {"allows something infected", with_byte(found, kDispositionAt, allowed)},
      {"is clean with a name", with_byte(found, kDispositionAt, 0)},
      {"is infected without a name", with_byte(clean, kDispositionAt, 1)},
      {"is clean for a reason", with_byte(clean, kReasonAt, 1)},
      {"is unscannable without a reason", with_byte(locked, kReasonAt, '\xff')},
      {"invents a reason", with_byte(locked, kReasonAt, 77)},
      {"smuggles a line into the message", with_byte(locked, kReasonAt + 5, '\n')},
      {"smuggles a line into the name", with_byte(found, kReasonAt + 5 + 1 + 4, '\n')},
      {"claims a name of 4 GiB", with_byte(found, kReasonAt + 5 + 1 + 3, '\xff')},
      {"claims 255 names", with_byte(found, kReasonAt + 5, '\xff')},
  };
  for (const auto& [what, bytes] : kLies) {
    SCOPED_TRACE(what);

    const auto heard = decode_verdict(bytes);

    ASSERT_FALSE(heard);
    EXPECT_EQ(heard.error().code, Errc::invalid);
  }
}

TEST(Protocol, ACleanVerdictMaySayWhatWasLeftUnopened) {
  Verdict verdict = clean_verdict(9);
  verdict.message = "allowed by the settings";

  const auto heard = decode_verdict(encode(VerdictMessage{.id = 1, .verdict = verdict}));

  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->verdict, verdict);
  Verdict found = infected_verdict({"Name"}, 9);
  found.message = "no place for it";
  EXPECT_FALSE(decode_verdict(encode(VerdictMessage{.id = 1, .verdict = found})));
}

TEST(Protocol, AnAnswerMustFitTheQuestion) {
  const ScanMessage asked{.id = 5, .bytes = 100};

  EXPECT_TRUE(check_answer(asked, {.id = 5, .verdict = clean_verdict(100)}));
  EXPECT_TRUE(check_answer(asked, {.id = 5, .verdict = unscannable_verdict(Reason::limit, "x")}));
  EXPECT_FALSE(check_answer(asked, {.id = 4, .verdict = clean_verdict(100)}));
  EXPECT_FALSE(check_answer(asked, {.id = 5, .verdict = clean_verdict(0)}));
}

TEST(Protocol, RefusesProcessIdsThatWouldAddressOthers) {
  for (const std::uint32_t pid : {0U, 1U, 0xffffffffU, 0x80000000U}) {
    std::string bytes = encode(WorkerMessage{.request = 1, .pid = 2});
    for (std::size_t i = 0; i < 4; ++i) bytes[5 + i] = static_cast<char>(pid >> (8 * i) & 0xffU);

    EXPECT_FALSE(decode_worker(bytes)) << pid;
  }
}

TEST(Protocol, NamesTheBrokenInstallationWhenVersionsDiffer) {
  const std::string other = with_byte(encode(HelloMessage{}), 1, 99);

  const auto hello = decode_hello(other);

  ASSERT_FALSE(hello);
  EXPECT_NE(hello.error().what.find("cordon and cordon-engine differ"), std::string::npos);
}

TEST(Protocol, EncodersCleanWhatDecodersWouldRefuse) {
  const Verdict dirty{.disposition = Disposition::infected,
                      .virus_names = {"a\nb\xc3\xbc" + std::string(300, 'x')}};

  const auto heard = decode_verdict(encode(VerdictMessage{.id = 1, .verdict = dirty}));

  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->verdict.virus_names[0].substr(0, 6), "a?b??x");
  EXPECT_EQ(heard->verdict.virus_names[0].size(), 256U);
}

TEST(Protocol, TheLargestHonestMessageFitsItsLimit) {
  Verdict large{.disposition = Disposition::infected, .virus_names = {}};
  large.virus_names.assign(16, std::string(256, 'x'));
  const std::string verdict = encode(VerdictMessage{.id = 1, .verdict = large});
  const std::string unscannable = encode(VerdictMessage{
      .id = 1, .verdict = unscannable_verdict(Reason::limit, std::string(5000, 'x'))});
  const std::string failed = encode(FailedMessage{.request = 1, .text = std::string(9000, 'x')});
  const std::string ready =
      encode(ReadyMessage{.version = {std::string(500, 'x'), std::string(500, 'x')},
                          .notes = std::vector<std::string>(100, std::string(500, 'x'))});
  const std::string none =
      encode(NoVerdictMessage{.id = 1, .code = Errc::timeout, .text = std::string(5000, 'x')});

  EXPECT_TRUE(admit(ProtocolState::worker_scanning, frame(verdict)));
  EXPECT_TRUE(admit(ProtocolState::worker_scanning, frame(unscannable)));
  EXPECT_TRUE(admit(ProtocolState::worker_scanning, frame(none)));
  EXPECT_TRUE(admit(ProtocolState::zygote_loading, frame(failed)));
  EXPECT_TRUE(admit(ProtocolState::zygote_loading, frame(ready)));
  EXPECT_EQ(decode_ready(ready)->notes.size(), 32U);
  EXPECT_EQ(decode_ready(ready)->note_count, 100U);
}

TEST(Protocol, RefusesAnUnknownWayOfParsing) {
  std::string ready = encode(ReadyMessage{.version = {"E", "1"}});
  // Behind it: the number of notes, and how many follow.
  char& parsing = ready[ready.size() - 10];

  parsing = '\x02';
  EXPECT_EQ(decode_ready(ready)->number_parsing, NumberParsing::bypassed);
  parsing = '\x03';
  EXPECT_EQ(decode_ready(ready).error().code, Errc::invalid);
}

TEST(Protocol, RefusesMoreNotesThanThereMayBe) {
  const std::string none = encode(ReadyMessage{.version = {"E", "1"}});
  for (const char count : {'\x01', '\x21', '\xff'}) {
    std::string more = none;
    more.back() = count;
    EXPECT_EQ(decode_ready(more).error().code, Errc::invalid);
  }
}

TEST(Protocol, AdmitsAMessageOnlyInItsStateAndWithItsDescriptors) {
  const std::string scan = encode(ScanMessage{.id = 1});
  const std::string worker = encode(WorkerMessage{.request = 1, .pid = 2});

  EXPECT_EQ(*admit(ProtocolState::worker_idle, frame(scan, 1)), MessageType::scan);
  EXPECT_EQ(*admit(ProtocolState::zygote_asked, frame(worker, 2)), MessageType::worker);
  EXPECT_FALSE(admit(ProtocolState::worker_idle, frame(scan, 0)));
  EXPECT_FALSE(admit(ProtocolState::zygote_asked, frame(worker, 1)));
  EXPECT_FALSE(admit(ProtocolState::worker_scanning, frame(scan, 1)));
  EXPECT_FALSE(admit(ProtocolState::worker_idle, frame(scan + std::string(100, 'x'), 1)));
  EXPECT_FALSE(admit(ProtocolState::worker_idle, frame("")));
  EXPECT_FALSE(admit(ProtocolState::worker_idle, frame("\x7f")));
}

TEST(Protocol, AReceiverNeverWaitsForMoreThanItsStateAllows) {
  EXPECT_EQ(limits_of(ProtocolState::worker_scanning).descriptors_max, 0U);
  EXPECT_EQ(limits_of(ProtocolState::worker_scanning).bytes_max, 5400U);
  EXPECT_EQ(limits_of(ProtocolState::zygote_asked).descriptors_max, 2U);
  EXPECT_EQ(limits_of(ProtocolState::worker_idle).bytes_max, 41U);
}

TEST(Protocol, RefusesWindowsThatCannotBe) {
  const std::pair<const char*, Window> kImpossible[] = {
      {"empty", {0, 0, 10}},
      {"behind the end", {11, 1, 10}},
      {"across the end", {5, 6, 10}},
      {"around the end of all numbers", {~0ULL, 2, ~0ULL}},
  };
  for (const auto& [name, window] : kImpossible) {
    EXPECT_FALSE(decode_scan(encode(ScanMessage{.bytes = window.bytes, .window = window}))) << name;
  }
  const std::string good = encode(ScanMessage{.bytes = 5, .window = Window{0, 5, 10}});
  EXPECT_TRUE(decode_scan(good));
  EXPECT_FALSE(decode_scan(good.substr(0, good.size() - 1)));
  EXPECT_FALSE(decode_scan(good + "x"));
  EXPECT_EQ(*admit(ProtocolState::worker_idle, frame(good, 1)), MessageType::window);
  EXPECT_FALSE(admit(ProtocolState::worker_idle, frame(good, 0)));
  EXPECT_FALSE(admit(ProtocolState::worker_scanning, frame(good, 1)));
}

TEST(Protocol, DescribesHowAProcessEnded) {
  EXPECT_EQ(describe({ProcessEnd::How::signalled, 11}), "killed by signal 11 (Segmentation fault)");
  EXPECT_EQ(describe({ProcessEnd::How::exited, 3}), "exit status 3");
  EXPECT_EQ(describe({}), "unknown end");
}

}  // namespace
}  // namespace cordon
