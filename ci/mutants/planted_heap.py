"""The bugs that `make mutants` plants in the heap: see planted.py for what the fields mean."""

from planted_bug import Mutant

HEAP = "heap.tiny heap"
GRAPH = ("graph liveness contents invariants crash metrics weak finalizers ages contract "
         "detection overlap query zeroing")

HEAP_MUTANTS = [
    # ---- barrier and remembered set
    # The fast path is inverted: only what needs no barrier takes it.
    Mutant("barrier-never-logs", "impl/heap/barrier.cpp",
           "    log(object);\n}\n\nvoid Heap::copy", "}\n\nvoid Heap::copy", GRAPH, HEAP),
    # Bulk copies skip the barrier.
    Mutant("barrier-copy-skips", "impl/heap/barrier.cpp",
           "for (size_t index = 0; index < count; ++index) barrier(object, to + index, "
           "from[index]);", "", GRAPH, HEAP),
    # Stores into carded arrays mark the card before.
    Mutant("barrier-marks-the-wrong-card", "impl/heap/barrier.cpp",
           "[card_of(offset_of(object, slot))] = 1;", "[card_of(offset_of(object, slot)) / 2] = 1;",
           GRAPH, HEAP),
    # The barrier bit is not set again when an object leaves the remembered set.
    Mutant("remembered-log-bit-not-restored", "impl/heap/evacuator.cpp",
           "if (!young) *header = (*header & ~kListed) | kBarrier;",
           "if (!young) *header = *header & ~kListed;", GRAPH, HEAP),
    # An object stays listed though it leaves the set: its next store is not logged.
    Mutant("remembered-cleared-too-early", "impl/heap/evacuator.cpp",
           "    return young;\n}\n\n// The set has lost",
           "    return false;\n}\n\n// The set has lost",
           GRAPH, HEAP),
    # A promoted object's young references are not remembered.
    Mutant("promotion-not-remembered", "impl/heap/evacuator.cpp",
           "    if (young) remember(parts_, object);  // EVACUATE-LOGGED\n", "", GRAPH, HEAP),
    # Objects born old start without barrier bit.
    Mutant("barrier-missing-on-old-born", "impl/heap/allocate.cpp",
           "Header header = make_header(type, size) | kBarrier;",
           "Header header = make_header(type, size);", GRAPH, HEAP),
    # The search after an overflow forgets what it found.
    Mutant("remembered-overflow-search-keeps-nothing", "impl/heap/evacuator.cpp",
           "if (evacuator->scan_remembered(header)) evacuator->parts_.remembered.keep(header);",
           "evacuator->scan_remembered(header);", "unit", HEAP),
    # Dead holders stay in the remembered set.
    Mutant("remembered-entry-outlives-its-holder", "impl/heap/collector.cpp",
           "return parts_.old.is_marked(object_at(header)); });",
           "return header != nullptr; });", GRAPH, HEAP),
    # ---- promotion and ages
    # Objects are promoted one collection late.
    Mutant("promotion-one-age-late", "impl/heap/evacuator.cpp",
           "bool old_enough = age >= promotion_age_;", "bool old_enough = age > promotion_age_;",
           "ages", HEAP),
    # The age overwrites the user's flags.
    Mutant("age-in-the-users-flags", "impl/heap/evacuator.cpp",
           "Header aged = (word & ~kAgeMask) | Header{age} << kAgeShift;",
           "Header aged = (word & ~kAgeMask) | Header{age} << MORPH_HEADER_FLAGS_SHIFT;",
           GRAPH, HEAP),
    # A root keeps the old address.
    Mutant("evacuation-skips-global-roots", "impl/heap/roots.h",
           "for (const Global& global : globals_.all()) f(global.slot);", "", GRAPH, HEAP),
    # Forwarding is not looked at: objects are copied once for each reference.
    Mutant("evacuation-copies-twice", "impl/heap/evacuator.cpp",
           "if ((word & kForwarded) != 0) return reinterpret_cast<void*>(word - kForwarded);\n"
           "    return move(header);", "return move(header);", GRAPH, HEAP),
    # The last word of the payload is not copied.
    Mutant("evacuation-loses-the-last-word", "impl/heap/evacuator.cpp",
           "index <= words; ++index) to[index]", "index < words; ++index) to[index]", GRAPH, HEAP),
    # Survivors are not scanned.
    Mutant("evacuation-does-not-scan-the-reserve", "impl/heap/evacuator.cpp",
           "        scan_region(&scan_reserve_, reserve_);\n", "", "unit", HEAP),
    # ---- marking
    Mutant("marking-skips-ready-finalizers", "impl/heap/collector.cpp",
           "    marker.mark_ready_finalizers();\n", "", GRAPH, HEAP),
    Mutant("marking-forgets-what-overflowed", "impl/heap/marker.cpp",
           "if (!parts_.mark_stack.push(object)) overflowed_ = true;",
           "(void)parts_.mark_stack.push(object);", GRAPH, HEAP),
    Mutant("marking-loses-what-waits", "impl/heap/marker.cpp",
           "        if (waiting_ == 0) return;\n        flush();", "        return;", GRAPH, HEAP),
    Mutant("tracing-skips-the-last-pointer", "impl/heap/trace.h",
           "const uint32_t* end = offset + layout.offset_count;",
           "const uint32_t* end = offset + layout.offset_count - 1;", GRAPH, HEAP),
    Mutant("tracing-skips-custom-visitors", "impl/heap/trace.h",
           "    layout.visit(layout.visit_user, object, size, &adapter.visitor);\n",
           "    (void)adapter;\n", GRAPH, HEAP),
    Mutant("tracing-includes-a-partial-struct", "impl/heap/trace.h",
           "for (; size >= element; size -= element, base += element) each_at",
           "for (; size + 8 >= element && size > 8; size -= size < element ? size : element, "
           "base += element) each_at", GRAPH, HEAP),
    # ---- weak references and finalizers
    Mutant("weak-never-cleared", "impl/heap/collector.cpp",
           "    parts_.weak.clear_targets(fate, true);\n", "", GRAPH, HEAP),
    Mutant("weak-not-updated-by-minor", "impl/heap/evacuator.cpp",
           "    parts_.weak.clear_targets(fate, false);\n", "", GRAPH, HEAP),
    Mutant("finalizer-object-not-kept", "impl/heap/evacuator.cpp",
           "    parts_.finalizers.each_ready([this](void*& object) { visit(&object); });\n"
           "    drain();",
           "    drain();", GRAPH, HEAP),
    Mutant("finalizers-only-in-major", "impl/heap/evacuator.cpp",
           "    parts_.finalizers.collect(fate, false);\n", "", GRAPH, HEAP),
    # ---- sweeping and memory
    Mutant("sweep-keeps-marks", "impl/heap/old_blocks_sweep.cpp",
           "    memset(marked, 0, kBlockWords * sizeof(uint64_t));\n", "", GRAPH, HEAP),
    # ---- counting
    Mutant("minor-deaths-not-counted", "impl/heap/collector.cpp",
           "        record.frees += objects - copied;\n", "", GRAPH, HEAP),
    Mutant("pretenured-counted-as-young", "impl/heap/allocate.cpp",
           "    record.allocations_seen += 1;\n", "", GRAPH, HEAP),
    # ---- allocation
    Mutant("window-not-zeroed", "impl/heap/allocate.cpp",
           "            memset(head.limit, 0, window);\n", "", GRAPH, HEAP),
    Mutant("window-beyond-the-nursery", "impl/heap/allocate.cpp",
           "size_t window = wanted < room ? wanted : room;", "size_t window = wanted;",
           GRAPH, HEAP),
    Mutant("resize-keeps-cut-references", "impl/heap/allocate.cpp",
           "        clear_cut_references(to, layout, old_size, new_size);\n", "", GRAPH, HEAP),
    Mutant("resize-does-not-remember", "impl/heap/allocate.cpp",
           "    remember_whole(parts_, to);\n", "", GRAPH, HEAP),
    Mutant("held-object-not-a-root", "impl/heap/evacuator.cpp",
           "    for (Held* held = parts_.held; held != nullptr; held = held->next) "
           "visit(&held->object);\n", "", GRAPH, HEAP),
]
