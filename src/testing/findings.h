#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/finding.h"
#include "core/scan_result.h"

namespace cordon {

inline SystemTime finding_time(int second) {
  return SystemTime(std::chrono::seconds(1'790'000'000 + second));
}

/// A result as an agent reports it: an infected object, unless more is said.
class ReportedFinding {
 public:
  explicit ReportedFinding(std::string id) {
    result_.id = std::move(id);
    result_.deployment = "main";
    result_.agent = "i-1/1";
    result_.bucket = BucketName("b");
    result_.key = ObjectKey("k");
    result_.scanned_at = finding_time(0);
    result_.verdict = {.disposition = Disposition::infected, .virus_names = {"Win.Test"}};
  }

  ReportedFinding bucket(const std::string& name) && {
    return result_.bucket = BucketName(name), *this;
  }
  ReportedFinding key(const std::string& name) && { return result_.key = ObjectKey(name), *this; }
  ReportedFinding version(const std::string& id) && {
    return result_.version = VersionId(id), *this;
  }
  /// When it was scanned, after some fixed moment.
  ReportedFinding second(int second) && { return result_.scanned_at = finding_time(second), *this; }
  ReportedFinding names(std::vector<std::string> names) && {
    return result_.verdict.virus_names = std::move(names), *this;
  }
  ReportedFinding sha256(const std::string& digest) && { return result_.sha256 = digest, *this; }
  ReportedFinding size(std::uint64_t bytes) && { return result_.size = bytes, *this; }
  /// Says the same names when they fit to it.
  ReportedFinding verdict(Disposition verdict) && {
    result_.verdict.disposition = verdict;
    if (verdict == Disposition::unscannable || verdict == Disposition::error) {
      result_.verdict.reason = Reason::limit;
    }
    if (!is_consistent(result_.verdict)) result_.verdict.virus_names.clear();
    return *this;
  }

  operator ScanResult() const { return result_; }  // NOLINT: implicit

 private:
  ScanResult result_;
};

inline const std::string kShaA(64, 'a');
inline const std::string kShaB(64, 'b');

/// Another digest for another number.
inline std::string sha_of(const std::string& number) {
  return std::string(64 - number.size(), 'c') + number;
}

}  // namespace cordon
