#include "settings/nearest.h"

#include <algorithm>

#include "base/text.h"

namespace cordon {
namespace {

constexpr std::size_t kCharsMax = 64;  // What is longer was not meant to be a word of ours.

// Optimal string alignment: Levenshtein's distance with swapped neighbours.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> rows(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) rows[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t wrong = a[i - 1] == b[j - 1] ? 0 : 1;
      rows[i][j] = std::min({rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + wrong});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        rows[i][j] = std::min(rows[i][j], rows[i - 2][j - 2] + 1);
      }
    }
  }
  return rows[a.size()][b.size()];
}

// `skip-scanned`, `Skip_Scanned` and `skipScanned` are the same mistake.
std::string plain(std::string_view word) {
  std::string text = lower(word);
  std::erase_if(text, [](char c) { return c == '_' || c == '-' || c == ' '; });
  return text;
}

}  // namespace

std::string nearest_word(std::string_view written, const std::vector<std::string>& known) {
  if (written.size() > kCharsMax) return "";
  const std::string meant = plain(written);
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, meant.size() / 3) + 1;
  for (const std::string& word : known) {
    const std::string candidate = plain(word);
    // A word of which nothing is left is not a misspelling.
    const std::size_t between = distance(meant, candidate);
    if (between < best_distance && between < candidate.size()) {
      best = word;
      best_distance = between;
    }
  }
  return best;
}

}  // namespace cordon
