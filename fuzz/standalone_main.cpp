// A main for fuzz targets where there is no fuzzing engine: replays files, and all files below
// directories, one after another. A target that finds something aborts, as with an engine.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

namespace fs = std::filesystem;

bool replay(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> bytes((std::istreambuf_iterator<char>(file)),
                                  std::istreambuf_iterator<char>());
    if (!file.is_open() || file.bad()) {
        std::fprintf(stderr, "%s: cannot be read\n", path.c_str());
        return false;
    }
    // An exact copy: sanitizers see a read past its end.
    const std::vector<uint8_t> input(bytes.begin(), bytes.end());
    (void)LLVMFuzzerTestOneInput(input.data(), input.size());
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    size_t replayed = 0;
    bool readable = true;
    for (int i = 1; i < argc; ++i) {
        const fs::path path = argv[i];
        if (argv[i][0] == '-') continue;  // options of engines mean nothing here
        std::error_code error;
        if (!fs::is_directory(path, error)) {
            readable &= replay(path);
            ++replayed;
            continue;
        }
        for (const auto& entry : fs::recursive_directory_iterator(path, error)) {
            if (!entry.is_regular_file(error)) continue;
            readable &= replay(entry.path());
            ++replayed;
        }
    }
    std::printf("%zu inputs replayed\n", replayed);
    return readable ? 0 : 2;
}
