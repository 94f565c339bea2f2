// Peer: Boehm's conservative collector (libgc.so.1), as a collected heap.
//
//   cells of the session --+                       +--> stack and registers, scanned as ever
//   finalizers that wait --+--> push_roots() --> GC
//   an object being given -+                       +--> objects, word by word; no static data
//
// Of what the language of operations has for collected heaps, it does what any collector does:
// objects, plain stores, roots, full collections, weak references, finalizers, changes of size. It
// is not precise: it knows no types, may keep what is dead, has no exact figures, moves nothing.
//
// The collector is one for the process, and so its heap outlives each subject: what one run leaves
// is garbage for the next, which finds memory that was used before. A weak reference is a short
// disappearing link in its first word. Ready finalizers are queued by the collector and run here,
// in the order in which they were set, before the call that collected returns.
//
// BOEHM-ROOTS  what the collector may not see in the stack (there is another one under ASan) is in
//              a cell, in waiting_ or in held_ whenever it may collect
#define GC_THREADS              // the library was built so
#define GC_NO_THREAD_REDIRECTS  // and this program's threads are its own affair
#include <algorithm>
#include <cstring>
#include <dlfcn.h>
#include <gc/gc.h>
#include <gc/gc_mark.h>
#include <map>
#include <vector>

#include "fuzz/heap_subject.h"
#include "fuzz/subjects.h"
#include "reference/heap_types.h"

namespace suite {
namespace {

// Its functions, from a shared object that is loaded beside the program's own malloc.
struct Collector {
    bool loaded = false;
    decltype(&::GC_init) init;
    decltype(&::GC_malloc) malloc;
    decltype(&::GC_malloc_atomic) malloc_atomic;
    decltype(&::GC_gcollect) gcollect;
    decltype(&::GC_get_gc_no) get_gc_no;
    decltype(&::GC_enable) enable;
    decltype(&::GC_disable) disable;
    decltype(&::GC_size) size;
    decltype(&::GC_clear_roots) clear_roots;
    decltype(&::GC_set_no_dls) set_no_dls;
    decltype(&::GC_set_markers_count) set_markers_count;
    decltype(&::GC_set_finalize_on_demand) set_finalize_on_demand;
    decltype(&::GC_invoke_finalizers) invoke_finalizers;
    decltype(&::GC_register_finalizer_no_order) register_finalizer;
    decltype(&::GC_general_register_disappearing_link) register_link;
    decltype(&::GC_unregister_disappearing_link) unregister_link;
    decltype(&::GC_set_warn_proc) set_warn_proc;
    decltype(&::GC_ignore_warn_proc) ignore_warn_proc;
    decltype(&::GC_get_push_other_roots) get_push_other_roots;
    decltype(&::GC_set_push_other_roots) set_push_other_roots;
    decltype(&::GC_push_all_eager) push_all_eager;
};

bool load(Collector& gc) {
    void* object = dlopen("libgc.so.1", RTLD_NOW | RTLD_LOCAL);
    if (object == nullptr) return false;
    bool whole = true;
    const auto look_up = [&](const char* name, auto* function) {
        *function =
            reinterpret_cast<std::remove_pointer_t<decltype(function)>>(dlsym(object, name));
        whole = whole && *function != nullptr;
    };
    look_up("GC_init", &gc.init);
    look_up("GC_malloc", &gc.malloc);
    look_up("GC_malloc_atomic", &gc.malloc_atomic);
    look_up("GC_gcollect", &gc.gcollect);
    look_up("GC_get_gc_no", &gc.get_gc_no);
    look_up("GC_enable", &gc.enable);
    look_up("GC_disable", &gc.disable);
    look_up("GC_size", &gc.size);
    look_up("GC_clear_roots", &gc.clear_roots);
    look_up("GC_set_no_dls", &gc.set_no_dls);
    look_up("GC_set_markers_count", &gc.set_markers_count);
    look_up("GC_set_finalize_on_demand", &gc.set_finalize_on_demand);
    look_up("GC_invoke_finalizers", &gc.invoke_finalizers);
    look_up("GC_register_finalizer_no_order", &gc.register_finalizer);
    look_up("GC_general_register_disappearing_link", &gc.register_link);
    look_up("GC_unregister_disappearing_link", &gc.unregister_link);
    look_up("GC_set_warn_proc", &gc.set_warn_proc);
    look_up("GC_ignore_warn_proc", &gc.ignore_warn_proc);
    look_up("GC_get_push_other_roots", &gc.get_push_other_roots);
    look_up("GC_set_push_other_roots", &gc.set_push_other_roots);
    look_up("GC_push_all_eager", &gc.push_all_eager);
    return whole;
}

class BoehmSubject;

// What the collector's callbacks, which are told nothing, need to know.
BoehmSubject* current = nullptr;
GC_push_other_roots_proc push_its_own_roots = nullptr;

class BoehmSubject final : public HeapSubject {
 public:
    explicit BoehmSubject(const Collector& gc) : gc_(gc) {}
    ~BoehmSubject() override { BoehmSubject::close(); }

    bool open(const Configuration&, const MorphMemoryLimits&, MorphReportHandler, void*) override {
        if (!gc_.loaded) {
            error_ = plain_error(MORPH_ERROR_UNSUPPORTED, "libgc.so.1 is not installed");
            return false;
        }
        if (current != nullptr) {
            error_ = plain_error(MORPH_ERROR_UNSUPPORTED, "the collector is one for the process");
            return false;
        }
        current = this;
        types_.assign(1, {MORPH_LAYOUT_DATA, 0});
        majors_at_open_ = gc_.get_gc_no();
        return true;
    }

    // Nothing of this run may call back: finalizers go, then everything is garbage.
    void close() override {
        if (current != this) return;
        for (const auto& each : finalizers_) {
            gc_.register_finalizer(each.first, nullptr, nullptr, nullptr, nullptr);
        }
        finalizers_.clear();
        waiting_.clear();
        roots_.clear();
        globals_.clear();
        current = nullptr;
    }

    uint32_t register_layout(const MorphMemTypeInfo& info) override {
        MorphCode code = reference::check_type(info);
        if (code == MORPH_OK && types_.size() >= MORPH_MAX_TYPES) code = MORPH_ERROR_TOO_MANY_TYPES;
        if (code != MORPH_OK) {
            refuse(code);
            return MORPH_TYPE_INVALID;
        }
        const std::span<const size_t> offsets(info.offsets, info.offset_count);
        types_.push_back({info.layout, reference::least_size(info.layout, offsets)});
        return static_cast<uint32_t>(types_.size() - 1);
    }

    void* allocate_object(size_t size, size_t alignment, uint32_t type) override {
        MorphCode code = MORPH_ERROR_UNKNOWN_TYPE;
        if (type < types_.size())
            code = reference::check_object(size, alignment, types_[type].least);
        // What no run may have is not asked for: the collector would try hard.
        if (code == MORPH_OK && size > kLargest) code = MORPH_ERROR_OUT_OF_MEMORY;
        if (code != MORPH_OK) return refuse(code);
        const size_t bytes = std::max<size_t>(size, 1);
        const MorphLayout layout = types_[type].layout;
        const bool data = layout == MORPH_LAYOUT_DATA || layout == MORPH_LAYOUT_WEAK;
        void* object = data ? gc_.malloc_atomic(bytes) : gc_.malloc(bytes);
        if (object == nullptr) return refuse(MORPH_ERROR_OUT_OF_MEMORY);
        if (data) std::memset(object, 0, bytes);
        ++allocations_;
        held_.push_back(object);
        run_finalizers();
        held_.pop_back();
        return object;
    }

    // A new object with the first bytes of the old one, which stays for those who refer to it.
    void* resize(void* object, size_t old_size, size_t new_size, uint32_t type) override {
        void* fresh = allocate_object(new_size, MORPH_DEFAULT_ALIGNMENT, type);
        if (fresh == nullptr) return nullptr;
        std::memcpy(fresh, object, std::min(old_size, new_size));
        if (types_[type].layout == MORPH_LAYOUT_WEAK) {
            *static_cast<void**>(fresh) = nullptr;  // a link is registered, not copied
            weak_set(fresh, weak_get(object));
        }
        return fresh;
    }

    // What the collector knows: what it took for the object, no type, no flags.
    size_t size_of(const void* object) override { return gc_.size(object); }
    uint32_t type_of(const void*) override { return 0; }
    uint8_t flags_of(const void*) override { return 0; }
    void set_flags(void*, uint8_t) override {}

    void store(void*, void** slot, void* value) override { *slot = value; }
    void copy(void*, void** to, void* const* from, size_t count) override {
        std::memmove(to, from, count * sizeof(void*));
    }
    void fill(void*, void** to, size_t count, void* value) override {
        std::fill_n(to, count, value);
    }

    MorphCode push_root(void** cell) override {
        roots_.push_back(cell);
        return MORPH_OK;
    }
    MorphCode pop_roots(size_t count) override {
        if (count > roots_.size()) return refused(MORPH_ERROR_SCOPE);
        roots_.resize(roots_.size() - count);
        return MORPH_OK;
    }
    MorphCode pop_root(void** cell) override {
        if (roots_.empty() || roots_.back() != cell) return refused(MORPH_ERROR_SCOPE);
        roots_.pop_back();
        return MORPH_OK;
    }
    size_t root_depth() override { return roots_.size(); }
    MorphCode add_global(void** cell) override {
        globals_.push_back(cell);
        return MORPH_OK;
    }
    MorphCode remove_global(void** cell) override {
        const auto found = std::ranges::find(globals_, cell);
        if (found == globals_.end()) return refused(MORPH_ERROR_NOT_AN_OBJECT);
        globals_.erase(found);
        return MORPH_OK;
    }

    void* weak_get(const void* weak) override { return *static_cast<void* const*>(weak); }
    // (Tables of the collector may grow in here: that must not collect, as no store may.)
    void weak_set(void* weak, void* target) override {
        auto** link = static_cast<void**>(weak);
        gc_.disable();
        if (*link != nullptr) (void)gc_.unregister_link(link);
        *link = target;
        if (target != nullptr) (void)gc_.register_link(link, target);
        gc_.enable();
    }
    MorphCode set_finalizer(void* object, MorphFinalizer finalizer, void* user) override {
        std::erase_if(waiting_, [object](const Ready& ready) { return ready.object == object; });
        gc_.disable();
        if (finalizer == nullptr) {
            gc_.register_finalizer(object, nullptr, nullptr, nullptr, nullptr);
            finalizers_.erase(object);
        } else {
            const auto [entry, added] = finalizers_.try_emplace(object);
            const uint64_t order = added ? ++last_finalizer_ : entry->second.order;
            entry->second = {object, finalizer, user, order};
            gc_.register_finalizer(object, on_ready, nullptr, nullptr, nullptr);
        }
        gc_.enable();
        return MORPH_OK;
    }

    MorphCode collect(bool) override {
        gc_.gcollect();
        run_finalizers();
        return MORPH_OK;
    }
    void force(const MorphForcedCollections&) override {}
    MorphCode configure(const MorphHeapSettings&) override {
        return refused(MORPH_ERROR_UNSUPPORTED);
    }

    MorphHeapStats stats() override {
        MorphHeapStats stats = {};
        stats.major.count = gc_.get_gc_no() - majors_at_open_;
        stats.counts.allocations = allocations_;
        return stats;
    }
    MorphCode type_stats(uint32_t, MorphHeapTypeStats*) override {
        return refused(MORPH_ERROR_UNSUPPORTED);
    }
    size_t timeline(MorphTimelineSample*, size_t) override { return 0; }
    std::optional<MorphAddressInfo> query(const void*) override { return std::nullopt; }
    void walk(MorphObjectVisitor, void*) override {}
    void reset() override {}
    MorphCode verify() override { return MORPH_OK; }
    MorphError last_error() override { return error_; }

    // GC_push_other_roots_proc.
    static void push_roots() {
        if (push_its_own_roots != nullptr) push_its_own_roots();
        if (current != nullptr) current->push_all();
    }

 private:
    // The session's bound (1 GiB) is for what it holds at a time; nothing of it is a real size.
    static constexpr size_t kLargest = size_t{1} << 30;

    struct Type {
        MorphLayout layout;
        size_t least;
    };
    struct Ready {
        void* object;
        MorphFinalizer finalizer;
        void* user;
        uint64_t order;
    };

    void push_all() {
        for (void** cell : roots_) gc_.push_all_eager(cell, cell + 1);
        for (void** cell : globals_) gc_.push_all_eager(cell, cell + 1);
        for (Ready& ready : waiting_) gc_.push_all_eager(&ready.object, &ready.object + 1);
        for (void*& object : held_) gc_.push_all_eager(&object, &object + 1);
    }

    // GC_finalization_proc: the object was found unreachable, and lives until it was told.
    static void on_ready(void* object, void*) {
        if (current == nullptr) return;
        const auto found = current->finalizers_.find(object);
        if (found == current->finalizers_.end()) return;
        current->waiting_.push_back(found->second);
        current->finalizers_.erase(found);
    }

    // A finalizer may allocate, which collects and finds more: the outermost call runs them all.
    void run_finalizers() {
        (void)gc_.invoke_finalizers();
        if (running_) return;
        running_ = true;
        while (!waiting_.empty()) {
            const auto first = std::ranges::min_element(waiting_, {}, &Ready::order);
            const Ready ready = *first;
            waiting_.erase(first);
            held_.push_back(ready.object);
            ready.finalizer(nullptr, ready.object, ready.user);
            held_.pop_back();
            (void)gc_.invoke_finalizers();
        }
        running_ = false;
    }

    MorphCode refused(MorphCode code) {
        error_ = plain_error(code, morph_code_name(code));
        return code;
    }
    void* refuse(MorphCode code) {
        (void)refused(code);
        return nullptr;
    }

    const Collector& gc_;
    std::vector<Type> types_;
    std::vector<void**> roots_, globals_;
    std::map<void*, Ready> finalizers_;  // set, and not found unreachable
    std::vector<Ready> waiting_;         // found unreachable, and not run
    std::vector<void*> held_;            // being given, or told that it is dead
    bool running_ = false;
    uint64_t last_finalizer_ = 0;
    uint64_t allocations_ = 0;
    GC_word majors_at_open_ = 0;
    MorphError error_ = {};
};

// Loaded when it is first made, not when the program starts.
const Collector& collector() {
    static const Collector kCollector = [] {
        Collector gc = {};
        if (!load(gc)) return Collector{};
        gc.set_markers_count(1);  // no threads: runs are forked
        gc.set_no_dls(1);
        gc.init();
        gc.clear_roots();
        gc.set_warn_proc(gc.ignore_warn_proc);
        gc.set_finalize_on_demand(1);
        push_its_own_roots = gc.get_push_other_roots();
        gc.set_push_other_roots(BoehmSubject::push_roots);
        gc.loaded = true;
        return gc;
    }();
    return kCollector;
}

}  // namespace

SubjectEntry boehm_entry() {
    Abilities abilities;
    abilities.reallocate = true;
    abilities.types = true;
    return {"boehm", "Boehm's collector (libgc.so.1), if installed", Kind::heap, abilities,
            [] { return std::make_unique<BoehmSubject>(collector()); }};
}

}  // namespace suite
