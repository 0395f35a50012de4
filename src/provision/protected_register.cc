#include "provision/protected_register.h"

#include <utility>

namespace cordon {
namespace {

using State = ProvisionStep::State;

constexpr int kRacesMax = 20;
constexpr const char* kName = "protected.json";

}  // namespace

Result<void> ProtectedRegister::read(Deadline deadline, std::stop_token stop) {
  const Result<std::optional<StoredDocument>> found = store_.read(etag_, deadline, std::move(stop));
  if (!found && found.error().code == Errc::not_found) {
    etag_.reset();
    document_ = {};
    return {};
  }
  CORDON_TRY(found);
  if (!*found) return {};  // Still the one that was read last.
  CORDON_TRY(document_, decode_protected((*found)->document));
  etag_ = (*found)->etag;
  return {};
}

Result<ProtectedDocument> ProtectedRegister::current(Deadline deadline, std::stop_token stop) {
  CORDON_TRY(read(deadline, std::move(stop)));
  return document_;
}

Result<bool> ProtectedRegister::edit(const Change& change, Deadline deadline,
                                     std::stop_token stop) {
  bool made_place = false;
  for (int race = 0; race < kRacesMax; ++race) {
    CORDON_TRY(read(deadline, stop));
    ProtectedDocument wanted = document_;
    if (!change(wanted)) return false;
    if (is_dry_run_) return true;
    CORDON_TRY(const std::string text, encode_protected(wanted));
    Result<StoredDocument> written = store_.write(text, etag_, deadline, stop);
    if (written) {
      etag_ = std::move(written->etag);
      document_ = std::move(wanted);
      return true;
    }
    if (written.error().code == Errc::changed) continue;
    if (written.error().code != Errc::not_found || std::exchange(made_place, true)) {
      return written.error();
    }
    CORDON_TRY(make_place_(deadline, stop));
  }
  return Error{Errc::changed, "the protected set is written by many others just now"};
}

Result<bool> ProtectedRegister::add(const BucketName& bucket, const AccountId& account,
                                    const Region& region, const std::string& way, Deadline deadline,
                                    std::stop_token stop) {
  return edit(
      [&](ProtectedDocument& document) {
        ProtectedBucket& entry = document.buckets[bucket];
        if (entry.account != account || entry.region != region) {
          entry = {.account = account, .region = region};
        }
        return entry.ways.insert(way).second;
      },
      deadline, std::move(stop));
}

Result<bool> ProtectedRegister::remove(const BucketName& bucket, const std::string& way,
                                       Deadline deadline, std::stop_token stop) {
  return edit(
      [&](ProtectedDocument& document) {
        const auto entry = document.buckets.find(bucket);
        if (entry == document.buckets.end() || entry->second.ways.erase(way) == 0) return false;
        if (entry->second.ways.empty()) document.buckets.erase(entry);
        return true;
      },
      deadline, std::move(stop));
}

Result<ProvisionStep> entry_step(const Result<bool>& added) {
  ProvisionStep step{ProvisionPart::protected_set, kName, State::present};
  if (added) {
    if (*added) step.state = State::created;
    return step;
  }
  const Errc code = added.error().code;
  const bool may_not = code == Errc::denied || code == Errc::invalid || code == Errc::not_found;
  if (!may_not) return added.error();
  step.state = State::kept;
  step.note = "not written: " + added.error().what +
              "; agents ask the bucket itself, which costs them a look";
  return step;
}

ProvisionStep removal_step() { return {ProvisionPart::protected_set, kName, State::removed}; }

Error not_removed(Error error) {
  return with_context(std::move(error),
                      std::string(kName) +
                          " could not be changed, and agents go on acting in a bucket that it "
                          "names; run the command again when it can");
}

}  // namespace cordon
