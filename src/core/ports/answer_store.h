#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/deadline.h"
#include "base/result.h"

namespace cordon {

/// A request that its sender may repeat, not knowing what became of it. Both digests are SHA-256,
/// 32 bytes.
struct RepeatableRequest {
  std::string key;      ///< Of whose request it is and how they call it.
  std::string request;  ///< Of everything that is asked for.
  SystemTime at;

  bool operator==(const RepeatableRequest&) const = default;
};

/// What was answered.
struct KeptAnswer {
  int status = 200;
  std::string type = {};        ///< Content-Type
  std::string entity_tag = {};  ///< With its quotes; empty: it had none.
  std::string body = {};

  bool operator==(const KeptAnswer&) const = default;
};

/// What is known of a request when it comes.
struct Repetition {
  enum class State : unsigned char {
    fresh,      ///< It is its sender's turn now, until `keep_answer` or `give_up`.
    under_way,  ///< It came before, and nobody knows yet what becomes of it.
    answered,   ///< It came before: `answer`.
    another,    ///< Its sender called another request so.
  };
  State state = State::fresh;
  KeptAnswer answer = {};
};

/// Answers to requests that are not to be carried out twice, for a day.
///
/// Threads: any, and several programs on one database. Errors of every method: as FindingStore.
class AnswerStore {
 public:
  /// So long an answer is kept.
  static constexpr std::chrono::hours kKept{24};
  /// So long a request counts as under way: a program that died says nothing any more.
  static constexpr std::chrono::minutes kUnderWay{15};

  virtual ~AnswerStore() = default;

  /// Looks the request up, and takes it where it is new, or was given up, or is older than that.
  virtual Result<Repetition> begin_request(const RepeatableRequest& request, Deadline deadline,
                                           std::stop_token stop) = 0;
  /// From now on this is what is answered.
  virtual Result<void> keep_answer(const RepeatableRequest& request, const KeptAnswer& answer,
                                   Deadline deadline, std::stop_token stop) = 0;
  /// Nothing became of it: it may come again.
  virtual Result<void> give_up(const RepeatableRequest& request, Deadline deadline,
                               std::stop_token stop) = 0;
};

}  // namespace cordon
