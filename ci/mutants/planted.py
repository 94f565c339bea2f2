"""The bugs that `make mutants` plants. Each kind has happened to an allocator in wide use."""

from planted_bug import Mutant
from planted_heap import HEAP_MUTANTS
from planted_v1 import V1_MUTANTS

ARENA = "arena.tiny arena"
POOL = "pool.tiny pool"
CONTEXT = "context.tiny context"

MUTANTS = [
    # Room is compared without the padding that alignment costs: runs over the chunk's end.
    Mutant("arena-room-without-padding", "impl/arena/arena.cpp",
           "if (padding <= room && footprint <= room - padding) {",
           "if (padding <= room && footprint <= room) {",
           "invariants overlap contents crash", ARENA),
    # Sizes near the maximum wrap to 0 and fit everywhere.
    Mutant("arena-size-wraps", "impl/arena/arena.cpp",
           "rounded - 1 < room - padding", "rounded <= room - padding",
           "contract overlap", ARENA),
    # Reset cuts the chain: all chunks but the first are lost.
    Mutant("arena-reset-loses-chunks", "impl/arena/arena_scope.cpp",
           "        first_->used_before = 0;",
           "        first_->chunk.next = nullptr;\n        first_->used_before = 0;",
           "invariants crash leak", ARENA),
    # Release forgets to take back what was counted since the mark.
    Mutant("arena-release-keeps-padding", "impl/arena/arena_scope.cpp",
           "    padding_ = record.padding;\n", "", "invariants metrics", ARENA),
    # Release goes on in the chunk of the freed objects.
    Mutant("arena-release-keeps-chunk", "impl/arena/arena_scope.cpp",
           "set_cursor(record.chunk, record.cursor);", "set_cursor(current_, record.cursor);",
           "query invariants overlap crash", ARENA),
    # The innermost scope stays open when an outer one closes.
    Mutant("arena-release-counts-one-scope", "impl/arena/arena_scope.cpp",
           "scopes_ -= closed;", "scopes_ -= 1;", "invariants metrics", ARENA),
    # A mark does not note which large objects are older: release frees those as well.
    Mutant("arena-mark-forgets-large", "impl/arena/arena_scope.cpp",
           "record.large = large_;", "record.large = nullptr;",
           "contents metrics crash invariants", ARENA),
    # Addresses are aligned to half of what was asked.
    Mutant("arena-half-alignment", "impl/arena/arena.cpp",
           "(0 - reinterpret_cast<uintptr_t>(position)) & (alignment - 1)",
           "(0 - reinterpret_cast<uintptr_t>(position)) & (alignment / 2 - 1)",
           "alignment", ARENA),
    # Reused memory is not cleared again.
    Mutant("arena-reused-not-zeroed", "impl/arena/arena.cpp",
           "if (!taken.fresh) memset(taken.address, 0, size);", "", "zeroing", ARENA),
    # Only half of a zeroed object is.
    Mutant("arena-half-zeroed", "impl/arena/arena.cpp",
           "if (object != nullptr) memset(object, 0, size);",
           "if (object != nullptr) memset(object, 0, size / 2);", "zeroing", ARENA),
    # Reset keeps large objects: a peak is paid for ever.
    Mutant("arena-reset-keeps-large", "impl/arena/arena_scope.cpp",
           "    return_large_until(nullptr);\n    scope_ = nullptr;", "    scope_ = nullptr;",
           "metrics footprint fixed_point invariants", ARENA),
    # Each chunk is larger than the one before.
    Mutant("arena-growth-exponential", "impl/arena/arena.cpp",
           "source_.acquire_chunk(ChunkKind::arena, this, chunk_bytes_);",
           "source_.acquire_chunk(ChunkKind::arena, this, chunk_bytes_ << (chunks_ & 31));",
           "footprint metrics invariants contract", ARENA),
    # Guards behind objects are written but not looked at.
    Mutant("arena-guards-not-checked", "impl/arena/arena_scope.cpp",
           "if (damage == nullptr) return true;", "if (damage != nullptr) return true;\n"
           "        if (damage == nullptr) return true;", "unit", ARENA),
    # The fast path takes one byte more than there is.
    Mutant("arena-inline-runs-over", "impl/include/morph/arena.h",
           "size - 1 < (size_t)(arena->limit - cursor)",
           "size - 1 <= (size_t)(arena->limit - cursor)",
           "invariants overlap contents crash", ARENA),

    # An address is taken for the slot before it.
    Mutant("pool-slot-index-rounds-down", "impl/pool/layout.h",
           "((uint64_t{1} << 32) + slot_size - 1) / slot_size", "(uint64_t{1} << 32) / slot_size",
           "contract query invariants crash", POOL),
    # A second free of the same object is accepted.
    Mutant("pool-double-free-accepted", "impl/pool/pool.h",
           "return MORPH_LIKELY(block->tags[found.index] < kDeadTag);", "return true;",
           "contract detection invariants crash", POOL),
    # So is a free of an address inside an object.
    Mutant("pool-interior-free-accepted", "impl/pool/pool.h",
           "    if (!MORPH_LIKELY(found.exact)) return false;\n    *slot",
           "    *slot", "contract detection", POOL),
    # Empty chunks never go back to the system.
    Mutant("pool-chunk-never-returned", "impl/pool/blocks.cpp",
           "if (to == kEmpty && empty_chunks_ > 0) {", "if (false) {",
           "unit", POOL),
    # The fast path does not note that an object is smaller than its slot.
    Mutant("pool-inline-forgets-slack", "impl/include/morph/pool.h",
           "bin->group_tags[index] = size == slot_size ? 0 : 0x80;", "bin->group_tags[index] = 0;",
           "metrics query invariants", POOL),
    # Sizes between two classes get the smaller one.
    Mutant("pool-size-class-rounds-down", "impl/include/morph/pool.h",
           "(uint32_t)((size - 1) >> (top - 3)) + 9", "(uint32_t)((size - 1) >> (top - 3)) + 8",
           "overlap contents metrics query invariants crash", POOL),
    # A block counts as empty while its last group still holds objects.
    Mutant("pool-block-returned-too-early", "impl/pool/tags.h",
           "for (uint32_t tried = 0; tried < groups; tried++) {",
           "for (uint32_t tried = 1; tried < groups; tried++) {",
           "invariants overlap contents contract crash query", POOL),
    # A block that its bin has used up is lost instead of found again.
    Mutant("pool-full-block-forgotten", "impl/pool/release.cpp",
           "    if (block->state == BlockState::full) {", "    if (false) {",
           "invariants footprint crash", POOL),
    # A type just too large for a one-byte tag is cut off.
    Mutant("pool-type-narrowed", "impl/pool/allocate.cpp",
           "type < MORPH_NARROW_TYPES ? 0 : MORPH_SIZE_CLASSES",
           "type <= MORPH_NARROW_TYPES ? 0 : MORPH_SIZE_CLASSES", "unit", POOL),
    # Half of the contents are lost when an object moves.
    Mutant("pool-realloc-copies-half", "impl/pool/release.cpp",
           "__builtin_memcpy(fresh, object, info.size < new_size ? info.size : new_size);",
           "__builtin_memcpy(fresh, object, (info.size < new_size ? info.size : new_size) / 2);",
           "contents", POOL),
    # The new size is not noted when an object stays in its slot.
    Mutant("pool-resize-keeps-old-size", "impl/pool/object.cpp",
           "        write_slack(slot.address + slot_size, slot_size - new_size);\n", "",
           "query metrics invariants contents contract", POOL),
    # A bin hands out slots that are not free.
    Mutant("pool-live-slot-handed-out", "impl/pool/allocate.cpp",
           "        *bin_at(bin) = {free_slots, slot_address",
           "        *bin_at(bin) = {free_slots | 1, slot_address",
           "overlap invariants crash", POOL),
    # Bins go on handing out blocks that reset has freed.
    Mutant("pool-reset-keeps-bins", "impl/pool/blocks.cpp",
           "    if (debug_) report_guards();\n    forget_bins();",
           "    if (debug_) report_guards();",
           "invariants overlap crash", POOL),
    # Unlinking the first chunk of a list drops the others.
    Mutant("pool-chunk-list-cut", "impl/pool/blocks.cpp",
           "chunks_[list] = static_cast<PoolChunk*>(chunk->next);", "chunks_[list] = nullptr;",
           "invariants leak crash", POOL),
    # Guards behind objects are written but not looked at.
    Mutant("pool-guards-not-checked", "impl/pool/object.cpp",
           "if (!debug_ || guard_intact(slot, *info)) return true;", "return true;",
           "detection", POOL),
    # A free with a size that is too large passes for right.
    Mutant("pool-wrong-size-unnoticed", "impl/pool/release.cpp",
           "size != info.size) {", "size < info.size) {", "detection contract", POOL),

    # A resize in place is counted as such, but its bytes are not.
    Mutant("context-resize-not-counted", "impl/context/metrics.cpp",
           "types_[type].counters.add_resize(old_size, new_size);",
           "types_[type].counters.add_resize(old_size, old_size);",
           "metrics invariants", CONTEXT),
    # The peak is that of the last moment when somebody asked.
    Mutant("context-peak-missed", "impl/context/context.h",
           "        totals_.bytes_live_peak = totals_.peak();\n"
           "        types_[type].counters.add_free",
           "        types_[type].counters.add_free", "metrics", CONTEXT),
    # Small allocations of the arena are not counted as the arena's.
    Mutant("context-arena-not-counted", "impl/context/metrics.cpp",
           "if (room == MORPH_ROOM_ARENA) totals_",
           "if (room == MORPH_ROOM_ARENA && size > 1000) totals_",
           "metrics invariants", CONTEXT),
    # Zeroed objects of the pools are as the one before left them.
    Mutant("context-pool-not-zeroed", "impl/context/allocate.cpp",
           "                           : pool_.allocate_aligned(size, alignment, type);\n"
           "        if (object != nullptr && zeroed) memset(object, 0, size);\n",
           "                           : pool_.allocate_aligned(size, alignment, type);\n",
           "zeroing", CONTEXT),
    # Contents are lost on the way out of the arena.
    Mutant("context-arena-copy-short", "impl/context/release.cpp",
           "if (copy != nullptr) memcpy(copy, object, old_size < new_size ? old_size : new_size);",
           "if (copy != nullptr) memcpy(copy, object, (old_size < new_size ? old_size : new_size) "
           "/ 2);", "contents", CONTEXT),
    # Calls that fail are not counted.
    Mutant("context-failures-not-counted", "impl/context/context.h",
           "    void* count_null() {\n        totals_.failures += 1;\n",
           "    void* count_null() {\n",
           "metrics contract", CONTEXT),
    # The type registered last is lost when the table grows.
    Mutant("context-type-table-loses-last", "impl/context/types.cpp",
           "memcpy(records, records_, count_ * sizeof(TypeRecord));",
           "memcpy(records, records_, (count_ - 1) * sizeof(TypeRecord));",
           "unit", CONTEXT),
    # An object that could not move is gone all the same.
    Mutant("context-failed-move-frees", "impl/context/release.cpp",
           "    if (moved == nullptr) return count_null();\n    memcpy",
           "    if (moved == nullptr) {\n        (void)pool_.release(object, old_size);\n"
           "        return count_null();\n    }\n    memcpy",
           "contract invariants query metrics", CONTEXT, sweep=True),

    # Half of what is mapped already does not count against the bound.
    Mutant("source-bound-ignores-mapped", "impl/chunk/source.cpp",
           "bytes > limits.bytes_max - mapped) return Refusal::bound;",
           "bytes > limits.bytes_max - mapped / 2) return Refusal::bound;", "unit", ARENA),
    # A chunk that cannot be registered is not given back.
    Mutant("source-refused-chunk-leaks", "impl/chunk/source.cpp",
           "        give_back(address, bytes);\n        bytes_mapped_peak_ = peak_before;\n",
           "        bytes_mapped_peak_ = peak_before;\n",
           "unit", ARENA),
    # Entries behind a removed one are no longer found.
    Mutant("source-erase-breaks-runs", "impl/chunk/source.cpp",
           "        table_[gap] = table_[slot];\n        gap = slot;\n", "        break;\n",
           "unit", ARENA),
    # The peak is what is mapped now.
    Mutant("source-peak-falls", "impl/chunk/source.cpp",
           "    bytes_returned_ += bytes;\n    bytes_mapped_ -= bytes;\n",
           "    bytes_returned_ += bytes;\n    bytes_mapped_ -= bytes;\n"
           "    bytes_mapped_peak_ = bytes_mapped_;\n", "metrics contract", ARENA),
    # Whoever counts is not told of what goes back.
    Mutant("source-return-not-told", "impl/chunk/source.cpp",
           "    bytes_mapped_ -= bytes;\n    tell_returned(limits_, bytes);",
           "    bytes_mapped_ -= bytes;", "leak metrics contract", ARENA),
    # The memory that an owner lives in goes back in parts, as far as anybody hears.
    Mutant("source-home-half-told", "impl/chunk/source.cpp",
           "tell_returned(copy, rounded);", "tell_returned(copy, rounded / 2);",
           "leak", ARENA),
    # Only the first part of a large object is known as ours.
    Mutant("source-large-half-registered", "impl/chunk/source.cpp",
           "for (size_t index = 0; index < units; ++index) insert(unit + index, chunk);",
           "insert(unit, chunk);", "crash query invariants", ARENA),
] + HEAP_MUTANTS + V1_MUTANTS
