#include "stress/soak/world.h"

#include "stress/fox/print.h"
#include "stress/generate/generator.h"

namespace soak {

namespace {

constexpr uint64_t kOperations = 250;
constexpr uint64_t kLines = 30;
constexpr uint64_t kFloodMixes = 4;
constexpr uint64_t kFloodLines = 8 * kLines;

}  // namespace

std::string World::open() {
    for (auto* make : {arena_table, pool_table, general_table, context_table, heap_table}) {
        tables_.push_back(make(&meter_, debug_));
        if (tables_.back() == nullptr) {
            return "an allocator could not be made: " + std::string(morph_creation_error().text);
        }
    }
    stress::Setup setup;
    setup.debug = debug_;
    compiler_ = std::make_unique<fox::Session>(setup);
    setup.mode = MORPH_MODE_RUNTIME;
    setup.nursery = size_t{64} << 10;
    runtime_ = std::make_unique<fox::Session>(setup);
    if (compiler_->open() && runtime_->open()) return {};
    return "a context could not be made: " + std::string(morph_creation_error().text);
}

std::string World::parse(fox::Session* session, const std::string& source, uint64_t* result) const {
    fox::Result parsed = session->parse(source);
    if (parsed.tree == nullptr) return std::string("front end: ") + parsed.error.message;
    if (!session->collect(&parsed)) return "front end: a collection was refused";
    *result = fox::tree_hash(parsed.tree);
    session->reset();
    return {};
}

std::string World::flood() {
    uint64_t ignored = 0;
    for (const std::unique_ptr<KeptTable>& table : tables_) {
        if (!table->begin()) return "no memory for a table";
        // Without a reset between them: what a mix leaves stays beside the next one's.
        for (uint64_t seed = 1; seed <= kFloodMixes; ++seed) {
            const MixSettings settings = {seed, kOperations, table->wide_bits()};
            const std::string wrong = run_mix(*table, settings, &ignored);
            if (!wrong.empty()) return wrong;
        }
        table->reset();
    }
    const std::string source = fox::generate(1, kFloodLines);
    const std::string wrong = parse(compiler_.get(), source, &ignored);
    return wrong.empty() ? parse(runtime_.get(), source, &ignored) : wrong;
}

std::string World::work(uint64_t seed, Sizes sizes, uint64_t* result) {
    *result = 0;
    for (const std::unique_ptr<KeptTable>& table : tables_) {
        if (!table->begin()) return "no memory for a table";
        const unsigned bits = sizes == Sizes::wide ? table->wide_bits() : table->size_bits();
        const std::string wrong = run_mix(*table, {seed, kOperations, bits}, result);
        if (!wrong.empty()) return wrong;
        table->reset();
    }
    const std::string source = fox::generate(seed, kLines);
    uint64_t compiled = 0;
    uint64_t collected = 0;
    std::string wrong = parse(compiler_.get(), source, &compiled);
    if (wrong.empty()) wrong = parse(runtime_.get(), source, &collected);
    if (wrong.empty() && compiled != collected) wrong = "front end: the trees of the modes differ";
    *result = *result * 31 + compiled;
    return wrong;
}

std::string World::close() {
    tables_.clear();
    const bool clean = compiler_->close() && runtime_->close() && meter_.held() == 0;
    return clean ? "" : "WORLD-RETURNED: bytes granted are not returned";
}

uint64_t World::held() const {
    return meter_.held() + (compiler_->meter.granted_bytes - compiler_->meter.returned_bytes) +
           (runtime_->meter.granted_bytes - runtime_->meter.returned_bytes);
}

}  // namespace soak
