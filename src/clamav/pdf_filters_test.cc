#include "clamav/pdf_filters.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <zlib.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"

namespace cordon {
namespace {

using namespace std::string_literals;

struct Decoded {
  std::string bytes;
  PdfDecoding how = PdfDecoding::whole;
};

Decoded decode(std::string_view data, const std::vector<PdfStep>& steps) {
  Decoded decoded;
  decoded.how = decode_pdf(as_bytes_of(data), {}, steps, [&](auto bytes) {
    decoded.bytes.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return true;
  });
  return decoded;
}

// Encoders by the specification: whatever they make, our decoders must turn back.

std::string flate(const std::string& bytes) {
  uLongf size = compressBound(bytes.size());
  std::string out(size, '\0');
  compress(reinterpret_cast<Bytef*>(out.data()), &size,
           reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  out.resize(size);
  return out;
}

std::string ascii_hex(const std::string& bytes) { return hex(as_bytes_of(bytes)) + ">"; }

std::string ascii_85(const std::string& bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 4) {
    const std::size_t count = std::min<std::size_t>(4, bytes.size() - i);
    std::uint32_t value = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      value = value << 8U | (j < count ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    }
    std::string group(5, '!');
    for (std::size_t j = 5; j-- > 0; value /= 85) group[j] = static_cast<char>('!' + value % 85);
    out += group == "!!!!!" && count == 4 ? "z" : group.substr(0, count + 1);
    if (i % 60 == 0) out += '\n';
  }
  return out + "~>";
}

std::string run_length(const std::string& bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size();) {
    std::size_t same = 1;
    while (same < 128 && i + same < bytes.size() && bytes[i + same] == bytes[i]) ++same;
    if (same > 1) {
      out += {static_cast<char>(257 - same), bytes[i]};
      i += same;
    } else {
      out += {'\0', bytes[i++]};
    }
  }
  return out + static_cast<char>(128);
}

std::string lzw(const std::string& bytes, unsigned early) {
  std::string out;
  unsigned bits = 0;
  unsigned count = 0;
  unsigned width = 9;
  const auto put = [&](unsigned code) {
    bits = bits << width | code;
    for (count += width; count >= 8; count -= 8) out += static_cast<char>(bits >> (count - 8));
  };
  std::map<std::string, unsigned> table;
  const auto clear = [&] {
    put(256);
    table.clear();
    for (unsigned i = 0; i < 256; ++i) table[std::string(1, static_cast<char>(i))] = i;
    width = 9;
  };
  clear();
  unsigned next = 258;
  std::string word;
  for (const char c : bytes) {
    if (table.contains(word + c)) {
      word += c;
      continue;
    }
    put(table[word]);
    table[word + c] = next++;
    // The decoder is one entry behind.
    if (next - 1 + early == 1U << width) ++width;
    if (next == 4094) {
      clear();
      next = 258;
    }
    word = c;
  }
  if (!word.empty()) {
    put(table[word]);
    if (next + early == 1U << width) ++width;
  }
  put(257);
  return out + static_cast<char>(bits << (8 - count));
}

/// PNG rows, each with the filter that `choose` says.
std::string png_rows(const std::string& bytes, std::size_t row, std::size_t pixel,
                     const std::vector<unsigned>& choices) {
  std::string out;
  std::string above(row, '\0');
  for (std::size_t at = 0, n = 0; at < bytes.size(); at += row, ++n) {
    const unsigned filter = choices[n % choices.size()];
    const std::string line = bytes.substr(at, row);
    out += static_cast<char>(filter);
    for (std::size_t i = 0; i < line.size(); ++i) {
      const auto value = [](char c) { return static_cast<int>(static_cast<unsigned char>(c)); };
      const int a = i >= pixel ? value(line[i - pixel]) : 0;
      const int b = value(above[i]);
      const int c = i >= pixel ? value(above[i - pixel]) : 0;
      const int p = a + b - c;
      const int nearest = std::abs(p - a) <= std::abs(p - b) && std::abs(p - a) <= std::abs(p - c)
                              ? a
                              : (std::abs(p - b) <= std::abs(p - c) ? b : c);
      const int guess[] = {0, a, b, (a + b) / 2, nearest};
      out += static_cast<char>(value(line[i]) - guess[filter]);
    }
    above = line + std::string(row - line.size(), '\0');
  }
  return out;
}

std::string encoded(const std::string& bytes, PdfFilter filter, std::int64_t early) {
  switch (filter) {
    case PdfFilter::flate:
      return flate(bytes);
    case PdfFilter::lzw:
      return lzw(bytes, early != 0 ? 1 : 0);
    case PdfFilter::ascii_85:
      return ascii_85(bytes);
    case PdfFilter::ascii_hex:
      return ascii_hex(bytes);
    case PdfFilter::run_length:
      return run_length(bytes);
  }
  return "";
}

constexpr PdfFilter kAll[] = {PdfFilter::flate, PdfFilter::lzw, PdfFilter::ascii_85,
                              PdfFilter::ascii_hex, PdfFilter::run_length};

RC_GTEST_PROP(PdfFilters, TurnBackWhatAnyChainMade, ()) {
  const auto few_values = *rc::gen::arbitrary<bool>();
  auto bytes = *rc::gen::container<std::string>(few_values ? rc::gen::inRange<char>('a', 'd')
                                                           : rc::gen::arbitrary<char>());
  const auto repeats = *rc::gen::inRange(1, 200);
  std::string content;
  for (int i = 0; i < repeats; ++i) content += bytes;
  const auto count = *rc::gen::inRange<std::size_t>(1, 4);
  std::vector<PdfStep> steps;
  std::string data = content;
  for (std::size_t i = 0; i < count; ++i) {
    const auto filter = kAll[*rc::gen::inRange<std::size_t>(0, std::size(kAll))];
    const std::int64_t early = *rc::gen::inRange(0, 2);
    steps.insert(steps.begin(), {.filter = filter, .parameters = {.early_change = early}});
    data = encoded(data, filter, early);
  }

  const Decoded decoded = decode(data, steps);

  RC_ASSERT(decoded.how == PdfDecoding::whole || decoded.how == PdfDecoding::cut_off);
  RC_ASSERT(decoded.bytes == content);
}

RC_GTEST_PROP(PdfFilters, TurnBackPngPredictors, ()) {
  const auto content = *rc::gen::arbitrary<std::string>();
  const std::int64_t bits = 1 << *rc::gen::inRange(0, 5);
  const std::int64_t colors = *rc::gen::inRange(1, 5);
  const std::int64_t columns = *rc::gen::inRange(1, 40);
  const auto row = static_cast<std::size_t>((bits * colors * columns + 7) / 8);
  const auto pixel = static_cast<std::size_t>((bits * colors + 7) / 8);
  const auto choices =
      *rc::gen::nonEmpty(rc::gen::container<std::vector<unsigned>>(rc::gen::inRange(0U, 5U)));

  const Decoded decoded = decode(flate(png_rows(content, row, pixel, choices)),
                                 {{PdfFilter::flate, {15, colors, bits, columns}}});

  RC_ASSERT(decoded.how == PdfDecoding::whole);
  RC_ASSERT(decoded.bytes == content);
}

TEST(PdfFilters, TurnBackTiffPredictors) {
  EXPECT_EQ(decode(flate("\x01\x02\x03\x01\x01\x01"s), {{PdfFilter::flate, {2, 3, 8, 2}}}).bytes,
            "\x01\x02\x03\x02\x03\x04"s);
  EXPECT_EQ(decode(flate("\x00\xFF\x00\x02"s), {{PdfFilter::flate, {2, 1, 16, 2}}}).bytes,
            "\x00\xFF\x01\x01"s);
  EXPECT_EQ(decode(flate("\x11\x1F"s), {{PdfFilter::flate, {2, 1, 4, 4}}}).bytes, "\x12\x32"s);
}

TEST(PdfFilters, KnowTheExampleOfTheSpecification) {
  // ISO 32000-1, 7.4.4.2, example 1.
  const std::string data = "\x80\x0B\x60\x50\x22\x0C\x0C\x85\x01"s;
  EXPECT_EQ(decode(data, {{PdfFilter::lzw}}).bytes, "\x2D\x2D\x2D\x2D\x2D\x41\x2D\x2D\x2D\x42"s);
}

TEST(PdfFilters, KeepWhatIsInFrontOfACut) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += std::to_string(i * 7919);
  const std::string data = flate(text);

  const Decoded decoded = decode(data.substr(0, data.size() / 2), {{PdfFilter::flate}});

  EXPECT_EQ(decoded.how, PdfDecoding::cut_off);
  EXPECT_GT(decoded.bytes.size(), text.size() / 3);
  EXPECT_EQ(decoded.bytes, text.substr(0, decoded.bytes.size()));
}

TEST(PdfFilters, SayThatDataIsDamaged) {
  std::string broken = flate(std::string(1000, 'a') + "and more text that is not the same");
  broken[2] = static_cast<char>(0x07);  // A block type that does not exist.

  EXPECT_EQ(decode(broken, {{PdfFilter::flate}}).how, PdfDecoding::damaged);
  EXPECT_EQ(decode("\xFF\xFF\xFF", {{PdfFilter::lzw}}).how, PdfDecoding::damaged);
  EXPECT_EQ(decode("41x42>", {{PdfFilter::ascii_hex}}).how, PdfDecoding::damaged);
  EXPECT_EQ(decode("abc\x7F~>", {{PdfFilter::ascii_85}}).how, PdfDecoding::damaged);
  EXPECT_EQ(decode(flate("abc"), {{PdfFilter::flate, {12, 1, 7, 1}}}).how, PdfDecoding::damaged);
}

TEST(PdfFilters, TakeWhatOtherReadersTake) {
  const std::string text = "text of some length, text of some length";
  std::string wrong_sum = flate(text);
  wrong_sum.back() = static_cast<char>(wrong_sum.back() + 1);
  std::string wrong_head = flate(text);
  wrong_head[1] = static_cast<char>(wrong_head[1] + 1);

  EXPECT_EQ(decode(wrong_sum, {{PdfFilter::flate}}).bytes, text);
  EXPECT_EQ(decode(wrong_sum, {{PdfFilter::flate}}).how, PdfDecoding::whole);
  EXPECT_EQ(decode(wrong_head, {{PdfFilter::flate}}).bytes, text);
  EXPECT_EQ(decode("\r\n" + flate(text), {{PdfFilter::flate}}).bytes, text);
  EXPECT_EQ(decode(flate(text) + "trailing", {{PdfFilter::flate}}).bytes, text);
  EXPECT_EQ(decode("<~" + ascii_85(text), {{PdfFilter::ascii_85}}).bytes, text);
  EXPECT_EQ(decode("<~" + ascii_85("TT"), {{PdfFilter::ascii_85}}).bytes, "TT");
  EXPECT_EQ(decode(ascii_85("TT"), {{PdfFilter::ascii_85}}).bytes, "TT");  // It begins with "<".
  EXPECT_EQ(decode("4 1\n4", {{PdfFilter::ascii_hex}}).bytes, "A@");
}

TEST(PdfFilters, StopWhenAsked) {
  int calls = 0;
  const auto how = decode_pdf(as_bytes_of(flate(std::string(10'000'000, 'a'))), {},
                              std::vector<PdfStep>{{PdfFilter::flate}}, [&](auto) {
                                ++calls;
                                return false;
                              });

  EXPECT_EQ(how, PdfDecoding::stopped);
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace cordon
