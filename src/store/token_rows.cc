#include "store/token_rows.h"

#include "base/text.h"
#include "core/finding.h"

namespace cordon {
namespace {

constexpr std::string_view kSelect =
    "SELECT name, role, digest, created, expires, revoked FROM tokens";
constexpr std::string_view kColumns = "bbbnNN";
constexpr std::int64_t kTokensMax = 1'000;

std::optional<SystemTime> maybe_time(const SqlRow& row, std::size_t column) {
  if (row.is_null(column)) return std::nullopt;
  return time_of_ms(row.number(column));
}

std::optional<std::int64_t> maybe_ms(const std::optional<SystemTime>& time) {
  if (!time) return std::nullopt;
  return ms_of(*time);
}

// A role that this program does not know is not guessed.
Result<ApiToken> token_in(const SqlRow& row) {
  const std::optional<ApiRole> role = parse_api_role(row.bytes(1));
  if (!role) return foreign_row();
  return ApiToken{.name = row.bytes(0),
                  .role = *role,
                  .digest = row.bytes(2),
                  .created = time_of_ms(row.number(3)),
                  .expires = maybe_time(row, 4),
                  .revoked = maybe_time(row, 5)};
}

}  // namespace

Result<void> insert_token(SqlSession& session, const ApiToken& token) {
  SqlStatement statement(
      "INSERT INTO tokens (name, role, digest, created, expires, revoked) VALUES ");
  statement.list({SqlValue::of(std::string_view(token.name)), SqlValue::of(name_of(token.role)),
                  SqlValue::of(std::string_view(token.digest)), SqlValue::of(ms_of(token.created)),
                  SqlValue::of(maybe_ms(token.expires)), SqlValue::of(maybe_ms(token.revoked))});
  Result<void> done = session.run(statement);
  if (done || done.error().code != Errc::changed) return done;
  return Error{Errc::changed, "there is a token of the name " + utf8_clean(token.name, 64) +
                                  " already; revoke it first, or take another name"};
}

Result<std::vector<ApiToken>> read_tokens(SqlSession& session) {
  SqlStatement statement("SELECT name, role, digest, created, expires, revoked FROM ");
  statement.add("(SELECT * FROM tokens ORDER BY id DESC LIMIT ")
      .value(SqlValue::of(kTokensMax))
      .add(") AS newest ORDER BY name, created");
  CORDON_TRY(const std::vector<SqlRow> rows, session.query(statement, kColumns));
  std::vector<ApiToken> tokens;
  for (const SqlRow& row : rows) {
    CORDON_TRY(ApiToken token, token_in(row));
    tokens.push_back(std::move(token));
  }
  return tokens;
}

Result<std::optional<ApiToken>> read_token(SqlSession& session, const std::string& digest) {
  using MaybeToken = std::optional<ApiToken>;
  SqlStatement statement(kSelect);
  statement.add(" WHERE digest = ").value(SqlValue::of(std::string_view(digest)));
  CORDON_TRY(const std::vector<SqlRow> rows, session.query(statement, kColumns));
  if (rows.empty()) return MaybeToken();
  CORDON_TRY(ApiToken token, token_in(rows.front()));
  return MaybeToken(std::move(token));
}

Result<void> revoke_tokens(SqlSession& session, const std::string& name, SystemTime now) {
  SqlStatement statement("UPDATE tokens SET revoked = ");
  statement.value(SqlValue::of(ms_of(now)))
      .add(" WHERE revoked IS NULL AND name = ")
      .value(SqlValue::of(std::string_view(name)))
      .add(" RETURNING id");
  CORDON_TRY(const std::vector<SqlRow> rows, session.query(statement, "n"));
  if (!rows.empty()) return {};
  return Error{Errc::not_found, "there is no token " + utf8_clean(name, 64) + " in force"};
}

}  // namespace cordon
