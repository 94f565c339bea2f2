#include "bench/compare/profile_work.h"

#include <algorithm>
#include <cstring>

#include "stress/generate/random.h"
#include "stress/profile/profile.h"

namespace compare {

namespace {

static_assert(ProfileWork::kDirectoryObjects == profile::kPatternObjects);
constexpr size_t kLink[] = {0};
constexpr uint64_t kSteps = 200;

// What word `word` of object `index` holds.
uint64_t word_of(uint64_t index, size_t word) {
    return (index + 1) * 0x9e3779b97f4a7c15u + word;
}

uint64_t mix(uint64_t sum) {
    return (sum ^ (sum >> 29)) * 0xbf58476d1ce4e5b9u;
}

}  // namespace

ProfileWork::ProfileWork(uint64_t lines, uint64_t seed)
    : objects_(lines * profile::kObjectsPerLine) {
    size_t filled = 0;
    for (size_t kind = 0; kind < profile::kKindCount; ++kind) {
        for (uint32_t i = 0; i < profile::kKinds[kind].per_thousand; ++i) {
            kinds_[filled++] = static_cast<uint8_t>(kind);
        }
    }
    fox::Random random(seed);
    for (size_t i = kinds_.size() - 1; i > 0; --i) {
        std::swap(kinds_[i], kinds_[random.below(i + 1)]);
    }
}

bool ProfileWork::open(MorphMemContext* context) {
    context_ = context;
    collected_ = morph_mem_heap(context) != nullptr;
    std::array<uint32_t, profile::kKindCount> types{};
    for (size_t kind = 0; kind < types.size(); ++kind) {
        MorphMemTypeInfo info = {};
        info.name = profile::kKinds[kind].name;
        info.layout = MORPH_LAYOUT_OFFSETS;
        info.offsets = kLink;
        info.offset_count = 1;
        types[kind] = morph_mem_register_type(context, &info);
        if (types[kind] == MORPH_TYPE_INVALID) return false;
    }
    for (size_t i = 0; i < kDirectoryObjects; ++i) {
        pattern_[i] = {profile::kKinds[kinds_[i]].size, types[kinds_[i]]};
    }
    MorphMemTypeInfo info = {};
    info.name = "directory";
    info.layout = MORPH_LAYOUT_POINTERS;
    directory_type_ = morph_mem_register_type(context, &info);
    if (directory_type_ == MORPH_TYPE_INVALID) return false;
    return !collected_ || morph_mem_gc_push_root(context, &newest_) == MORPH_OK;
}

uint64_t ProfileWork::directories() const {
    return (objects_ + kDirectoryObjects - 1) / kDirectoryObjects;
}

uint64_t ProfileWork::objects_in(uint64_t directory) const {
    return std::min<uint64_t>(objects_ - directory * kDirectoryObjects, kDirectoryObjects);
}

inline void ProfileWork::store(void* object, void** slot, void* value) const {
    if (collected_) {
        morph_mem_write(context_, object, slot, value);
    } else {
        *slot = value;
    }
}

bool ProfileWork::begin_directory() {
    auto** directory =
        static_cast<void**>(morph_mem_alloc(context_, kDirectoryBytes, directory_type_));
    if (directory == nullptr) return false;
    if (!collected_) std::memset(directory, 0, kDirectoryBytes);
    store(directory, directory, newest_);
    newest_ = directory;
    return true;
}

template <bool kLink, bool kFill>
bool ProfileWork::fill_directory(uint64_t directory) {
    const uint64_t count = objects_in(directory);
    const uint64_t first = directory * kDirectoryObjects;
    for (uint64_t i = 0; i < count; ++i) {
        const Next next = pattern_[i];
        auto* object = static_cast<uint64_t*>(morph_mem_alloc(context_, next.size, next.type));
        if (object == nullptr) return false;
        if constexpr (kFill) {
            for (size_t word = 1; word < next.size / 8; ++word) {
                object[word] = word_of(first + i, word);
            }
        }
        if constexpr (kLink) {  // newest_ is where it is since the last allocation
            void** head = static_cast<void**>(newest_) + 1 + i / kListObjects;
            store(object, reinterpret_cast<void**>(object), *head);
            store(newest_, head, object);
        }
    }
    return true;
}

template <bool kLink, bool kFill>
Outcome ProfileWork::run_as(uint64_t first, uint64_t last) {
    for (uint64_t directory = first; directory < last; ++directory) {
        if (!begin_directory()) return Outcome::out_of_memory;
        if (!fill_directory<kLink, kFill>(directory)) return Outcome::out_of_memory;
    }
    return Outcome::good;
}

Outcome ProfileWork::run() {
    return run_as<true, true>(0, directories());
}

Outcome ProfileWork::allocate_only(bool references) {
    return references ? run_as<true, false>(0, directories())
                      : run_as<false, false>(0, directories());
}

Outcome ProfileWork::run_in_steps(const Step& step) {
    const uint64_t all = directories();
    const uint64_t steps = std::min(all, kSteps);
    step(0, 0);
    for (uint64_t i = 0; i < steps; ++i) {
        const uint64_t last = all * (i + 1) / steps;
        const Outcome outcome = run_as<true, true>(all * i / steps, last);
        if (outcome != Outcome::good) return outcome;
        const uint64_t made = std::min(objects_, last * kDirectoryObjects);
        step(made + last, payload_of(made));
    }
    return Outcome::good;
}

template <typename Action>
bool ProfileWork::for_each(Action action) const {
    void* const* entry = static_cast<void**>(newest_);
    for (uint64_t directory = directories(); directory-- != 0;) {
        if (entry == nullptr) return false;
        const uint64_t count = objects_in(directory);
        for (uint64_t begin = 0; begin < count; begin += kListObjects) {
            auto* object = static_cast<uint64_t*>(entry[1 + begin / kListObjects]);
            for (uint64_t i = std::min(begin + kListObjects, count); i-- != begin;) {
                if (object == nullptr || !action(directory * kDirectoryObjects + i, object)) {
                    return false;
                }
                object = *reinterpret_cast<uint64_t**>(object);
            }
            if (object != nullptr) return false;
        }
        entry = static_cast<void**>(*entry);
    }
    return entry == nullptr;
}

void ProfileWork::write_again() {
    (void)for_each([this](uint64_t index, uint64_t* object) {
        const size_t words = pattern_[index % kDirectoryObjects].size / 8;
        for (size_t word = 1; word < words; ++word) object[word] = word_of(index, word);
        return true;
    });
}

uint64_t ProfileWork::payload_of(uint64_t objects) const {
    uint64_t of_pattern = 0;
    uint64_t of_rest = 0;
    for (size_t i = 0; i < kDirectoryObjects; ++i) {
        of_pattern += pattern_[i].size;
        if (i < objects % kDirectoryObjects) of_rest += pattern_[i].size;
    }
    const uint64_t full = objects / kDirectoryObjects;
    const uint64_t begun = full + (objects % kDirectoryObjects != 0 ? 1 : 0);
    return full * of_pattern + of_rest + begun * kDirectoryBytes;
}

bool ProfileWork::check(Sample* sample) {
    sample->lines = objects_ / profile::kObjectsPerLine;
    sample->objects = objects_ + directories();
    sample->payload = payload_of(objects_);
    uint64_t sum = 0;
    const bool good = for_each([this, &sum](uint64_t index, const uint64_t* object) {
        const size_t words = pattern_[index % kDirectoryObjects].size / 8;
        for (size_t word = 1; word < words; ++word) {
            if (object[word] != word_of(index, word)) return false;
            sum += object[word];
        }
        sum = mix(sum + index);
        return true;
    });
    sample->checksum = sum;
    return good;
}

}  // namespace compare
