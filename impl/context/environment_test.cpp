// What the environment may say, and what it changes.
#include <map>
#include <string>

#include "context/config.h"
#include "context/testing.h"

namespace {

using Variables = std::map<std::string, std::string>;

// environment refers to the texts in variables.
MorphCode read(const Variables& variables, morph::Environment* environment, std::string* text) {
    morph::EnvironmentReader reader = {[](void* user, const char* name) -> const char* {
                                           auto* all = static_cast<const Variables*>(user);
                                           auto found = all->find(name);
                                           return found == all->end() ? nullptr
                                                                      : found->second.c_str();
                                       },
                                       const_cast<Variables*>(&variables)};
    morph::ErrorState errors;
    MorphCode code = morph::read_environment(reader, environment, errors);
    *text = errors.last.text;
    return code;
}

TEST(EnvironmentVariables, NothingSetChangesNothing) {
    morph::Environment environment;
    std::string text;
    EXPECT_EQ(read({}, &environment, &text), MORPH_OK);
    EXPECT_FALSE(environment.debug_given);
    EXPECT_EQ(environment.stats_path, nullptr);
}

TEST(EnvironmentVariables, DebugIsZeroOrOne) {
    morph::Environment environment;
    std::string text;
    EXPECT_EQ(read({{"MORPH_MEM_DEBUG", "1"}}, &environment, &text), MORPH_OK);
    EXPECT_TRUE(environment.debug_given && environment.debug);
    EXPECT_EQ(read({{"MORPH_MEM_DEBUG", "0"}}, &environment, &text), MORPH_OK);
    EXPECT_TRUE(environment.debug_given && !environment.debug);
}

TEST(EnvironmentVariables, AnyOtherValueIsNamedWithItsVariable) {
    morph::Environment environment;
    std::string text;
    for (const char* name : {"MORPH_MEM_DEBUG", "MORPH_MEM_V2", "MORPH_MEM_V1_DAEMON"}) {
        for (const char* value : {"", "2", "01", "1 ", " 1", "yes", "leaks", "-1", "\xff"}) {
            EXPECT_EQ(read({{name, value}}, &environment, &text),
                      MORPH_ERROR_INVALID_CONFIGURATION);
            EXPECT_EQ(text.find(name), 0u);
            EXPECT_NE(text.find("\"" + std::string(value) + "\""), std::string::npos) << text;
        }
        EXPECT_EQ(read({{name, std::string(100000, '1')}}, &environment, &text),
                  MORPH_ERROR_INVALID_CONFIGURATION);
    }
    for (const char* name : {"MORPH_MEM_STATS", "MORPH_MEM_V1_DEATH_LOG", "MORPH_MEM_V1_SWAP"}) {
        EXPECT_EQ(read({{name, ""}}, &environment, &text), MORPH_ERROR_INVALID_CONFIGURATION);
        EXPECT_EQ(text.find(name), 0u);
        EXPECT_EQ(read({{name, std::string(4096, 'p')}}, &environment, &text),
                  MORPH_ERROR_INVALID_CONFIGURATION);
        EXPECT_EQ(text.find(name), 0u);
        EXPECT_EQ(read({{name, std::string(4095, 'p')}}, &environment, &text), MORPH_OK);
    }
}

TEST(EnvironmentVariables, V1IsChosenAndConfigured) {
    morph::Environment environment;
    std::string text;
    const Variables variables = {{"MORPH_MEM_V2", "0"},
                                 {"MORPH_MEM_V1_THRESHOLD", "65536"},
                                 {"MORPH_MEM_V1_DEATH_LOG", "deaths"},
                                 {"MORPH_MEM_V1_DAEMON", "1"},
                                 {"MORPH_MEM_V1_SWAP", "somewhere"}};
    ASSERT_EQ(read(variables, &environment, &text), MORPH_OK);
    MorphMemConfig config = morph::with_environment(MORPH_CONFIG_RUNTIME, environment);
    EXPECT_TRUE(config.enable_v1);
    EXPECT_EQ(config.v1.threshold, 65536u);
    EXPECT_STREQ(config.v1.death_log, "deaths");
    EXPECT_TRUE(config.v1.daemon);
    EXPECT_STREQ(config.v1.swap_directory, "somewhere");
    EXPECT_EQ(config.gc_threshold, MORPH_CONFIG_RUNTIME.gc_threshold);
}

TEST(EnvironmentVariables, OverrideFieldsOneByOne) {
    MorphMemConfig config = MORPH_CONFIG_COMPILER;
    config.enable_v1 = true;
    config.v1.threshold = 4096;
    config.v1.death_log = "mine";
    config.v1.daemon = true;
    config.v1.swap_directory = "mine too";
    config.v1.idle_ms = 7;
    morph::Environment environment;
    std::string text;
    ASSERT_EQ(read({}, &environment, &text), MORPH_OK);
    MorphMemConfig same = morph::with_environment(config, environment);
    EXPECT_TRUE(same.enable_v1);
    EXPECT_TRUE(same.v1.daemon);
    EXPECT_EQ(same.v1.threshold, 4096u);
    EXPECT_STREQ(same.v1.death_log, "mine");
    EXPECT_STREQ(same.v1.swap_directory, "mine too");
    ASSERT_EQ(read({{"MORPH_MEM_V2", "1"}, {"MORPH_MEM_V1_DAEMON", "0"}}, &environment, &text),
              MORPH_OK);
    MorphMemConfig changed = morph::with_environment(config, environment);
    EXPECT_FALSE(changed.enable_v1);
    EXPECT_FALSE(changed.v1.daemon);
    EXPECT_EQ(changed.v1.idle_ms, 7u);
}

TEST(EnvironmentVariables, AThresholdIsANumberOfBytesFrom4KiBOn) {
    morph::Environment environment;
    std::string text;
    for (const char* value :
         {"", "0", "4095", "-4096", "8MB", "1e6", " 4096", "4096 ", "0x10000", "70368744177665",
          "18446744073709551616", "99999999999999999999999"}) {
        EXPECT_EQ(read({{"MORPH_MEM_V1_THRESHOLD", value}}, &environment, &text),
                  MORPH_ERROR_INVALID_CONFIGURATION)
            << value;
        EXPECT_EQ(text.find("MORPH_MEM_V1_THRESHOLD: \"" + std::string(value) + "\""), 0u) << text;
    }
    EXPECT_EQ(read({{"MORPH_MEM_V1_THRESHOLD", "4096"}}, &environment, &text), MORPH_OK);
    EXPECT_EQ(environment.v1_threshold, 4096u);
    EXPECT_EQ(read({{"MORPH_MEM_V1_THRESHOLD", "70368744177664"}}, &environment, &text), MORPH_OK);
    EXPECT_EQ(environment.v1_threshold, MORPH_MAX_REQUEST);
}

using RealEnvironment = morph::ContextTest;

TEST_F(RealEnvironment, IsReadAtInit) {
    {
        morph::Variable variable("MORPH_MEM_DEBUG", "perhaps");
        EXPECT_EQ(morph_mem_init(&config), nullptr);
        EXPECT_EQ(morph_creation_error().code, MORPH_ERROR_INVALID_CONFIGURATION);
        EXPECT_STREQ(morph_creation_error().text,
                     "MORPH_MEM_DEBUG: \"perhaps\" is neither 0 nor 1");
    }
    {
        morph::Variable variable("MORPH_MEM_V1_THRESHOLD", "12");
        EXPECT_EQ(morph_mem_init(&config), nullptr);
        EXPECT_EQ(morph_creation_error().code, MORPH_ERROR_INVALID_CONFIGURATION);
    }
}

TEST_F(RealEnvironment, OverridesTheDebugField) {
    for (bool on : {false, true}) {
        morph::Variable variable("MORPH_MEM_DEBUG", on ? "1" : "0");
        config.enable_debug = !on;
        open();
        auto* object = static_cast<unsigned char*>(morph_mem_alloc(context, 24, 0));
        ASSERT_NE(object, nullptr);
        // Debug mode reports a free of something else; release mode refuses it silently.
        EXPECT_EQ(morph_mem_free(context, &config), MORPH_ERROR_NOT_AN_OBJECT);
        EXPECT_EQ(reports.size(), on ? 1u : 0u);
        reports.clear();
        close();
    }
}

TEST_F(RealEnvironment, OverridesTheSystem) {
    for (bool v1 : {false, true}) {
        for (const MorphMemConfig& preset : {MORPH_CONFIG_COMPILER, MORPH_CONFIG_RUNTIME}) {
            morph::Variable variable("MORPH_MEM_V2", v1 ? "0" : "1");
            morph::Variable threshold("MORPH_MEM_V1_THRESHOLD", "123456");
            config = preset;
            config.memory = ledger.limits();
            config.enable_v1 = !v1;
            open();
            EXPECT_EQ(stats().v1, v1);
            EXPECT_EQ(stats().mode, preset.mode);
            if (v1) {
                EXPECT_EQ(stats().heap.major_threshold, 123456u);
            }
            close();
        }
    }
}

using OptionsInTheEnvironment = morph::FileTest;

TEST_F(OptionsInTheEnvironment, AreNamedWhenTheyDoNotGoTogether) {
    morph::Variable system("MORPH_MEM_V2", "0");
    morph::Variable swap("MORPH_MEM_V1_SWAP", directory_.c_str());
    EXPECT_EQ(morph_mem_init(&config), nullptr);
    EXPECT_EQ(morph_creation_error().code, MORPH_ERROR_INVALID_CONFIGURATION);
    std::string text = morph_creation_error().text;
    EXPECT_NE(text.find(directory_), std::string::npos) << text;
    EXPECT_NE(text.find("MORPH_MEM_V1_SWAP needs MORPH_MEM_V1_DAEMON=1"), std::string::npos);
}

TEST_F(OptionsInTheEnvironment, TurnOnLogAndDaemon) {
    std::string path = directory_ + "/deaths";
    morph::Variable system("MORPH_MEM_V2", "0");
    morph::Variable log("MORPH_MEM_V1_DEATH_LOG", path.c_str());
    morph::Variable daemon("MORPH_MEM_V1_DAEMON", "1");
    config = MORPH_CONFIG_RUNTIME;
    config.memory = ledger.limits();
    open();
    for (int i = 0; i < 5; ++i) ASSERT_NE(morph_mem_alloc(context, 40, 0), nullptr);
    ASSERT_EQ(morph_mem_gc_collect(context), MORPH_OK);
    close();
    std::string deaths = contents(path);
    EXPECT_EQ(std::count(deaths.begin(), deaths.end(), '\n'), 5) << deaths;
    EXPECT_NE(deaths.find(" 40 0\n"), std::string::npos);
}

}  // namespace
