#pragma once

#include "core/ports/answer_store.h"
#include "store/sql_connection.h"

// AnswerStore, by SQL.

namespace cordon {

Result<Repetition> take_request(SqlSession& session, const RepeatableRequest& request);
Result<void> write_answer(SqlSession& session, const RepeatableRequest& request,
                          const KeptAnswer& answer);
Result<void> remove_request(SqlSession& session, const RepeatableRequest& request);

}  // namespace cordon
