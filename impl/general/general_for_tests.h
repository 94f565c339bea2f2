// What the general allocator's tests share: an allocator that is destroyed, limits that count and
// refuse, a handler that collects reports.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "chunk/meter_for_tests.h"

#include "morph/general.h"

namespace general_test {

using morph::Meter;

struct Reports {
    std::vector<MorphReport> seen;
    static void note(void* user, const MorphReport* report) {
        static_cast<Reports*>(user)->seen.push_back(*report);
    }
    [[nodiscard]] size_t count(MorphReportKind kind) const {
        size_t found = 0;
        for (const MorphReport& report : seen) found += report.kind == kind ? 1 : 0;
        return found;
    }
};

struct Closer {
    void operator()(MorphGeneral* general) const { morph_general_destroy(general); }
};
using Owner = std::unique_ptr<MorphGeneral, Closer>;

inline Owner make_general() {
    return Owner(morph_general_create(nullptr));
}

inline Owner make_general(Meter& meter, size_t bytes_max = 0) {
    MorphGeneralConfig config = {};
    config.memory = meter.limits(bytes_max);
    return Owner(morph_general_create(&config));
}

inline Owner make_debug_general(Reports& reports, Meter* meter = nullptr) {
    MorphGeneralConfig config = {};
    config.enable_debug = true;
    if (meter != nullptr) config.memory = meter->limits();
    config.report = &Reports::note;
    config.report_user = &reports;
    return Owner(morph_general_create(&config));
}

inline unsigned char* bytes_of(void* object) {
    return static_cast<unsigned char*>(object);
}

// The error's text has the id of the invariant in it.
inline bool names(const MorphGeneral* general, const char* id) {
    return std::strstr(morph_general_last_error(general).text, id) != nullptr;
}

}  // namespace general_test
