#include "stress/fox/token.h"

#include <array>

namespace fox {

namespace {

constexpr std::array<const char*, kTokenKinds> kNames = {
    "illegal token",
    "end of file",
    "identifier",
    "integer",
    "float",
    "string",
    "character literal",
    "'#{'",
    "'='",
    "'+'",
    "'-'",
    "'!'",
    "'*'",
    "'/'",
    "'%'",
    "'<'",
    "'>'",
    "'=='",
    "'!='",
    "'<='",
    "'>='",
    "'&'",
    "'|'",
    "'^'",
    "'~'",
    "'<<'",
    "'>>'",
    "','",
    "';'",
    "':'",
    "'.'",
    "'('",
    "')'",
    "'{'",
    "'}'",
    "'['",
    "']'",
    "'pilih'",
    "'kasus'",
    "'var'",
    "'tetapan'",
    "'map'",
    "'struktur'",
    "'antarmuka'",
    "'fungsi'",
    "'native'",
    "'jika'",
    "'atau_jika'",
    "'lainnya'",
    "'kembalikan'",
    "'benar'",
    "'salah'",
    "'kosong'",
    "'akhir'",
    "'selama'",
    "'dan'",
    "'atau'",
    "'ambil'",
    "'dari'",
    "'berhenti'",
    "'lanjut'",
};
static_assert(kNames.back() != nullptr);

struct Word {
    std::string_view text;
    TokenKind kind;
};

// Two words have an older second form.
constexpr Word kWords[] = {
    {"pilih", TokenKind::word_switch},    {"kasus", TokenKind::word_case},
    {"var", TokenKind::word_var},         {"tetapan", TokenKind::word_const},
    {"const", TokenKind::word_const},     {"map", TokenKind::word_map},
    {"struktur", TokenKind::word_struct}, {"antarmuka", TokenKind::word_interface},
    {"fungsi", TokenKind::word_function}, {"native", TokenKind::word_native},
    {"jika", TokenKind::word_if},         {"atau_jika", TokenKind::word_else_if},
    {"lainnya", TokenKind::word_else},    {"kembalikan", TokenKind::word_return},
    {"kembali", TokenKind::word_return},  {"benar", TokenKind::word_true},
    {"salah", TokenKind::word_false},     {"kosong", TokenKind::word_null},
    {"akhir", TokenKind::word_end},       {"selama", TokenKind::word_while},
    {"dan", TokenKind::word_and},         {"atau", TokenKind::word_or},
    {"ambil", TokenKind::word_import},    {"dari", TokenKind::word_from},
    {"berhenti", TokenKind::word_break},  {"lanjut", TokenKind::word_continue},
};

constexpr size_t kWordLengthMax = 10;

}  // namespace

const char* token_kind_name(TokenKind kind) {
    return kNames[static_cast<size_t>(kind)];
}

TokenKind word_kind(std::string_view word) {
    if (word.size() < 3 || word.size() > kWordLengthMax) return TokenKind::identifier;
    std::array<char, kWordLengthMax> lower{};
    for (size_t i = 0; i < word.size(); ++i) {
        char byte = word[i];
        lower[i] = byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte;
    }
    const std::string_view lowered(lower.data(), word.size());
    for (const Word& candidate : kWords) {
        if (candidate.text == lowered) return candidate.kind;
    }
    return TokenKind::identifier;
}

}  // namespace fox
