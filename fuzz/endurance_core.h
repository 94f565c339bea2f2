// What both kinds of endurance runs have: report, findings, the ledger, injected refusals.
#pragma once

#include <algorithm>
#include <cstdarg>
#include <cstdio>

#include "fuzz/endurance.h"
#include "fuzz/ledger.h"
#include "fuzz/random.h"

namespace suite {

class EnduranceCore {
 public:
    EnduranceCore(const EnduranceCore&) = delete;
    EnduranceCore& operator=(const EnduranceCore&) = delete;

 protected:
    // No run may hold more, so that it does not harm the machine.
    static constexpr uint64_t kBytesCeiling = uint64_t{1} << 30;

    EnduranceCore(const SubjectEntry& entry, const EnduranceOptions& options)
        : entry_(entry),
          can_(entry.abilities),
          options_(options),
          random_(options.seed),
          ledger_(kBytesCeiling),
          subject_(entry.make()) {}
    ~EnduranceCore() = default;

    // Records a finding; the first one stays. Always false.
    bool fail(Checker checker, const char* format, ...) __attribute__((format(printf, 3, 4))) {
        if (report_.finding.has_value()) return false;
        char text[512];
        va_list arguments;
        va_start(arguments, format);
        std::vsnprintf(text, sizeof text, format, arguments);
        va_end(arguments);
        report_.finding = Finding{checker, static_cast<size_t>(report_.operations), text};
        return false;
    }

    bool open() {
        configuration_.bytes_max = kBytesCeiling;
        if (subject_->open(configuration_, ledger_.limits(), on_report, this)) return true;
        return fail(Checker::contract, "the subject cannot be opened: %s",
                    subject_->last_error().text);
    }

    // Closes; nothing may stay behind. The report, complete.
    EnduranceReport finish() {
        subject_->close();
        if (can_.limits && ledger_.balance() != 0) {
            fail(Checker::leak, "%lld bytes were not returned",
                 static_cast<long long>(ledger_.balance()));
        }
        report_.refusals = ledger_.injected();
        report_.bytes_mapped_peak = static_cast<uint64_t>(ledger_.peak_ever());
        return report_;
    }

    bool check_verify() {
        if (!can_.verify) return true;
        const MorphCode code = subject_->verify();
        if (code == MORPH_OK) return true;
        return fail(Checker::invariants, "verification gave %s: %s", morph_code_name(code),
                    subject_->last_error().text);
    }

    void next_operation() {
        ++report_.operations;
        if (options_.position == nullptr) return;
        options_.position->store(report_.operations, std::memory_order_relaxed);
    }

    // The operation before which a season that begins now ends.
    uint64_t season_end() {
        return std::min(options_.operations, report_.operations + kSeasonOperations / 2 +
                                                 random_.below(kSeasonOperations));
    }

    bool within_season(uint64_t end) {
        if (report_.operations % kAskedEvery == 0 && options_.out_of_time) {
            stopped_ = options_.out_of_time(report_);
        }
        return report_.operations < end && !stopped_;
    }

    // A season went well. Whether another one follows.
    bool next_season() {
        ++report_.seasons;
        return report_.operations < options_.operations && !stopped_;
    }

    // One of the next requests for memory, and a few after it, will be refused.
    void arm() { ledger_.arm(random_.below(2), 1 + random_.below(3)); }

    static void on_report(void* user, const MorphReport* report) {
        static_cast<EnduranceCore*>(user)->fail(Checker::detection, "reported without cause: %s",
                                                report->text);
    }

    const SubjectEntry& entry_;
    const Abilities& can_;
    const EnduranceOptions& options_;
    Configuration configuration_;
    Random random_;
    Ledger ledger_;
    EnduranceReport report_;
    std::unique_ptr<Subject> subject_;
    bool stopped_ = false;  // out of time
};

}  // namespace suite
