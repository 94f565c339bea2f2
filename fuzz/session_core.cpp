#include "fuzz/session_core.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>

#include "fuzz/fill.h"

namespace suite {
namespace {

uint64_t bytes_max_of(const Configuration& configuration) {
    if (configuration.bytes_max == 0) return kBytesCeiling;
    return std::min(configuration.bytes_max, kBytesCeiling);
}

}  // namespace

SessionCore::SessionCore(const Program& program, const SubjectEntry& entry,
                         const RunOptions& options)
    : program_(program),
      entry_(entry),
      options_(options),
      can_(entry.abilities),
      configuration_(program.configuration),
      bytes_max_(bytes_max_of(program.configuration)),
      whole_(std::max(options.fill_bytes_max, kLeastWhole)),
      ledger_(bytes_max_) {
    ledger_.arm(options.fail_from, options.fail_count);
}

bool SessionCore::fail(Checker checker, const char* format, ...) {
    if ((options_.without >> static_cast<unsigned>(checker) & 1) != 0) return true;
    if (result_.finding.has_value()) return false;
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    std::string whole = text;
    if (!first_pass_) whole += " (in a further pass, after reset)";
    result_.finding = Finding{checker, index_, std::move(whole)};
    return false;
}

bool SessionCore::settle(MorphCode seen, MorphCode expected, const char* call) {
    if (seen == expected) return true;
    return fail(Checker::contract, "%s gave %s, expected %s%s%s", call, morph_code_name(seen),
                morph_code_name(expected), seen != MORPH_OK ? "; last error: " : "",
                seen != MORPH_OK ? subject_->last_error().text : "");
}

bool SessionCore::open_failed(bool settings_valid) {
    MorphError error = subject_->last_error();
    MorphCode expected = MORPH_OK;
    if (!settings_valid) expected = MORPH_ERROR_INVALID_CONFIGURATION;
    if (expected == MORPH_OK && ledger_.refused_in_call()) expected = MORPH_ERROR_OUT_OF_MEMORY;
    if (error.code != expected || expected == MORPH_OK) {
        fail(Checker::contract, "open failed with %s (%s), expected %s",
             morph_code_name(error.code), error.text, morph_code_name(expected));
    }
    if (ledger_.balance() != 0) {
        fail(Checker::leak, "open failed and keeps %lld bytes",
             static_cast<long long>(ledger_.balance()));
    }
    return false;
}

bool SessionCore::check_returned() {
    if (ledger_.balance() != 0) {
        return fail(Checker::leak, "%lld bytes were not returned",
                    static_cast<long long>(ledger_.balance()));
    }
    if (reports_ != 0) {
        return fail(Checker::detection, "reported \"%s\" without cause at close",
                    morph_report_kind_name(report_kind_));
    }
    return true;
}

void SessionCore::trace(size_t index, Step step) {
    std::string outcome = outcome_;
    if (step == Step::skipped) outcome = "skipped" + (outcome.empty() ? "" : ": " + outcome);
    if (step == Step::bad && result_.finding) {
        outcome += outcome.empty() ? "" : "; ";
        outcome += std::string(checker_name(result_.finding->checker)) + ": ";
        outcome += result_.finding->text;
    }
    if (outcome.empty()) outcome = "ok";
    options_.trace(index, resolved_, outcome);
}

void SessionCore::on_report(void* user, const MorphReport* report) {
    auto* session = static_cast<SessionCore*>(user);
    if (session->reports_++ == 0) session->report_kind_ = report->kind;
}

}  // namespace suite
