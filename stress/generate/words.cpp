#include "stress/generate/words.h"

#include <array>

#include "stress/fox/token.h"

namespace fox {

namespace {

constexpr size_t kNamesInUse = 16;

// Lengths: below `percent` of the draws (cumulative), least .. most.
struct LengthBand {
    unsigned percent;
    size_t least, most;
};
constexpr LengthBand kNameLengths[] = {{10, 1, 2},   {30, 3, 4},   {53, 5, 6},   {72, 7, 9},
                                       {91, 10, 14}, {99, 15, 22}, {100, 23, 41}};
constexpr LengthBand kTextLengths[] = {{6, 0, 1},    {28, 2, 6},    {52, 7, 10},    {75, 11, 20},
                                       {90, 21, 37}, {98, 38, 180}, {100, 200, 300}};

template <size_t N>
size_t draw_length(Random& random, const LengthBand (&bands)[N]) {
    const uint64_t percent = random.below(100);
    for (const LengthBand& band : bands) {
        if (percent < band.percent) return band.least + random.below(band.most - band.least + 1);
    }
    return bands[N - 1].most;
}

constexpr std::array<std::string_view, 32> kSyllables = {
    "ba", "ca", "da", "fi", "ga",  "ha",  "in",  "ja", "ka", "la", "ma",
    "na", "pa", "ra", "sa", "ta",  "bu",  "du",  "gu", "ku", "lu", "mu",
    "ke", "pe", "se", "te", "ang", "ing", "kan", "si", "ri", "o"};

}  // namespace

std::string Words::letters(size_t length) {
    std::string word;
    while (word.size() < length) word += kSyllables[random_.below(kSyllables.size())];
    word.resize(length);
    return word;
}

std::string Words::fresh_name() {
    const size_t length = draw_length(random_, kNameLengths);
    std::string name = letters(length);
    if (length > 10) name[length / 2] = '_';
    if (length > 2 && random_.chance(6))
        name[length - 1] = static_cast<char>('0' + random_.below(10));
    while (word_kind(name) != TokenKind::identifier) name.back() = '_';
    return name;
}

void Words::renew() {
    names_.clear();
    for (size_t i = 0; i < kNamesInUse; ++i) names_.push_back(fresh_name());
}

std::string Words::text() {
    const size_t length = draw_length(random_, kTextLengths);
    std::string text;
    while (text.size() < length) {
        text += letters(2 + random_.below(7));
        text += random_.chance(4) ? "\\n" : " ";
    }
    text.resize(length, ' ');
    if (!text.empty() && text.back() == '\\') text.back() = '.';
    if (length > 10 && random_.chance(4)) text += "#{" + name() + "}";
    return text;
}

std::string Words::comment() {
    std::string text = "#";
    const uint64_t words = 2 + random_.below(8);
    for (uint64_t i = 0; i < words; ++i) text += ' ' + letters(2 + random_.below(8));
    return text;
}

}  // namespace fox
