// The journal of a run of `stress --state DIR`: what was done and what was found, so that a run
// that was killed goes on where it stopped.
//
//   DIR/journal.jsonl      {"stress":1,"seed":7,"plan":"brief","rooms":"","only":""}   whose it is
//                          {"seed":7,"round":1,"room":"real","name":"...","good":true,...}
//   DIR/finding-0001.txt   the command that shows it, what was expected, what was printed
//
// JOURNAL-SAME   a journal belongs to one seed, plan and choice: another one is refused
// JOURNAL-FOUND  a finding's file is on the disk before its line; nothing that is found gets lost
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "stress/driver/line_file.h"

namespace stress {

struct Identity {
    uint64_t seed = 1;  // of the first round
    std::string plan;
    std::string rooms;  // "real,traces"; empty: all
    std::string only;   // regular expression that chooses workloads; empty: all
};

// A workload that ended.
struct Entry {
    uint64_t round = 1;  // from 1 on
    uint64_t seed = 1;
    std::string room;
    std::string name;
    bool good = true;
    double seconds = 0;
    std::string text;   // of a finding: what it is; in the journal its first line
    std::string again;  // of a finding: the command that shows it
    std::string file;   // of a finding: where it is written; empty: nowhere
};

class Journal {
 public:
    // Reads what is there already. Empty, or why this directory is refused.
    [[nodiscard]] std::string open(const std::string& directory, const Identity& identity);
    // Remembers; with a directory, there. Sets file. false: it could not be written.
    [[nodiscard]] bool add(Entry entry);

    [[nodiscard]] bool done(uint64_t round, const std::string& room, const std::string& name) const;
    [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
    [[nodiscard]] size_t findings() const { return findings_; }

 private:
    void remember(Entry entry);

    LineFile file_;
    std::string directory_;
    std::vector<Entry> entries_;
    std::set<std::string> done_;
    size_t findings_ = 0;
};

}  // namespace stress
