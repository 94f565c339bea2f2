// What the environment says, and what it overrides.
#include <cstdlib>
#include <cstring>

#include "context/config.h"
#include "os/small_file.h"

namespace morph {
namespace {

MorphCode parse_switch(const char* name, const char* value, bool* on, ErrorState& errors) {
    bool valid = (value[0] == '0' || value[0] == '1') && value[1] == '\0';
    if (!valid) {
        return errors.fail(MORPH_ERROR_INVALID_CONFIGURATION, "%s: \"%.100s\" is neither 0 nor 1",
                           name, value);
    }
    *on = value[0] == '1';
    return MORPH_OK;
}

// The variables one after the other; nothing more is read once one is wrong.
class VariableReader {
 public:
    VariableReader(const EnvironmentReader& reader, ErrorState& errors)
        : reader_(reader), errors_(errors) {}

    void read_switch(const char* name, bool* given, bool* on) {
        const char* value = next(name);
        if (value == nullptr) return;
        code_ = parse_switch(name, value, on, errors_);
        *given = code_ == MORPH_OK;
    }

    // without: what there is none of when the variable is not set.
    void read_path(const char* name, const char* without, const char** path) {
        const char* value = next(name);
        if (value == nullptr) return;
        if (value[0] == '\0') {
            code_ = errors_.fail(MORPH_ERROR_INVALID_CONFIGURATION,
                                 "%s: \"\" is no path; unset it for no %s", name, without);
        } else if (strnlen(value, kStatsPathBytesMax) == kStatsPathBytesMax) {
            code_ = errors_.fail(MORPH_ERROR_INVALID_CONFIGURATION,
                                 "%s: \"%.60s...\" exceeds %zu bytes", name, value,
                                 kStatsPathBytesMax - 1);
        } else {
            *path = value;
        }
    }

    void read_bytes(const char* name, size_t least, size_t* bytes) {
        const char* value = next(name);
        if (value == nullptr) return;
        std::optional<uint64_t> number = parse_decimal(value);
        if (number.has_value() && *number >= least && *number <= MORPH_MAX_REQUEST) {
            *bytes = static_cast<size_t>(*number);
            return;
        }
        code_ = errors_.fail(MORPH_ERROR_INVALID_CONFIGURATION,
                             "%s: \"%.60s\" is no number of bytes from %zu to %zu", name, value,
                             least, MORPH_MAX_REQUEST);
    }

    [[nodiscard]] MorphCode code() const { return code_; }

 private:
    [[nodiscard]] const char* next(const char* name) const {
        return code_ == MORPH_OK ? reader_.read(reader_.user, name) : nullptr;
    }

    const EnvironmentReader& reader_;
    ErrorState& errors_;
    MorphCode code_ = MORPH_OK;
};

}  // namespace

EnvironmentReader process_environment() {
    // getenv is safe as long as nobody calls setenv meanwhile, which POSIX asks of the program.
    return {[](void*, const char* name) -> const char* { return getenv(name); }, nullptr};
}

MorphCode read_environment(const EnvironmentReader& reader, Environment* environment,
                           ErrorState& errors) {
    *environment = {};
    VariableReader variables(reader, errors);
    variables.read_switch("MORPH_MEM_V2", &environment->v2_given, &environment->v2);
    variables.read_switch("MORPH_MEM_DEBUG", &environment->debug_given, &environment->debug);
    variables.read_path("MORPH_MEM_STATS", "statistics", &environment->stats_path);
    variables.read_bytes("MORPH_MEM_V1_THRESHOLD", kV1ThresholdMin, &environment->v1_threshold);
    variables.read_path("MORPH_MEM_V1_DEATH_LOG", "log", &environment->v1_death_log);
    variables.read_switch("MORPH_MEM_V1_DAEMON", &environment->v1_daemon_given,
                          &environment->v1_daemon);
    variables.read_path("MORPH_MEM_V1_SWAP", "swapping", &environment->v1_swap);
    return variables.code();
}

MorphMemConfig with_environment(const MorphMemConfig& config, const Environment& environment) {
    MorphMemConfig changed = config;
    MorphV1Settings& v1 = changed.v1;
    if (environment.v2_given) changed.enable_v1 = !environment.v2;
    if (environment.v1_threshold != 0) v1.threshold = environment.v1_threshold;
    if (environment.v1_death_log != nullptr) v1.death_log = environment.v1_death_log;
    if (environment.v1_daemon_given) v1.daemon = environment.v1_daemon;
    if (environment.v1_swap != nullptr) v1.swap_directory = environment.v1_swap;
    return changed;
}

}  // namespace morph
