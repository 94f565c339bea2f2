// Birth and death of a context: home, environment, leaks, statistics at the end. What is particular
// to contexts that have a heap is in runtime.cpp.
#include <cstring>
#include <new>

#include "chunk/check.h"
#include "chunk/memory_marks.h"
#include "context/format.h"
#include "context/home.h"
#include "context/mode.h"

namespace morph {
namespace {

MorphCode explain_home_refusal(Refusal refusal, size_t bytes, const MorphMemoryLimits& limits,
                               ErrorState& errors) {
    const char* who = refusal == Refusal::bound  ? "memory.bytes_max"
                      : refusal == Refusal::hook ? "the request hook"
                                                 : "the system";
    return errors.fail(MORPH_ERROR_OUT_OF_MEMORY,
                       "context: its first %zu bytes were refused by %s (bytes_max %zu)", bytes,
                       who, limits.bytes_max);
}

}  // namespace

void* map_context_home(const MorphMemoryLimits& limits, size_t bytes, ErrorState& errors) {
    Refusal refusal = Refusal::none;
    void* home = Source::map_home(limits, bytes, &refusal);
    if (home == nullptr) explain_home_refusal(refusal, bytes, limits, errors);
    if (home != nullptr && marks_active()) mark_home(home, bytes);
    return home;
}

void return_context_home(const MorphMemoryLimits& limits, void* home, size_t bytes) {
    if (marks_active()) mark_home_gone(home);
    Source::return_home(limits, home, bytes);
}

// Fresh pages are zero: the path needs no terminator of its own.
void keep_stats_path(const Environment& environment, char* to) {
    if (environment.stats_path == nullptr) return;
    size_t length = strnlen(environment.stats_path, kStatsPathBytesMax);
    MORPH_CHECK(length < kStatsPathBytesMax);
    memcpy(to, environment.stats_path, length);
}

Context::Context(const MorphMemConfig& config, const Environment& environment, size_t home_bytes)
    : MorphMemContext{},
      source_(config.memory, home_bytes),
      debug_(environment.debug_given ? environment.debug : config.enable_debug),
      reporter_{config.report, config.report_user, debug_ ? &use_ : nullptr},
      metrics_(config.enable_metrics),
      types_(source_, errors_, !debug_),
      pool_(source_, errors_, reporter_, debug_),
      arena_(source_, errors_,
             ArenaSettings{
                 .block_size = config.arena_block_size, .debug = debug_, .reporter = reporter_}),
      limits_(config.memory),
      home_bytes_(home_bytes),
      report_leaks_(config.report_leaks) {
    keep_stats_path(environment, stats_path_);
}

MorphCode Context::open(size_t expected_bytes) {
    MorphCode code = types_.open();
    if (code != MORPH_OK) return code;
    size_t bound = limits_.bytes_max;
    source_.expect(bound != 0 && bound < expected_bytes ? bound : expected_bytes);
    return MORPH_OK;
}

Context* Context::create(const MorphMemConfig& config, const Environment& environment,
                         ErrorState& errors) {
    void* home = map_context_home(config.memory, sizeof(Context), errors);
    if (home == nullptr) return nullptr;
    auto* context = new (home) Context(config, environment, sizeof(Context));
    if (context->open(config.heap_size_hint) != MORPH_OK) {
        errors = context->errors_;
        dismantle(context);
        return nullptr;
    }
    return context;
}

// Every byte goes back. The limits are read after the context is gone: a copy serves.
void Context::dismantle(Context* context) {
    MorphMemoryLimits limits = context->limits_;
    size_t home_bytes = context->home_bytes_;
    context->~Context();
    return_context_home(limits, context, home_bytes);
}

MorphCode Context::destroy(Context* context) {
    if (context->report_leaks_) context->report_leaks();
    MorphCode code = MORPH_OK;
    if (context->stats_path_[0] != '\0') code = dump_stats(context, context->stats_path_);
    dismantle(context);
    return code;
}

// One report for each type of which objects are left in the pools: the arena's die with it.
void Context::report_leaks() {
    tally_pool();
    auto visit = [](void* user, void* object, size_t size, uint32_t type) {
        auto* context = static_cast<Context*>(user);
        TypeRecord& record = context->types_[type];
        if (record.tally_objects == 0) return true;  // reported already
        uint64_t objects = record.tally_objects;
        record.tally_objects = 0;
        context->reporter_.report(MORPH_REPORT_LEAK, object, size, type,
                                  "context: %llu object%s of type %u \"%s\" (%llu bytes) still "
                                  "live at destroy, the first at %p",
                                  static_cast<unsigned long long>(objects), objects == 1 ? "" : "s",
                                  type, record.name,
                                  static_cast<unsigned long long>(record.tally_bytes), object);
        return true;
    };
    pool_.walk(visit, this);
}

uint32_t Context::register_type(const MorphMemTypeInfo& info) {
    unsigned placement = raw_number(info.placement);
    if (types_.count() < MORPH_MAX_TYPES && placement > MORPH_PLACE_ARENA) {
        fail(MORPH_ERROR_INVALID_ARGUMENT, "placement: %u is no MorphMemPlacement", placement);
        return MORPH_TYPE_INVALID;
    }
    uint32_t type = types_.add(info.name, info.placement);
    if (type == MORPH_TYPE_INVALID) count_failure();
    return type;
}

MorphAddressInfo Context::query(const void* address) const {
    MorphAddressInfo info = {};
    const Chunk* chunk = source_.find(address);
    if (chunk == nullptr) return info;
    if (chunk->kind == ChunkKind::pool) return pool_.query(address);
    info.room = MORPH_ROOM_ARENA;
    info.allocated = arena_.contains(address);
    return info;
}

namespace {

MorphMemContext* create_in_its_mode(const MorphMemConfig& config, ErrorState& errors) {
    Environment environment = {};
    if (read_environment(process_environment(), &environment, errors) != MORPH_OK) return nullptr;
    const MorphMemConfig wanted = with_environment(config, environment);
    if (validate_config(wanted, errors) != MORPH_OK) return nullptr;
    if (wanted.mode != MORPH_MODE_COMPILER) {
        return RuntimeContext::create(wanted, environment, errors);
    }
    if (wanted.enable_v1) return BaselineContext::create(wanted, environment, errors);
    return Context::create(wanted, environment, errors);
}

}  // namespace

}  // namespace morph

extern "C" {

MorphMemContext* morph_mem_init(const MorphMemConfig* config) {
    morph::ErrorState errors;
    MorphMemContext* context =
        morph::create_in_its_mode(config != nullptr ? *config : MORPH_CONFIG_COMPILER, errors);
    if (context == nullptr) morph::set_creation_error(errors.last);
    return context;
}

MorphMemContext* morph_mem_init_auto(void) {
    MorphMemConfig config = morph_mem_detect_config();
    return morph_mem_init(&config);
}

MorphCode morph_mem_destroy(MorphMemContext* context) {
    if (context == nullptr) return MORPH_OK;
    morph::Turn turn(morph::reporter_of(context), context, "morph_mem_destroy");
    if (!turn) return MORPH_ERROR_CONCURRENT_USE;
    turn.stay();
    if (context->heap == nullptr) return morph::Context::destroy(morph::context_of(context));
    if (context->heap_is_private) {
        return morph::BaselineContext::destroy(morph::baseline_of(context));
    }
    return morph::RuntimeContext::destroy(morph::runtime_of(context));
}

}  // extern "C"
