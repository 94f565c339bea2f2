// Builder: makes workloads out of the programs of stress/, for the lists of the rooms (lists.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "stress/driver/workloads.h"

namespace stress {

using Command = std::vector<std::string>;

// Exit status of every workload program; 0 is good.
inline constexpr int kExitUsage = 2;
inline constexpr int kExitOutOfMemory = 3;  // cleanly: NULL, an error, all freed
inline constexpr int kExitBroken = 4;       // fox and collector: see their programs
inline constexpr int kExitRejected = 1;     // fox: a source has an error

class Builder {
 public:
    Builder(Places places, uint64_t seed) : places_(std::move(places)), seed_(seed) {}

    [[nodiscard]] const Places& places() const { return places_; }
    [[nodiscard]] uint64_t seed() const { return seed_; }
    [[nodiscard]] std::string program(const std::string& name) const;

    // The same arguments on library, reference and malloc; all output is compared.
    [[nodiscard]] Workload on_all(const std::string& program, const std::string& name,
                                  const Command& arguments) const;
    // One program that compares or judges by itself: its exit status says how it went.
    [[nodiscard]] Workload single(const std::string& program, const std::string& name,
                                  const Command& arguments) const;

    // Every source of a directory of the corpus.
    [[nodiscard]] Workload corpus(const std::string& directory, Command arguments) const;
    // A generated program, its tree checked, counted and hashed.
    [[nodiscard]] Workload generated(uint64_t lines, const Command& more = {}) const;
    // Refused requests, at 40 points.
    [[nodiscard]] Workload sweep() const;
    [[nodiscard]] Workload profile(uint64_t lines, const Command& more = {}) const;
    [[nodiscard]] Workload collector(const std::string& name, uint64_t size,
                                     const Command& more = {}) const;

    // RUNTIME mode, on all systems of the workload; and the library in COMPILER mode prints the
    // same.
    [[nodiscard]] static Workload runtime(Workload workload, const Command& schedule);
    // The library with itself, in other configurations.
    [[nodiscard]] static Workload configured(Workload workload,
                                             const std::vector<Command>& configurations);
    // The footprint is promised by the library alone.
    [[nodiscard]] static Workload judged(Workload workload);
    [[nodiscard]] static Workload named(Workload workload, const std::string& more);
    // Without the reference, which takes most of the time of a large workload.
    [[nodiscard]] static Workload without_reference(Workload workload);
    // Must end in "out of memory" on every system.
    [[nodiscard]] static Workload refused(Workload workload, const std::string& why);

    // Paths of the sources of a directory of the corpus, sorted.
    [[nodiscard]] std::vector<std::string> sources(const std::string& directory) const;

 private:
    Places places_;
    uint64_t seed_;
};

}  // namespace stress
