#include "fuzz/generate.h"

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

#include "fuzz/interesting.h"
#include "fuzz/random.h"
#include "fuzz/shape.h"

namespace suite {
namespace {

// Distributions of sizes.
enum class Sizes : uint8_t {
    one_size,     // the same each time: fills blocks of one class
    two_classes,  // a class edge: the same slot and the next
    small,        // 1 .. 128
    profile,      // what a compiler allocates
    pool,         // 0 .. 1100
    exponential,  // 2^4 .. 2^18
    blocks,       // around multiples of 4 KiB
    large,        // 64 KiB .. 1 MiB, and around 2 MiB
    interesting,
    count_
};

class Generator {
 public:
    Generator(uint64_t seed, const GenerateOptions& options) : random_(seed), options_(options) {
        draw_length();
        draw_configuration();
        draw_weights();
        draw_sizes();
    }

    Program take() {
        while (program_.operations.size() < length_) {
            if (lift_in_ > 0 && --lift_in_ == 0) {
                program_.operations.push_back({.code = Code::fail_requests});
                continue;
            }
            if (size_left_-- == 0) draw_sizes();
            Operation operation;
            operation.code = draw_code();
            fill(operation);
            note(operation);
            program_.operations.push_back(operation);
        }
        return std::move(program_);
    }

 private:
    static constexpr uint64_t kForEver = 255;

    uint64_t& weight(Code code) { return weights_[static_cast<size_t>(code)]; }

    void draw_length() {
        const uint64_t low = options_.operations_min;
        const uint64_t span =
            options_.operations_max - std::min<uint64_t>(low, options_.operations_max);
        // Log-uniform: as many programs between 8 and 16 operations as between 128 and 256.
        const unsigned bits = static_cast<unsigned>(std::bit_width(span));
        const uint64_t most = std::min(span, uint64_t{1} << random_.below(bits + 1));
        length_ = low + random_.below(most + 1);
    }

    void draw_configuration() {
        Configuration& configuration = program_.configuration;
        do {
            configuration = random_configuration(random_, family_of(options_.kind));
        } while (!suite::plausible(configuration, uint64_t{1} << 16, options_.kind) &&
                 (options_.plausible || !random_.one_in(16)));
        if (!options_.abilities.debug) configuration.debug = false;
        if (options_.plausible) configuration.bytes_max = Configuration{}.bytes_max;
    }

    void draw_weights() {
        const std::array<bool, kCodes> supported =
            supported_codes(options_.kind, options_.abilities);
        for (size_t i = 0; i < kCodes; ++i) {
            if (supported[i] && random_.one_in(2)) weights_[i] = uint64_t{16} << random_.below(5);
        }
        if (collected_) return draw_heap_weights();
        weight(Code::allocate) = std::max<uint64_t>(weight(Code::allocate), 64);
        if (supported[static_cast<size_t>(Code::free)] && !random_.one_in(8)) {
            weight(Code::free) = std::max<uint64_t>(weight(Code::free), 64);
        }
        // Those that end or disturb what the others build up stay rare.
        for (Code code : {Code::reset, Code::fail_requests, Code::register_type}) {
            weight(code) = (weight(code) + 31) / 32;
        }
        const bool debug = program_.configuration.debug;
        for (Code code : {Code::free_twice, Code::free_interior}) {
            weight(code) = (weight(code) + 15) / 16;
        }
        for (Code code : {Code::free_foreign, Code::free_wrong_size, Code::overrun}) {
            weight(code) = debug ? (weight(code) + 15) / 16 : 0;
        }
        types_ = random_.one_in(4) ? 1 : 1 + random_.below(6);
        if (random_.one_in(24)) types_ = 300;  // past the narrow types
        hostile_ = random_.one_in(4) ? 8 + random_.below(64) : 0;
    }

    void draw_heap_weights() {
        for (Code code : {Code::allocate_object, Code::store_reference}) {
            weight(code) = std::max<uint64_t>(weight(code), 128);
        }
        weight(Code::pop_roots) = std::max<uint64_t>(weight(Code::pop_roots), 16);
        weight(Code::fail_requests) = (weight(Code::fail_requests) + 7) / 8;
        for (Code code :
             {Code::reset, Code::register_layout, Code::force_collections, Code::configure_heap,
              Code::collect_major, Code::collect_minor, Code::fill_roots, Code::allocate_too_small,
              Code::overrun, Code::store_without_barrier, Code::pop_wrong_root}) {
            weight(code) = (weight(code) + 31) / 32;
        }
        // What looks at all objects is as dear as a collection.
        for (Code code : {Code::walk, Code::check_graph, Code::verify, Code::metrics}) {
            weight(code) = (weight(code) + 15) / 16;
        }
        types_ = random_.one_in(3) ? 1 + random_.below(9) : 9;
        hostile_ = random_.one_in(4) ? 16 + random_.below(64) : 0;
    }

    void draw_sizes() {
        sizes_ = static_cast<Sizes>(random_.below(static_cast<uint64_t>(Sizes::count_)));
        base_ = random_.one_in(4) ? interesting_size(random_) % 4096 : 1 + random_.below(1024);
        size_left_ = 16 + random_.below(uint64_t{16} << random_.below(6));
    }

    uint64_t draw_size() {
        if (hostile_ != 0 && random_.one_in(hostile_)) return interesting_size(random_);
        switch (sizes_) {
            case Sizes::one_size:
                return base_;
            case Sizes::two_classes:
                return base_ + random_.below(2);
            case Sizes::small:
                return 1 + random_.below(128);
            case Sizes::profile: {
                static constexpr std::array<uint64_t, 10> kProfile{24, 24, 24, 24, 48,
                                                                   48, 32, 32, 64, 128};
                return random_.pick(kProfile);
            }
            case Sizes::pool:
                return random_.below(1100);
            case Sizes::exponential:
                return random_.below(uint64_t{1} << (4 + random_.below(15)));
            case Sizes::blocks:
                return (random_.below(17) << 12) + random_.below(65) - 32;
            case Sizes::large:
                return random_.one_in(8) ? (2u << 20) + random_.below(129) - 64
                                         : random_.between(64 << 10, 1 << 20) >> random_.below(5);
            case Sizes::interesting:
                return interesting_size(random_);
            case Sizes::count_:
                break;
        }
        return base_;
    }

    // What makes the live set smaller; an arena has only scopes and reset.
    static bool shrinks(Code code) {
        return code == Code::free || code == Code::release || code == Code::reset ||
               code == Code::free_twice || code == Code::pop_roots || code == Code::set_root;
    }
    static bool grows(Code code) {
        return code == Code::allocate || code == Code::allocate_zeroed ||
               code == Code::allocate_aligned || code == Code::allocate_placed ||
               code == Code::allocate_object || code == Code::push_root;
    }

    Code draw_code() {
        if (growing_ ? live_ >= target_ : live_ <= target_) {
            target_ = random_.below(uint64_t{2} << random_.below(collected_ ? 7 : 12));
            growing_ = target_ > live_;
        }
        std::array<uint64_t, kCodes> biased = weights_;
        uint64_t sum = 0;
        for (size_t i = 0; i < kCodes; ++i) {
            const Code code = static_cast<Code>(i);
            if (growing_ ? grows(code) : shrinks(code)) biased[i] *= 4;
            sum += biased[i];
        }
        uint64_t at = random_.below(sum);
        size_t code = 0;
        while (at >= biased[code]) at -= biased[code++];
        return static_cast<Code>(code);
    }

    void fill(Operation& operation) {
        const Shape& its = shape(operation.code);
        for (size_t i = 0; i < kOperands; ++i) {
            const Operand which = static_cast<Operand>(i);
            if (!its.uses(which)) continue;
            randomise_operand(operation, which, random_);
            const bool object =
                which == Operand::size &&
                (grows(operation.code) || operation.code == Code::reallocate ||
                 operation.code == Code::free_wrong_size || operation.code == Code::free_foreign ||
                 operation.code == Code::query);
            // A heap's own sizes are small mostly: many objects, and few of each page.
            if (object && (!collected_ || random_.one_in(8))) operation.size = draw_size();
            if (which == Operand::object && live_ > 0 && !random_.one_in(8)) {
                operation.object = static_cast<uint32_t>(random_.below(live_));
            }
            if (which == Operand::target && operation.target != 0 && live_ > 0) {
                operation.target = static_cast<uint32_t>(1 + random_.below(live_));
            }
            if (which == Operand::root && operation.root != 0 && live_ > 0) {
                operation.root = static_cast<uint32_t>(1 + random_.below(live_));
            }
            if (which == Operand::type && (hostile_ == 0 || !random_.one_in(hostile_))) {
                operation.type = static_cast<uint32_t>(random_.below(types_));
            }
            if (which == Operand::alignment && !random_.one_in(16)) {
                operation.alignment = static_cast<uint8_t>(random_.below(14));
            }
        }
    }

    // An estimate: what the subject refuses is not known here.
    void note(const Operation& operation) {
        const Code code = operation.code;
        if (grows(code)) {
            live_ += collected_ && operation.root != 0 ? 0 : 1;
        } else if ((code == Code::free || code == Code::free_twice) && live_ > 0) {
            live_ -= 1;
        } else if (code == Code::reset) {
            live_ = 0;
            scopes_.clear();
        } else if (code == Code::pop_roots) {
            live_ -= std::min<uint64_t>(live_, live_ == 0 ? 0 : operation.count % live_ + 1);
        } else if (code == Code::mark) {
            scopes_.push_back(live_);
        } else if (code == Code::release && !scopes_.empty()) {
            const size_t closed = operation.count % scopes_.size() + 1;
            live_ = scopes_[scopes_.size() - closed];
            scopes_.resize(scopes_.size() - closed);
        } else if (code == Code::fail_requests && operation.count == kForEver) {
            lift_in_ = 1 + random_.below(24);
        }
    }

    Random random_;
    const GenerateOptions& options_;
    const bool collected_ = family_of(options_.kind) == Family::collected;
    Program program_;
    size_t length_ = 0;
    std::array<uint64_t, kCodes> weights_{};
    uint64_t types_ = 1;
    uint64_t hostile_ = 0;  // one operand in so many is hostile; 0: none
    Sizes sizes_ = Sizes::small;
    uint64_t base_ = 0;
    uint64_t size_left_ = 0;  // operations until sizes are drawn anew
    uint64_t live_ = 0;
    uint64_t target_ = 0;
    bool growing_ = true;
    std::vector<uint64_t> scopes_;  // live objects when each was opened
    uint64_t lift_in_ = 0;          // operations until injected failure is lifted; 0: none is on
};

}  // namespace

Program generate(uint64_t seed, const GenerateOptions& options) {
    return canonical(Generator(seed, options).take());
}

}  // namespace suite
