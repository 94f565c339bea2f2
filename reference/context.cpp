#include "reference/context.h"

#include <cstdio>
#include <cstring>

#include "reference/config.h"
#include "reference/format.h"

namespace reference {
namespace {

Settings settings_of(const MorphMemConfig& config) {
    Settings settings = {.rules = Rules::context};
    settings.debug = config.enable_debug;
    settings.metrics = config.enable_metrics;
    settings.limits = config.memory;
    return settings;
}

// All or nothing: into a file beside it, which then takes its name.
bool write_file(const std::string& path, const std::string& text) {
    const std::string fresh = path + ".new";
    FILE* file = std::fopen(fresh.c_str(), "w");
    if (file == nullptr) return false;
    const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
    const bool closed = std::fclose(file) == 0;
    if (written && closed && std::rename(fresh.c_str(), path.c_str()) == 0) return true;
    std::remove(fresh.c_str());
    return false;
}

// What was counted goes; what there is now stays.
void forget_counts(MorphHeapStats& stats) {
    MorphHeapStats present = {};
    present.remembered = stats.remembered;
    present.weak_references = stats.weak_references;
    present.finalizers = stats.finalizers;
    present.roots = stats.roots;
    present.global_roots = stats.global_roots;
    present.nursery_bytes = stats.nursery_bytes;
    present.survivor_bytes = stats.survivor_bytes;
    present.survivor_bytes_used = stats.survivor_bytes_used;
    present.major_threshold = stats.major_threshold;
    present.old_bytes = stats.old_bytes;
    present.old_blocks = stats.old_blocks;
    present.old_runs = stats.old_runs;
    present.large_objects = stats.large_objects;
    present.bytes_mapped = stats.bytes_mapped;
    present.bytes_mapped_peak = stats.bytes_mapped_peak;
    present.young_bytes_mapped = stats.young_bytes_mapped;
    present.old_bytes_mapped = stats.old_bytes_mapped;
    present.large_bytes_mapped = stats.large_bytes_mapped;
    present.metadata_bytes_mapped = stats.metadata_bytes_mapped;
    present.types = stats.types;
    stats = present;
}

}  // namespace

Context::Context(const MorphMemConfig& config, std::string stats_path)
    : MorphMemContext{},
      owner_(settings_of(config), config.report, config.report_user),
      stats_path_(std::move(stats_path)),
      report_leaks_(config.report_leaks),
      metrics_(config.enable_metrics) {
    if (config.mode != MORPH_MODE_RUNTIME) return;
    MorphHeapConfig inner = {};
    inner.settings = heap_settings(config);
    inner.enable_debug = config.enable_debug;
    inner.report_leaks = config.report_leaks;
    inner.memory = config.memory;
    inner.report = config.report;
    inner.report_user = config.report_user;
    runtime_ = std::make_unique<Heap>(inner);
    heap = runtime_.get();
}

bool Context::open() {
    return runtime_ != nullptr ? runtime_->open() : owner_.open();
}

MorphCode Context::close() {
    if (runtime_ == nullptr && report_leaks_) owner_.report_leaks();
    const MorphCode code = stats_path_.empty() ? MORPH_OK : dump(stats_path_);
    if (runtime_ != nullptr) {
        runtime_->close();
    } else {
        owner_.check_guards();
    }
    return code;
}

MorphCode Context::fail(MorphCode code, std::string_view text) const {
    return runtime_ != nullptr ? runtime_->fail(code, text) : owner_.fail(code, text);
}

void Context::reset() {
    resets_ += 1;
    if (runtime_ != nullptr) {
        runtime_->reset();
    } else {
        owner_.reset();
    }
}

// ------------------------------------------------------------------------------------- figures

MorphMemStats Context::stats() const {
    return runtime_ != nullptr ? runtime_stats() : compiler_stats();
}

MorphMemStats Context::compiler_stats() const {
    const Model& model = owner_.model;
    MorphMemStats stats = model.context_figures();
    stats.bytes_mapped = model.memory().bytes();
    stats.bytes_mapped_peak = model.memory().bytes_peak();
    stats.pool_bytes_mapped = model.bytes_taken(MORPH_ROOM_POOL);
    stats.arena_bytes_mapped = model.bytes_taken(MORPH_ROOM_ARENA);
    stats.arena_bytes_reserved = stats.arena_bytes_mapped;
    stats.metadata_bytes_mapped =
        stats.bytes_mapped - stats.pool_bytes_mapped - stats.arena_bytes_mapped;
    return stats;
}

MorphMemStats Context::runtime_stats() const {
    MorphMemStats stats = {};
    stats.mode = MORPH_MODE_RUNTIME;
    stats.metrics = metrics_;
    stats.heap = runtime_->stats();
    if (!metrics_) forget_counts(stats.heap);
    stats.total = stats.heap.counts;
    stats.bytes_live_peak = stats.heap.bytes_live_peak;
    stats.failures = stats.heap.failures;
    stats.resets = metrics_ ? resets_ : 0;
    stats.types = stats.heap.types;
    stats.bytes_mapped = stats.heap.bytes_mapped;
    stats.bytes_mapped_peak = stats.heap.bytes_mapped_peak;
    stats.metadata_bytes_mapped = stats.heap.metadata_bytes_mapped;
    return stats;
}

std::vector<MorphMemTypeStats> Context::type_stats() const {
    std::vector<MorphMemTypeStats> all;
    if (runtime_ == nullptr) {
        for (uint32_t type = 0; type < owner_.model.types(); ++type) {
            all.push_back(owner_.model.type_figures(type));
        }
        return all;
    }
    for (const RegisteredType& type : runtime_->all_types()) {
        MorphMemTypeStats stats = {};
        std::memcpy(stats.name, type.name.c_str(), type.name.size() + 1);
        stats.placement = type.placement;
        stats.layout = type.layout;
        if (metrics_) stats.counts = type.counts;
        all.push_back(stats);
    }
    return all;
}

MorphCode Context::dump(const std::string& path) const {
    if (write_file(path, format_stats(stats(), type_stats(), format_of_path(path)))) {
        return MORPH_OK;
    }
    return fail(MORPH_ERROR_IO, path + " could not be written");
}

// --------------------------------------------------------------------------------- RUNTIME mode

void* Context::allocate_with(size_t size, size_t alignment, uint32_t type,
                             MorphMemPlacement placement) {
    if (type < runtime_->all_types().size() && raw_number(placement) > MORPH_PLACE_ARENA) {
        fail(MORPH_ERROR_INVALID_ARGUMENT, "placement: not one of MorphMemPlacement");
        return nullptr;
    }
    return runtime_->allocate(size, type, alignment);
}

void* Context::reallocate(void* object, size_t old_size, size_t new_size, uint32_t type) {
    if (object == nullptr) return runtime_->allocate(new_size, type, MORPH_DEFAULT_ALIGNMENT);
    const Record* record = runtime_->find(object);
    MorphCode code = MORPH_OK;
    if (record == nullptr) {
        code = MORPH_ERROR_NOT_AN_OBJECT;
    } else if (type >= runtime_->all_types().size()) {
        code = MORPH_ERROR_UNKNOWN_TYPE;
    } else if (new_size > MORPH_MAX_REQUEST) {
        code = MORPH_ERROR_TOO_LARGE;
    } else if (type != record->type) {
        code = MORPH_ERROR_INVALID_ARGUMENT;
    } else if (old_size != record->size) {
        if (runtime_->debug()) runtime_->report(MORPH_REPORT_WRONG_SIZE, object, record);
        code = MORPH_ERROR_WRONG_SIZE;
    }
    if (code == MORPH_OK) return runtime_->resize(object, new_size);
    fail(code);
    return nullptr;
}

}  // namespace reference
