#include "stress/generate/generator.h"

#include <algorithm>

#include "stress/generate/writer.h"

namespace fox {

void generate(uint64_t seed, uint64_t lines, const std::function<void(std::string_view)>& write) {
    Writer writer(seed);
    uint64_t left = lines;
    while (left != 0) {
        std::string item = writer.item();
        auto count = static_cast<uint64_t>(std::count(item.begin(), item.end(), '\n'));
        if (count > left) {  // the last lines are filled up one by one
            item = writer.line();
            count = 1;
        }
        write(item);
        left -= count;
    }
}

std::string generate(uint64_t seed, uint64_t lines) {
    std::string program;
    generate(seed, lines, [&program](std::string_view piece) { program += piece; });
    return program;
}

}  // namespace fox
