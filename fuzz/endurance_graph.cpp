#include "fuzz/endurance_graph.h"

#include <algorithm>
#include <cinttypes>
#include <memory>

#include "fuzz/fill.h"

namespace suite {
namespace {

constexpr size_t kStepsMax = 8;
constexpr uint64_t kMajorThreshold = 4 << 20;
constexpr size_t kGiant = 300 << 10;

// At least what the shape needs.
size_t draw_size(Random& random, Shape shape) {
    switch (shape) {
        case Shape::link:
            return 16 + 8 * random.below(3);
        case Shape::pair:
            return 24 + 8 * random.below(3);
        case Shape::wide:
            return 128;
        case Shape::weak:
            return 24;
        case Shape::structs:
            return 24 * (1 + random.below(6));
        case Shape::array:
            return 8 * (1 + random.below(random.one_in(400) ? 4000 : 24));
        default:
            return random.one_in(2000) ? random.below(kGiant) : random.below(300);
    }
}

}  // namespace

GraphRun::GraphRun(const SubjectEntry& entry, const EnduranceOptions& options)
    : EnduranceCore(entry, options), heap_(*subject_->heap()), roots_(kCells, 0) {}

EnduranceReport GraphRun::run() {
    if (open() && begin()) {
        while (live_on()) {
        }
    }
    return finish();
}

bool GraphRun::begin() {
    for (size_t i = 0; i < kShapes; ++i) {
        types_[i] = heap_.register_layout(shape_info(static_cast<Shape>(i)));
        if (types_[i] == MORPH_TYPE_INVALID) return fail(Checker::contract, "no type");
    }
    for (size_t i = 0; i < kCells - kDeep; ++i) {
        const MorphCode code =
            i < kGlobals ? heap_.add_global(&cells_[i]) : heap_.push_root(&cells_[i]);
        if (code != MORPH_OK) return fail(Checker::contract, "no root");
    }
    return true;
}

bool GraphRun::live_on() {
    configure();
    const uint64_t end = season_end();
    while (within_season(end)) {
        if (!step()) return false;
        next_operation();
    }
    if (!check_all()) return false;
    return next_season();
}

void GraphRun::configure() {
    live_ = size_t{500} << random_.below(7);
    MorphHeapSettings settings = {};
    settings.nursery_bytes = nursery_bytes_ = size_t{64 << 10} << random_.below(5);
    settings.promotion_age = static_cast<uint32_t>(1 + random_.below(5));
    settings.major_threshold = kMajorThreshold;
    // Refused memory leaves the nursery as it is.
    if (can_.generations && heap_.configure(settings) != MORPH_OK) {
        fail(Checker::contract, "settings were refused: %s", heap_.last_error().text);
    }
}

bool GraphRun::step() {
    if (report_.finding.has_value()) return false;  // by a finalizer or a report
    ledger_.begin_call();
    const uint64_t choice = random_.below(1024);
    if (choice < 24) return rare(choice);
    if (choice < 400) return allocate();
    if (choice < 640) return link();
    const size_t cell = kAnchors + random_.below(kCells - kDeep + deep_ - kAnchors);
    if (choice < 680) {
        cells_[cell] = nullptr;
        roots_[cell] = 0;
        return true;
    }
    Met met = {};
    if (!walk(random_.below(random_.one_in(32) ? 64 : kStepsMax), &met)) return false;
    if (choice < 760 && met.number != 0) {
        cells_[cell] = met.object;
        roots_[cell] = met.number;
    }
    return true;
}

bool GraphRun::rare(uint64_t choice) {
    if (choice < 6) return resize(random_.below(kCells - kDeep));
    if (choice < 10) return copy();
    if (choice < 14) return set_finalizer();
    if (choice < 20) return push_and_pop();
    if (choice == 20) return collect(!can_.generations || random_.one_in(64));
    if (choice == 21 && can_.limits && random_.one_in(8)) arm();
    if (choice == 22 && nodes_.used() > 4 * live_) forget_roots();
    return true;
}

// NULL was given. True when memory was refused to the subject.
bool GraphRun::failed(const char* call) {
    const MorphCode code = heap_.last_error().code;
    if (ledger_.refused_in_call() && code == MORPH_ERROR_OUT_OF_MEMORY) return true;
    return fail(Checker::contract, "%s gave NULL, %s", call, morph_code_name(code));
}

// Into a list that hangs from an anchor while the graph is to grow, else into any other root.
bool GraphRun::allocate() {
    const bool grow = nodes_.used() < 2 * live_ && !random_.one_in(4);
    const size_t cell = grow ? random_.below(kAnchors)
                             : kAnchors + random_.below(kCells - kDeep + deep_ - kAnchors);
    auto shape = static_cast<Shape>(random_.below(kShapes));
    const size_t size = draw_size(random_, shape);
    const bool aligned = random_.one_in(200) && can_.aligned;
    const size_t alignment = aligned ? 64 : MORPH_DEFAULT_ALIGNMENT;
    void* object = heap_.allocate_object(size, alignment, types_[static_cast<size_t>(shape)]);
    if (object == nullptr) return failed("an allocation");
    if (reinterpret_cast<uintptr_t>(object) % alignment != 0) {
        return fail(Checker::alignment, "an object is not aligned to %zu", alignment);
    }
    // The first bytes of a weak reference are the library's.
    const size_t theirs = shape == Shape::weak ? 16 : 0;
    if (first_nonzero(static_cast<unsigned char*>(object) + theirs, size - theirs, kLeastWhole) !=
        size - theirs) {
        return fail(Checker::zeroing, "a fresh object of %zu bytes is not zero", size);
    }
    ++report_.allocations;
    const uint32_t number = nodes_.add(shape, size);
    write_node(object, nodes_[number], nodes_.identity(number));
    heap_.set_flags(object, Nodes::flags(number));
    const Met fresh = {object, number};
    Met target = {};
    if (!walk(random_.below(3), &target)) return false;
    if (shape == Shape::weak) {
        heap_.weak_set(object, target.object);
        nodes_[number].target = target.number;
    }
    if (!nodes_[number].references.empty()) {
        store(fresh, 0, grow ? Met{cells_[cell], roots_[cell]} : target);
    } else if (grow) {  // it would cut the list off
        return hang(fresh);
    }
    cells_[cell] = object;
    roots_[cell] = number;
    return true;
}

// Stores a fresh object somewhere; garbage at once where there is no place.
bool GraphRun::hang(const Met& fresh) {
    Met holder = {};
    if (!walk(random_.below(kStepsMax), &holder)) return false;
    const size_t count = holder.number == 0 ? 0 : nodes_[holder.number].references.size();
    if (count > 1) store(holder, 1 + random_.below(count - 1), fresh);
    return true;
}

// The first bytes and references stay, the identity is a new one; who referred to the old object
// still does.
bool GraphRun::resize(size_t cell) {
    const uint32_t old = roots_[cell];
    if (old == 0) return true;
    const Shape shape = nodes_[old].shape;
    if (shape != Shape::data && shape != Shape::array) return true;
    const size_t old_size = nodes_[old].size;
    const uint64_t identity = nodes_.identity(old);
    const size_t size = draw_size(random_, shape);
    void* object = heap_.resize(cells_[cell], old_size, size, types_[static_cast<size_t>(shape)]);
    if (object == nullptr) return failed("a resize");
    const size_t kept = std::min(old_size, size);
    if (shape == Shape::data &&
        first_difference(object, old_size, kept, identity, kLeastWhole) != kept) {
        return fail(Checker::contents, "resizing from %zu to %zu bytes changed data", old_size,
                    size);
    }
    ++report_.resizes;
    ++report_.allocations;
    const uint32_t number = nodes_.add(shape, size);
    std::vector<uint32_t>& references = nodes_[number].references;
    for (size_t i = 0; i < std::min(references.size(), nodes_[old].references.size()); ++i) {
        references[i] = nodes_[old].references[i];
    }
    write_node(object, nodes_[number], nodes_.identity(number));
    heap_.set_flags(object, Nodes::flags(number));
    cells_[cell] = object;
    roots_[cell] = number;
    return true;
}

bool GraphRun::link() {
    Met holder = {};
    Met value = {};
    if (!walk(random_.below(kStepsMax), &holder)) return false;
    const size_t count = holder.number == 0 ? 0 : nodes_[holder.number].references.size();
    // The first reference carries a list: cutting it is rare.
    const bool cut = random_.one_in(128);
    if (count == 0 || (count == 1 && !cut)) return true;
    if (!random_.one_in(5) && !walk(random_.below(4), &value)) return false;
    store(holder, cut ? 0 : 1 + random_.below(count - 1), value);
    return true;
}

bool GraphRun::copy() {
    Met from = {};
    Met to = {};
    if (!walk(random_.below(kStepsMax), &from) || !walk(random_.below(kStepsMax), &to))
        return false;
    Node& target = nodes_[to.number];
    if (to.number == 0 || target.shape != Shape::array) return true;
    if (target.references.size() < 2) return true;
    const size_t at = 1 + random_.below(target.references.size() - 1);
    const size_t room = target.references.size() - at;
    if (from.number == 0 || nodes_[from.number].shape != Shape::array) {
        heap_.fill(to.object, slot_of(to, at * sizeof(void*)), room, from.object);
        std::fill_n(target.references.begin() + static_cast<ptrdiff_t>(at), room, from.number);
        return true;
    }
    const std::vector<uint32_t> source = nodes_[from.number].references;
    const size_t count = std::min(source.size(), room);
    heap_.copy(to.object, slot_of(to, at * sizeof(void*)), slot_of(from, 0), count);
    std::copy_n(source.begin(), count, target.references.begin() + static_cast<ptrdiff_t>(at));
    return true;
}

bool GraphRun::look_at_weak(const Met& weak) {
    const uint32_t target = nodes_[weak.number].target;
    void* object = heap_.weak_get(weak.object);
    if (target == 0) {
        return object == nullptr || fail(Checker::weak, "a cleared weak reference came back");
    }
    if (object != nullptr) return check({object, target}, "through a weak reference");
    // It may be dead: the end of the season knows.
    found_cleared_.push_back(target);
    return true;
}

bool GraphRun::set_finalizer() {
    Met met = {};
    if (!walk(random_.below(kStepsMax), &met)) return false;
    // One that is not precise may run it long after the node's number is another's.
    if (!can_.precise || met.number == 0 || nodes_[met.number].finalizer) return true;
    if (spare_.empty()) {
        tickets_.push_back({});
        spare_.push_back(&tickets_.back());
    }
    Ticket* ticket = spare_.back();
    *ticket = {this, met.number};
    const MorphCode code = heap_.set_finalizer(met.object, finalize, ticket);
    if (code == MORPH_OK) {
        nodes_[met.number].finalizer = true;
        spare_.pop_back();
        return true;
    }
    return (code == MORPH_ERROR_OUT_OF_MEMORY && ledger_.refused_in_call()) ||
           fail(Checker::contract, "setting a finalizer gave %s", morph_code_name(code));
}

void GraphRun::finalize(MorphHeap*, void* object, void* user) {
    auto* its = static_cast<Ticket*>(user);
    const Ticket ticket = *its;
    GraphRun& run = *ticket.run;
    Node& node = run.nodes_[ticket.number];
    if (!node.used || !node.finalizer) {
        run.fail(Checker::finalizers, "the finalizer of node %u ran again", ticket.number);
        return;
    }
    node.finalizer = false;
    run.finalized_.push_back(ticket.number);
    run.ran_.push_back(its);
    ++run.report_.finalizers;
    run.check({object, ticket.number}, "in its finalizer");
}

bool GraphRun::collect(bool major) {
    const MorphCode code = heap_.collect(major);
    if (code == MORPH_OK) return true;
    return fail(Checker::contract, "a collection gave %s", morph_code_name(code));
}

bool GraphRun::push_and_pop() {
    const size_t depth = random_.below(kDeep + 1);
    const size_t base = kCells - kDeep;
    while (deep_ < depth) {
        const MorphCode code = heap_.push_root(&cells_[base + deep_]);
        if (code != MORPH_OK) {
            return (code == MORPH_ERROR_OUT_OF_MEMORY && ledger_.refused_in_call()) ||
                   fail(Checker::contract, "pushing a root gave %s", morph_code_name(code));
        }
        ++deep_;
    }
    if (deep_ > depth && heap_.pop_roots(deep_ - depth) != MORPH_OK) {
        return fail(Checker::contract, "roots could not be popped");
    }
    for (size_t i = base + depth; i < kCells; ++i) {
        cells_[i] = nullptr;
        roots_[i] = 0;
    }
    deep_ = depth;
    return true;
}

void GraphRun::forget_roots() {
    for (size_t i = 0; i < kCells; ++i) {
        if (random_.one_in(8)) continue;
        cells_[i] = nullptr;
        roots_[i] = 0;
    }
}

EnduranceReport endure_graph(const SubjectEntry& subject, const EnduranceOptions& options) {
    // Not on the stack, which a conservative collector scans: cells are roots by our word alone.
    return std::make_unique<GraphRun>(subject, options)->run();
}

EnduranceReport endure(const SubjectEntry& subject, const EnduranceOptions& options) {
    return subject.kind == Kind::heap ? endure_graph(subject, options)
                                      : endure_objects(subject, options);
}

}  // namespace suite
