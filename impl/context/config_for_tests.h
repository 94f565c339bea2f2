// For tests: what validation says of a configuration, and that the public way says the same.
#pragma once

#include <string>

#include "context/config.h"
#include "context/testing.h"

namespace morph {

struct Refusal {
    MorphCode code;
    std::string text;
};

inline Refusal refusal_of(const MorphMemConfig& config) {
    ErrorState errors;
    MorphCode code = validate_config(config, errors);
    EXPECT_EQ(code, errors.last.code);
    // The public way says the same.
    MorphMemContext* context = morph_mem_init(&config);
    EXPECT_EQ(context == nullptr, code != MORPH_OK);
    if (context == nullptr) {
        EXPECT_EQ(morph_creation_error().code, code);
        EXPECT_STREQ(morph_creation_error().text, errors.last.text);
        EXPECT_STREQ(morph_mem_last_error(nullptr).text, errors.last.text);
    }
    morph_mem_destroy(context);
    return {code, errors.last.text};
}

inline void expect_invalid(const MorphMemConfig& config, const char* field, const char* value) {
    Refusal refusal = refusal_of(config);
    EXPECT_EQ(refusal.code, MORPH_ERROR_INVALID_CONFIGURATION);
    EXPECT_EQ(refusal.text.find(field), 0u) << refusal.text;
    EXPECT_NE(refusal.text.find(value), std::string::npos) << refusal.text;
}

}  // namespace morph
