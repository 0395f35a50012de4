#include "provision/selftest.h"

#include "base/text.h"
#include "core/provenance.h"

namespace cordon {
namespace {

constexpr std::chrono::milliseconds kPause{100};
constexpr std::chrono::seconds kCallMax{30};

// In pieces, so that neither this file nor the program sets off a scanner.
std::string eicar() {
  std::string text;
  for (const char* piece : {"X5O!P%@AP[4", "\\", "PZX54(P^)7CC)7}", "$EIC", "AR-STAND",
                            "ARD-ANTIVI", "RUS-TEST-FILE!", "$H+H*"}) {
    text += piece;
  }
  return text;
}

class SelfTest {
 public:
  SelfTest(const SelfTestOptions& options, ObjectStore& store, BucketCatalogue& catalogue,
           const Clock& clock, std::stop_token stop)
      : options_(options),
        store_(store),
        catalogue_(catalogue),
        clock_(clock),
        stop_(std::move(stop)) {}

  Result<void> upload(Trial& trial, const std::string& content);
  Result<void> await(Trial& trial, SteadyTime until);
  void clean_up(const Trial& trial);

 private:
  Deadline limit() const { return Deadline::after(clock_, kCallMax); }
  /// Whether the trial is over.
  Result<bool> look(Trial& trial);
  std::string tagged(const ObjectRef& object);
  ObjectRef quarantined(const Trial& trial) const {
    return {options_.quarantine, quarantine_key(trial.object)};
  }

  const SelfTestOptions& options_;
  ObjectStore& store_;
  BucketCatalogue& catalogue_;
  const Clock& clock_;
  const std::stop_token stop_;
};

Result<void> SelfTest::upload(Trial& trial, const std::string& content) {
  CORDON_TRY(catalogue_.write(trial.object, content, std::nullopt, limit(), stop_));
  CORDON_TRY(const ObjectHead head, store_.head(trial.object, limit(), stop_));
  if (pins_bytes(head.version)) trial.object.version = head.version;
  return {};
}

std::string SelfTest::tagged(const ObjectRef& object) {
  const Result<TagSet> tags = store_.tags(object, limit(), stop_);
  if (!tags) return "";
  const auto found = tags->find(options_.tag_keys.result);
  return found == tags->end() ? "" : found->second;
}

Result<bool> SelfTest::look(Trial& trial) {
  const bool expects_clean = trial.name == "clean";
  const Result<ObjectHead> head = store_.head(trial.object, limit(), stop_);
  if (head) {
    trial.verdict = tagged(trial.object);
    trial.place = to_string(trial.object);
    const std::string wanted = expects_clean ? "Clean" : "Infected";
    trial.passed = trial.verdict == wanted;
    if (!trial.verdict.empty() && !trial.passed) {
      trial.why = "the verdict is " + trial.verdict + " instead of " + wanted;
      return true;
    }
    // An infected object is tagged first and moved then, unless the settings leave it where it is.
    return trial.passed && expects_clean;
  }
  if (head.error().code != Errc::not_found) return head.error();
  trial.place.clear();
  trial.passed = true;  // By the routes of the settings, wherever they lead.
  const Result<ObjectHead> copy = store_.head(quarantined(trial), limit(), stop_);
  if (copy) {
    trial.place = to_string(quarantined(trial));
    const std::string verdict = tagged(quarantined(trial));
    if (!verdict.empty()) trial.verdict = verdict;
    trial.passed = !expects_clean;
    if (expects_clean) trial.why = "a harmless object is in quarantine";
  }
  return true;
}

Result<void> SelfTest::await(Trial& trial, SteadyTime until) {
  const SteadyTime begin = clock_.steady_now();
  while (true) {
    CORDON_TRY(const bool over, look(trial));
    trial.took = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady_now() - begin);
    if (over) return {};
    if (clock_.steady_now() >= until) break;
    if (!clock_.wait_for(kPause, stop_)) return Error{Errc::cancelled, "stopped"};
  }
  if (!trial.passed) {
    trial.why = "no verdict within " + std::to_string(options_.wait.count() / 1000) +
                " s: is an agent running (its /readyz says), and what does cordon doctor say?";
  }
  return {};
}

// What cannot be taken away again is named like the test that left it.
void SelfTest::clean_up(const Trial& trial) {
  for (const ObjectRef& object : {trial.object, quarantined(trial)}) {
    const Result<ObjectHead> head = store_.head(object, limit(), stop_);
    if (!head) continue;
    ObjectRef pinned = object;
    pinned.version = head->version;
    static_cast<void>(store_.remove(pinned, head->etag, limit(), stop_));
  }
}

}  // namespace

Result<std::vector<Trial>> run_selftest(const SelfTestOptions& options, ObjectStore& store,
                                        BucketCatalogue& catalogue, const Clock& clock,
                                        Random& random, std::stop_token stop) {
  SelfTest test(options, store, catalogue, clock, stop);
  const std::string folder = ".cordon-selftest/" + ulid(clock.system_now(), random) + "/";
  std::vector<Trial> trials;
  for (const char* name : {"clean", "eicar"}) {
    Trial trial{.name = name, .object = {options.bucket, ObjectKey(folder + name)}};
    const std::string content =
        trial.name == "clean" ? "A harmless object of cordon selftest, " + folder : eicar();
    const Result<void> uploaded = test.upload(trial, content);
    // It may be gone before one could look at it.
    if (!uploaded && uploaded.error().code != Errc::not_found) {
      for (const Trial& earlier : trials) test.clean_up(earlier);
      return uploaded.error();
    }
    trials.push_back(std::move(trial));
  }
  const SteadyTime until = clock.steady_now() + options.wait;
  std::optional<Error> failed;
  for (Trial& trial : trials) {
    const Result<void> awaited = test.await(trial, until);
    if (!awaited && !failed) failed = awaited.error();
  }
  for (const Trial& trial : trials) test.clean_up(trial);
  if (failed) return *failed;
  return trials;
}

}  // namespace cordon
