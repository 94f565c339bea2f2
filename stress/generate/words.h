// Names and texts of generated programs, with the lengths of real ones.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "stress/generate/random.h"

namespace fox {

class Words {
 public:
    explicit Words(Random& random) : random_(random) { renew(); }

    // New names for the next function.
    void renew();
    // One of the names in use.
    const std::string& name() { return names_[random_.below(names_.size())]; }
    std::string fresh_name();
    // What stands between the quotes of a string: plain words, escapes, rarely an interpolation.
    std::string text();
    std::string comment();

 private:
    std::string letters(size_t length);

    Random& random_;
    std::vector<std::string> names_;
};

}  // namespace fox
