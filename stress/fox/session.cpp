#include "stress/fox/session.h"

#include "stress/fox/print.h"

namespace fox {

namespace {

bool on_request(void* user, size_t bytes) {
    Meter& meter = *static_cast<Meter*>(user);
    const uint64_t number = meter.requests++;
    if (number >= meter.refuse_from && number - meter.refuse_from < meter.refuse_count) {
        meter.refusals += 1;
        return false;
    }
    if (meter.random != nullptr && !meter.random->ask(bytes)) {
        meter.refusals += 1;
        return false;
    }
    meter.granted_bytes += bytes;
    return true;
}

void on_return(void* user, size_t bytes) {
    Meter& meter = *static_cast<Meter*>(user);
    meter.returned_bytes += bytes;
    if (meter.random != nullptr) meter.random->give_back(bytes);
}

// One parse with a refusal, then an undisturbed one in the same context.
std::string run_with_refusal(std::string_view source, uint64_t hash, uint64_t from, uint64_t count,
                             const stress::Setup& setup, Sweep* sweep) {
    Session session(setup);
    session.meter.refuse_from = from;
    session.meter.refuse_count = count;
    sweep->runs += 1;
    if (!session.open()) {
        sweep->refusals += session.meter.refusals;
        return session.close() ? "" : "FOX-CLEAN: a failed creation keeps memory";
    }
    const Result result = session.parse(source);
    sweep->refusals += session.meter.refusals;
    if (result.tree == nullptr) {
        if (result.error.kind != ErrorKind::out_of_memory) return "FOX-MEMORY: another error";
        std::string reason = stress::wrong_reason(session.error());
        if (!reason.empty()) return reason;
        if (session.meter.refusals == 0) return "FOX-MEMORY: out of memory without a refusal";
        if (session.objects_live() != 0) return "FOX-CLEAN: objects are left behind";
    }
    session.reset();
    session.meter.refuse_count = 0;
    Result again = session.parse(source);
    if (again.tree == nullptr) return "FOX-CLEAN: the parse after a failed one fails";
    if (tree_hash(again.tree) != hash) return "FOX-CLEAN: the parse after a failed one differs";
    std::string wrong = check_result(session, &again);
    if (!wrong.empty()) return wrong;
    return session.close() ? "" : "FOX-CLEAN: bytes granted are not returned";
}

}  // namespace

Session::Session(const stress::Setup& setup) : setup_(setup) {}

Session::~Session() {
    if (context_ != nullptr) (void)morph_mem_destroy(context_);
}

bool Session::open() {
    MorphMemConfig config = config_of(setup_);
    meter.random = setup_.refusals;
    config.memory.request = on_request;
    config.memory.returned = on_return;
    config.memory.user = &meter;
    context_ = morph_mem_init(&config);
    if (context_ == nullptr) {
        error_ = morph_creation_error();
        return false;
    }
    if (register_types(context_, &types_)) return true;
    error_ = morph_mem_last_error(context_);
    (void)morph_mem_destroy(context_);
    context_ = nullptr;
    return false;
}

bool Session::close() {
    if (context_ != nullptr) (void)morph_mem_destroy(context_);
    context_ = nullptr;
    return meter.granted_bytes == meter.returned_bytes;
}

Result Session::parse(std::string_view source, const Options& options) {
    force_collections(morph_mem_heap(context_), setup_);
    Result result = fox::parse(context_, types_, source, options);
    if (result.tree == nullptr) error_ = morph_mem_last_error(context_);
    return result;
}

bool Session::collect(Result* result) {
    if (!setup_.runtime() || result->tree == nullptr) return true;
    MorphHeap* heap = morph_mem_heap(context_);
    void* tree = result->tree;
    void* tokens = result->tokens;
    if (morph_heap_push_root(heap, &tree) != MORPH_OK) return false;
    const bool rooted = morph_heap_push_root(heap, &tokens) == MORPH_OK;
    const bool collected = rooted && morph_mem_gc_collect(context_) == MORPH_OK;
    (void)morph_heap_pop_roots(heap, rooted ? 2 : 1);
    if (!collected) return false;
    result->tree = static_cast<Node*>(tree);
    result->tokens = static_cast<Token**>(tokens);
    return true;
}

void Session::reset() {
    morph_mem_reset(context_);
}

uint64_t Session::objects_live() const {
    MorphMemStats stats;
    return morph_mem_get_stats(context_, &stats) == MORPH_OK ? stats.total.objects_live : 0;
}

uint64_t Session::mapped_peak() const {
    MorphMemStats stats;
    return morph_mem_get_stats(context_, &stats) == MORPH_OK ? stats.bytes_mapped_peak : 0;
}

Sweep sweep_failures(std::string_view source, uint64_t points_max, const stress::Setup& setup) {
    Sweep sweep;
    Session session(setup);
    if (!session.open()) return {"FOX-MEMORY: no context", 0, 0, 0};
    const Result result = session.parse(source);
    if (result.tree == nullptr) return {result.error.message, 0, 0, 0};
    const uint64_t hash = tree_hash(result.tree);
    sweep.requests = session.meter.requests;
    const uint64_t points = sweep.requests < points_max ? sweep.requests : points_max;
    for (uint64_t point = 0; point < points; ++point) {
        const uint64_t from = point * sweep.requests / points;
        for (const uint64_t count : {uint64_t{1}, UINT64_MAX}) {
            sweep.wrong = run_with_refusal(source, hash, from, count, setup, &sweep);
            if (!sweep.wrong.empty()) {
                sweep.wrong += " (request " + std::to_string(from) + ')';
                return sweep;
            }
        }
    }
    return sweep;
}

}  // namespace fox
