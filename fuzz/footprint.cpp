#include "fuzz/footprint.h"

#include <algorithm>
#include <cassert>

#include "fuzz/subjects.h"

namespace suite {

Footprint::Footprint(const Abilities& abilities, const Configuration& configuration,
                     size_t chunk_bytes, Kind kind)
    : percent_(abilities.footprint_percent),
      slack_(abilities.footprint_slack),
      chunk_(abilities.limits ? chunk_bytes : 0),
      unit_(std::max<uint64_t>(chunk_bytes, block_bytes(configuration))),
      debug_(configuration.debug),
      general_(kind == Kind::general) {}

bool Footprint::checked() const {
    return chunk_ != 0 || percent_ != 0;
}

size_t Footprint::class_of(const reference::Object& object) {
    size_t index = std::min(morph_size_class(object.slot), uint32_t{MORPH_SIZE_CLASSES - 1});
    return object.type >= MORPH_NARROW_TYPES ? index + MORPH_SIZE_CLASSES : index;
}

uint64_t Footprint::volume_of(const Shadow& shadow) const {
    uint64_t padding = shadow.alignment > MORPH_DEFAULT_ALIGNMENT ? shadow.alignment : 0;
    return shadow.model->slot + padding + (debug_ ? 16 : 0);
}

uint64_t Footprint::large_bytes_of(const Shadow& shadow) const {
    uint64_t volume = volume_of(shadow);
    constexpr uint64_t kHeadAndPage = 8192 + 256;
    return volume + kHeadAndPage > chunk_ / 16 ? volume + kHeadAndPage : 0;
}

void Footprint::add_volume(uint64_t bytes) {
    volume_ += bytes;
    volume_peak_ = std::max(volume_peak_, volume_);
}

void Footprint::add(const Shadow& shadow) {
    if (shadow.model == nullptr) {
        live_bytes_ += std::max<uint64_t>(shadow.size, 16);
        live_bytes_peak_ = std::max(live_bytes_peak_, live_bytes_);
        return;
    }
    const reference::Object& object = *shadow.model;
    if (object.room == MORPH_ROOM_POOL) {
        ClassUse& use = classes_[class_of(object)];
        if (++use.live > use.peak) {
            if (use.peak++ == 0) ++classes_used_;
            slots_peak_ += object.slot;
        }
        return;
    }
    add_volume(volume_of(shadow));
    large_ += large_bytes_of(shadow);
    arena_objects_peak_ = std::max(arena_objects_peak_, ++arena_objects_);
}

void Footprint::remove(const Shadow& shadow) {
    if (shadow.model == nullptr) {
        live_bytes_ -= std::max<uint64_t>(shadow.size, 16);
        return;
    }
    const reference::Object& object = *shadow.model;
    if (object.room == MORPH_ROOM_POOL) {
        assert(classes_[class_of(object)].live > 0);
        --classes_[class_of(object)].live;
        return;
    }
    volume_ -= volume_of(shadow);
    large_ -= large_bytes_of(shadow);
    --arena_objects_;
}

void Footprint::add_mark() {
    add_volume(kMarkBytes);
}

void Footprint::remove_mark() {
    assert(volume_ >= kMarkBytes);
    volume_ -= kMarkBytes;
}

void Footprint::reset() {
    for (ClassUse& use : classes_) use.live = 0;
    volume_ = 0;
    large_ = 0;
    arena_objects_ = 0;
    live_bytes_ = 0;
}

uint64_t Footprint::bound() const {
    if (chunk_ == 0) return live_bytes_peak_ / 100 * percent_ + percent_ + slack_;
    uint64_t pool = slots_peak_ * 8 / 5 + classes_used_ * (chunk_ / 16) + 2 * chunk_;
    if (general_) {
        uint64_t objects = arena_objects_peak_ * 1024;  // slack to granules and pages, heads
        return pool + volume_peak_ * 3 + objects + 4 * chunk_ + (160 << 10);
    }
    uint64_t chunks = (volume_peak_ / 7 * 8 + unit_ - 1) / unit_ + 2;
    uint64_t base = pool + chunks * unit_ + large_;
    return base + base / 32 + (160 << 10) + types_ * 1024 + (debug_ ? arena_objects_peak_ * 96 : 0);
}

}  // namespace suite
