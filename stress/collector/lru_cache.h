// LRU cache: a server that answers requests for keys from a cache of bounded size.
//
//   buckets (array of pointers)                        one list through all entries
//   +---+---+---+---+       chain                        newer <---> older
//   | o |   | o |   |  ...  Entry -> Entry            anchor <-> Entry <-> Entry <-> ... anchor
//   +-|-+---+---+---+         |
//     v                     Value: 32 to 480 bytes without references, filled from the key
//
// A request allocates a response and copies the value into it: garbage at once. A hit moves the
// entry to the front: stores into old objects. A miss allocates entry and value, and drops the
// oldest entry when the cache is full. Keys are drawn so that the lower ones come more often.
#pragma once

#include "stress/collector/field.h"
#include "stress/generate/random.h"

namespace collector {

struct LruCacheSettings {
    size_t live_bytes = size_t{64} << 20;  // payload of a full cache, about
    uint64_t requests = 2000000;           // after the cache has been filled
    uint64_t seed = 1;
    uint64_t verify_every = 0;  // requests between two looks at everything; 0: never
};

template <typename Memory>
class LruCache {
 public:
    LruCache(Memory& memory, const LruCacheSettings& settings)
        : memory_(memory),
          settings_(settings),
          capacity_(settings.live_bytes / kEntryBytes + 1),
          random_(settings.seed),
          anchor_(memory),
          buckets_(memory) {
        while (bucket_count_ < capacity_) bucket_count_ *= 2;
    }

    // Entries of a full cache.
    [[nodiscard]] uint64_t capacity() const { return capacity_; }
    [[nodiscard]] uint64_t hits() const { return hits_; }

    // fill, then serve.
    Outcome run() {
        Outcome outcome = fill();
        return outcome.wrong != nullptr ? outcome : serve();
    }

    // Until the cache is full; a benchmark may begin to measure after it.
    Outcome fill() {
        if (!register_types()) return {kOutOfMemory, 0};
        anchor_ = memory_.template allocate<Entry>(entry_type_);
        buckets_ = memory_.template allocate<Field<Entry>>(bucket_type_, bucket_count_ * 8);
        if (anchor_.get() == nullptr || buckets_.get() == nullptr) return {kOutOfMemory, 0};
        memory_.store(anchor_.get(), anchor_->newer, anchor_.get());
        memory_.store(anchor_.get(), anchor_->older, anchor_.get());
        for (uint64_t key = 0; key < capacity_; ++key) {
            if (const char* wrong = insert(key)) return {wrong, 0};
        }
        return {check(), entries_};
    }

    Outcome serve() {
        for (uint64_t request = 1; request <= settings_.requests; ++request) {
            const char* wrong = this->request();
            const bool look = settings_.verify_every != 0 && request % settings_.verify_every == 0;
            if (wrong == nullptr && look) wrong = check();
            if (wrong != nullptr) return {wrong, 0};
        }
        return {check(), hits_};
    }

    // One request for a key that is drawn; fill comes first. nullptr, or what is wrong.
    const char* request() { return answer(draw()); }

    // Everything: the list in both directions, each entry in its bucket, each value; the heap.
    const char* check() {
        uint64_t seen = 0;
        Entry* before = anchor_.get();
        for (Entry* entry = before->older.get(); entry != anchor_.get();
             entry = entry->older.get()) {
            if (++seen > entries_ || entry->newer.get() != before) return "LRU-LIST: links";
            if (find(entry->key) != entry) return "LRU-BUCKET: an entry is not in its bucket";
            Value* value = entry->value.get();
            const uint64_t words = words_of(entry->key);
            if (value->key != entry->key || value->words != words ||
                value->data()[0] != entry->key ||
                value->data()[words - 1] != entry->key + words - 1) {
                return "LRU-VALUE: contents changed";
            }
            before = entry;
        }
        if (seen != entries_ || anchor_->newer.get() != before) return "LRU-LIST: entries are lost";
        return memory_.verify();
    }

 private:
    struct Value {
        uint64_t key;
        uint64_t words;  // behind it
        uint64_t* data() { return reinterpret_cast<uint64_t*>(this + 1); }
    };
    struct Entry {
        Field<Entry> newer, older, chain;
        Field<Value> value;
        uint64_t key;
    };
    template <typename T>
    using Root = typename Memory::template Root<T>;

    // Of an entry with its bucket and a value of average size.
    static constexpr size_t kEntryBytes = sizeof(Entry) + 8 + 256;

    static constexpr uint64_t mix(uint64_t key) {
        key = (key ^ key >> 31) * 0x9e3779b97f4a7c15u;
        return key ^ key >> 29;
    }
    // Payload words of a key's value: 2 to 58, 30 in the mean; with its head 32 to 480 bytes.
    static constexpr uint64_t words_of(uint64_t key) { return 2 + mix(key) % 57; }

    [[nodiscard]] bool register_types() {
        const size_t links[] = {offsetof(Entry, newer), offsetof(Entry, older),
                                offsetof(Entry, chain), offsetof(Entry, value)};
        MorphMemTypeInfo info = {};
        info.name = "cache entry";
        info.layout = MORPH_LAYOUT_OFFSETS;
        info.offsets = links;
        info.offset_count = 4;
        entry_type_ = memory_.register_type(info);
        info = {};
        info.name = "cache buckets";
        info.layout = MORPH_LAYOUT_POINTERS;
        bucket_type_ = memory_.register_type(info);
        info = {};
        info.name = "cache value";
        value_type_ = memory_.register_type(info);
        info.name = "response";
        response_type_ = memory_.register_type(info);
        return response_type_ != MORPH_TYPE_INVALID && value_type_ != MORPH_TYPE_INVALID &&
               bucket_type_ != MORPH_TYPE_INVALID && entry_type_ != MORPH_TYPE_INVALID;
    }

    // Of twice as many keys as there is room for; the product of two draws favours the lower ones.
    uint64_t draw() {
        const uint64_t keys = 2 * capacity_;
        return random_.below(random_.below(keys) + 1);
    }

    Field<Entry>& bucket(uint64_t key) {
        return buckets_.get()[mix(key) >> 8 & (bucket_count_ - 1)];
    }

    Entry* find(uint64_t key) {
        Entry* entry = bucket(key).get();
        while (entry != nullptr && entry->key != key) entry = entry->chain.get();
        return entry;
    }

    const char* answer(uint64_t key) {
        Entry* found = find(key);
        if (found == nullptr) return insert(key);
        ++hits_;
        unlink(found);
        link_newest(found);
        Root<Value> value(memory_, found->value.get());
        const uint64_t words = words_of(key);
        if (value->key != key || value->words != words) return "LRU-VALUE: not the key's value";
        auto* response = memory_.template allocate<uint64_t>(response_type_, words * 8);
        if (response == nullptr) return kOutOfMemory;
        const uint64_t* from = value->data();
        uint64_t difference = 0;
        for (uint64_t i = 0; i < words; ++i) {
            response[i] = from[i];
            difference |= from[i] ^ (key + i);
        }
        return difference == 0 ? nullptr : "LRU-VALUE: contents changed";
    }

    const char* insert(uint64_t key) {
        if (entries_ == capacity_) drop(anchor_->newer.get());
        const uint64_t words = words_of(key);
        const size_t bytes = sizeof(Value) + words * 8;
        Root<Value> value(memory_, memory_.template allocate<Value>(value_type_, bytes));
        if (value.get() == nullptr) return kOutOfMemory;
        value->key = key;
        value->words = words;
        for (uint64_t i = 0; i < words; ++i) value->data()[i] = key + i;
        auto* entry = memory_.template allocate<Entry>(entry_type_);
        if (entry == nullptr) return kOutOfMemory;
        entry->key = key;
        memory_.store(entry, entry->value, value.get());
        Field<Entry>& head = bucket(key);
        memory_.store(entry, entry->chain, head.get());
        memory_.store(buckets_.get(), head, entry);
        link_newest(entry);
        ++entries_;
        return nullptr;
    }

    // anchor->older is the newest entry, anchor->newer the oldest one.
    void link_newest(Entry* entry) {
        Entry* anchor = anchor_.get();
        Entry* second = anchor->older.get();
        memory_.store(entry, entry->newer, anchor);
        memory_.store(entry, entry->older, second);
        memory_.store(second, second->newer, entry);
        memory_.store(anchor, anchor->older, entry);
    }

    void unlink(Entry* entry) {
        Entry* newer = entry->newer.get();
        Entry* older = entry->older.get();
        memory_.store(newer, newer->older, older);
        memory_.store(older, older->newer, newer);
    }

    void drop(Entry* entry) {
        unlink(entry);
        Field<Entry>& head = bucket(entry->key);
        if (head.get() == entry) {
            memory_.store(buckets_.get(), head, entry->chain.get());
        } else {
            Entry* before = head.get();
            while (before->chain.get() != entry) before = before->chain.get();
            memory_.store(before, before->chain, entry->chain.get());
        }
        --entries_;
    }

    Memory& memory_;
    LruCacheSettings settings_;
    uint64_t capacity_;
    uint64_t bucket_count_ = 16;
    fox::Random random_;
    Root<Entry> anchor_;
    Root<Field<Entry>> buckets_;
    uint32_t entry_type_ = MORPH_TYPE_INVALID;
    uint32_t bucket_type_ = MORPH_TYPE_INVALID;
    uint32_t value_type_ = MORPH_TYPE_INVALID;
    uint32_t response_type_ = MORPH_TYPE_INVALID;
    uint64_t entries_ = 0;
    uint64_t hits_ = 0;
};

}  // namespace collector
