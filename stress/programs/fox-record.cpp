// fox-record: the operations that the front end asks of its memory system while it parses a
// source, as a program in the text form of the language of operations.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "fuzz/text.h"
#include "stress/fox/session.h"
#include "stress/memory/record.h"

namespace {

// Live objects are kept in order of allocation, which is how operations pick them; a reallocated
// object keeps its place.
class Recorder : public suite::MemoryListener {
 public:
    explicit Recorder(size_t operations_max) : operations_max_(operations_max) {}

    void registered() override { add({.code = suite::Code::register_type}); }

    void allocated(void* object, size_t size, uint32_t type) override {
        if (add({.code = suite::Code::allocate, .size = size, .type = type})) {
            live_.push_back({object, size});
        }
    }

    void freed(void* object) override {
        const auto place = find(object);
        if (place == live_.end()) return;
        // What is too large for a pool lies in the arena and lives on until reset.
        const bool stays = place->size > MORPH_POOL_MAX_SIZE;
        if (!add({.code = suite::Code::free, .object = position(place)})) return;
        if (stays) {
            place->object = nullptr;  // its address may come again
        } else {
            live_.erase(place);
        }
    }

    void reallocated(void* object, void* moved, size_t new_size) override {
        const auto place = find(object);
        if (place == live_.end()) return;
        add({.code = suite::Code::reallocate, .size = new_size, .object = position(place)});
        *place = {moved, new_size};
    }

    void reset() override {
        if (add({.code = suite::Code::reset})) live_.clear();
    }

    // The program, with a look at everything at its end.
    suite::Program take() {
        for (const suite::Code code : {suite::Code::metrics, suite::Code::verify,
                                       suite::Code::reset, suite::Code::metrics}) {
            program_.operations.push_back({.code = code});
        }
        return program_;
    }

 private:
    struct Live {
        void* object;
        size_t size;
    };
    using Place = std::vector<Live>::iterator;

    Place find(const void* object) {
        return std::find_if(live_.begin(), live_.end(),
                            [object](const Live& live) { return live.object == object; });
    }

    uint32_t position(Place place) { return static_cast<uint32_t>(place - live_.begin()); }

    bool add(const suite::Operation& operation) {
        if (program_.operations.size() >= operations_max_) return false;
        program_.operations.push_back(operation);
        return true;
    }

    size_t operations_max_;
    suite::Program program_;
    std::vector<Live> live_;
};

}  // namespace

int main(int argc, char** argv) {
    std::string file;
    std::string output;
    size_t operations = 1500;
    CLI::App app{"Record what the Fox front end asks of its memory system while it parses FILE."};
    app.add_option("FILE", file, "a Fox source")->required()->check(CLI::ExistingFile);
    app.add_option("-o,--output", output, "where to write the operations")->required();
    app.add_option("--operations", operations, "record the first so many at most");
    CLI11_PARSE(app, argc, argv);

    std::ifstream stream(file, std::ios::binary);
    const std::string source{std::istreambuf_iterator<char>(stream), {}};
    MorphMemContext* context = morph_mem_init(&MORPH_CONFIG_COMPILER);
    Recorder recorder(operations);
    suite::listen(context, &recorder);
    fox::Types types;
    if (!fox::register_types(context, &types)) return 1;
    const fox::Result result = fox::parse(context, types, source);
    if (result.tree == nullptr) {
        std::fprintf(stderr, "%s\n", fox::format_error(file, result.error).c_str());
    }
    suite::listen(context, nullptr);
    (void)morph_mem_destroy(context);

    const suite::Program program = recorder.take();
    std::ofstream target(output, std::ios::binary);
    target << "# Recorded by fox-record from " << file << ": the first "
           << program.operations.size() << " operations.\n"
           << suite::print(program);
    target.close();
    if (!target) {
        std::fprintf(stderr, "%s: cannot be written\n", output.c_str());
        return 1;
    }
    std::printf("%s: %zu operations\n", output.c_str(), program.operations.size());
    return 0;
}
