#include "stress/soak/unit.h"

#include "stress/collector/workloads.h"
#include "stress/profile/profile.h"

namespace soak {

namespace {

std::string number(uint64_t value) {
    return std::to_string(value);
}

}  // namespace

std::string Units::open() {
    steady_ = std::make_unique<World>(false);
    varied_ = std::make_unique<World>(false);
    debug_ = std::make_unique<World>(true);
    units_ = 0;
    for (World* world : {steady_.get(), varied_.get(), debug_.get()}) {
        std::string wrong = world->open();
        if (wrong.empty() && world != steady_.get()) wrong = world->flood();
        if (!wrong.empty()) return wrong;
    }
    return {};
}

std::string Units::kept(uint64_t seed) {
    uint64_t result = 0;
    std::string wrong = steady_->work(first_seed_, Sizes::wide, &result);
    if (!wrong.empty()) return "steady world: " + wrong;
    units_ += 1;
    if (units_ == 1) steady_result_ = result;
    if (units_ <= kWarmUnits) steady_held_ = steady_->held();
    if (result != steady_result_) return "WORLD-RESULT: the steady world gives another result";
    if (steady_->held() != steady_held_) {
        return "WORLD-PERIODIC: the steady world holds " + number(steady_->held()) +
               " bytes, not " + number(steady_held_);
    }
    wrong = varied_->work(seed, Sizes::narrow, &varied_result_);
    if (!wrong.empty()) return "varied world: " + wrong;
    wrong = debug_->work(seed, Sizes::narrow, &result);
    if (!wrong.empty()) return "world in debug mode: " + wrong;
    return result == varied_result_ ? "" : "WORLD-RESULT: debug mode gives another result";
}

std::string Units::fresh(uint64_t seed, uint64_t expected) const {
    World world(false);
    std::string wrong = world.open();
    uint64_t result = 0;
    if (wrong.empty()) wrong = world.work(seed, Sizes::narrow, &result);
    if (wrong.empty() && result != expected) {
        wrong = "WORLD-RESULT: not that of the world that is kept";
    }
    if (wrong.empty()) wrong = world.work(seed, Sizes::wide, &result);
    if (wrong.empty()) wrong = world.close();
    return wrong.empty() ? wrong : "fresh world: " + wrong;
}

std::string Units::load(uint64_t seed) const {
    const auto all = collector::workloads();
    const collector::Description& one = all[seed % all.size()];
    collector::Settings settings;
    settings.name = one.name;
    settings.size = one.small;
    settings.seed = seed;
    const collector::Report report = collector::run(settings);
    if (!report.wrong.empty()) return settings.name + ": " + report.wrong;
    if (report.out_of_memory) return settings.name + ": out of memory";
    profile::Settings profile_settings;
    profile_settings.lines = 2;
    profile_settings.seed = seed;
    profile_settings.replace = true;
    profile_settings.setup.mode = seed % 2 == 0 ? MORPH_MODE_COMPILER : MORPH_MODE_RUNTIME;
    const profile::Report filled = profile::run(profile_settings);
    if (!filled.wrong.empty()) return "profile: " + filled.wrong;
    return filled.out_of_memory ? "profile: out of memory" : "";
}

std::string Units::run(uint64_t seed) {
    std::string wrong;
    if (steady_ == nullptr) wrong = open();
    if (wrong.empty()) wrong = kept(seed);
    if (wrong.empty()) wrong = fresh(seed, varied_result_);
    if (wrong.empty()) wrong = load(seed);
    if (!wrong.empty()) {
        steady_.reset();
        varied_.reset();
        debug_.reset();
    }
    return wrong;
}

uint64_t Units::held() const {
    if (steady_ == nullptr) return 0;
    return steady_->held() + varied_->held() + debug_->held();
}

}  // namespace soak
