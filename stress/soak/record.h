// What a soak remembers: its lives (processes, when it was killed and went on), the samples of
// each, and what was found. With a directory, there as well.
//
//   DIR/soak.jsonl   {"soak":1,"seed":7}                                      whose it is
//                    {"life":1,"first":1}                                     a process begins
//                    {"points":[[unit,resident,mapped],...]}                  once in a while
//                    {"unit":812,"seed":818,"finding":"..."}                  at once
//
// SOAK-KEPT  what is found is on the disk before it is printed; a kill costs the samples of the
//            last half second; units are numbered through all lives
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "stress/driver/line_file.h"
#include "stress/soak/trend.h"

namespace soak {

struct Finding {
    uint64_t unit = 0;
    uint64_t seed = 0;
    std::string text;
};

struct Life {
    uint64_t first = 1;  // number of its first unit
    std::vector<Point> resident;
    std::vector<Point> mapped;
};

class Record {
 public:
    // Begins a life. directory empty: nothing is written. Empty, or why it is refused.
    [[nodiscard]] std::string open(const std::string& directory, uint64_t seed);
    // The means of the units since the last point.
    void add(double unit, double resident, double mapped);
    void add(const Finding& finding);
    // Writes the points that are not yet written.
    void flush();

    // Number of the last unit that is known to be done; 0: none.
    [[nodiscard]] uint64_t last_unit() const { return last_unit_; }
    void done(uint64_t unit) { last_unit_ = unit; }
    [[nodiscard]] const std::vector<Life>& lives() const { return lives_; }
    [[nodiscard]] const std::vector<Finding>& findings() const { return findings_; }
    // false: a line could not be written.
    [[nodiscard]] bool written() const { return written_; }

 private:
    void append(const std::string& line);

    stress::LineFile file_;
    std::vector<Life> lives_;
    std::vector<Finding> findings_;
    uint64_t last_unit_ = 0;
    size_t flushed_ = 0;  // points of this life that are on the disk
    bool written_ = true;
};

}  // namespace soak
