#include "core/glob.h"

#include <vector>

#include "core/code_points.h"

// The pattern becomes a list of tokens, and the set of positions in that list that are reachable so
// far is carried through the key. Backtracking would be shorter, and a pattern such as *a*a*a*a*b
// would then take time without end on a key that somebody chose for it.

namespace cordon {
namespace {

struct Token {
  enum class Kind : unsigned char { literal, one, run, run_across, folders };
  Kind kind;
  char32_t character = 0;
};

std::vector<Token> tokens_of(std::string_view pattern) {
  const std::u32string text = code_points(pattern);
  std::vector<Token> tokens;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == U'?') {
      tokens.push_back({Token::Kind::one});
    } else if (text[i] != U'*') {
      tokens.push_back({Token::Kind::literal, text[i]});
    } else if (i + 1 == text.size() || text[i + 1] != U'*') {
      tokens.push_back({Token::Kind::run});
    } else {
      const bool at_start = i == 0 || text[i - 1] == U'/';
      ++i;
      if (at_start && i + 1 < text.size() && text[i + 1] == U'/') {
        tokens.push_back({Token::Kind::folders});
        ++i;
      } else {
        tokens.push_back({Token::Kind::run_across});
      }
    }
  }
  return tokens;
}

using States = std::vector<bool>;

// A token that may stand for nothing opens the next position as well.
void skip_empty(const std::vector<Token>& tokens, States& states) {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (states[i] && tokens[i].kind != Token::Kind::literal && tokens[i].kind != Token::Kind::one) {
      states[i + 1] = true;
    }
  }
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view key) {
  const std::vector<Token> tokens = tokens_of(pattern);
  const std::size_t end = tokens.size();
  // inside[i]: within the run of a `**/` at i, which may only be left after a slash.
  States states(end + 1), inside(end + 1);
  states[0] = true;
  skip_empty(tokens, states);
  for (const char32_t c : code_points(key)) {
    States next(end + 1), next_inside(end + 1);
    for (std::size_t i = 0; i < end; ++i) {
      const bool here = states[i];
      switch (tokens[i].kind) {
        case Token::Kind::literal:
          if (here && c == tokens[i].character) next[i + 1] = true;
          break;
        case Token::Kind::one:
          if (here && c != U'/') next[i + 1] = true;
          break;
        case Token::Kind::run:
          if (here && c != U'/') next[i] = true;
          break;
        case Token::Kind::run_across:
          if (here) next[i] = true;
          break;
        case Token::Kind::folders:
          if (here || inside[i]) {
            next_inside[i] = true;
            if (c == U'/') next[i + 1] = true;
          }
          break;
      }
    }
    skip_empty(tokens, next);
    states = std::move(next);
    inside = std::move(next_inside);
  }
  return states[end];
}

}  // namespace cordon
