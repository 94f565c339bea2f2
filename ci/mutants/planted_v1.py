"""The bugs that `make mutants` plants in V1: see planted.py for what the fields mean."""

from planted_bug import Mutant

COMPILER = "v1"
RUNTIME = "v1.runtime"
BOTH = "v1 v1.runtime"
GRAPH = "graph liveness contents invariants crash metrics weak finalizers contract overlap query"

V1_MUTANTS = [
    # ---- free lists
    # A reused object leaves its page's list, but not the one of all.
    Mutant("v1-free-list-keeps-what-is-reused", "impl/v1/free_list.h",
           "        unlink(object);\n        object->page_free_next = object->page_free_previous",
           "        count_ -= 1;\n        object->page_free_next = object->page_free_previous",
           "invariants overlap crash", BOTH),
    # And the other way round.
    Mutant("v1-page-list-keeps-what-is-reused", "impl/v1/free_list.h",
           "                                               : object->page->free) = "
           "object->page_free_next;",
           "                                               : object->page->free) = "
           "object->page->free;", "invariants overlap crash", BOTH),
    # The first fit is taken, not the exact one.
    Mutant("v1-first-fit", "impl/v1/free_list.h",
           "if (object->size != size) continue;", "if (object->size < size) continue;",
           "footprint invariants metrics crash", BOTH),
    # Whoever asks for alignment is given what is free.
    Mutant("v1-reuse-ignores-alignment", "impl/v1/free_list.h",
           "(alignment - 1)) == 0) {", "(alignment / alignment - 1)) == 0) {",
           "alignment", BOTH),
    # Objects of a page that goes stay on the list of all.
    Mutant("v1-free-list-keeps-unmapped-objects", "impl/v1/collector.cpp",
           "        parts_.free_list.forget(page);\n", "", "crash invariants", BOTH),
    # A second free of an object is a free.
    Mutant("v1-free-twice-pushes-twice", "impl/v1/allocate.cpp",
           "if (object == nullptr || object->is_free()) return refuse_free",
           "if (object == nullptr) return refuse_free", "detection crash", COMPILER),
    # What the sweep takes off the list still says that it is on it, and is not put there again.
    Mutant("v1-unlisted-object-says-listed", "impl/v1/collector.cpp",
           "        object->flags = static_cast<uint8_t>(object->flags & ~kListedFlag);\n", "",
           "invariants liveness crash", BOTH),
    # ---- pages
    Mutant("v1-slot-rounded-down", "impl/v1/header.h",
           "(kObjectBytes + size + 7) & ~size_t{7}", "(kObjectBytes + size) & ~size_t{7}",
           "overlap contents invariants alignment crash zeroing footprint query", BOTH),
    # An object that fills a page gets a mapping of its own.
    Mutant("v1-full-page-is-large", "impl/v1/pages.cpp",
           "alignment > MORPH_DEFAULT_ALIGNMENT || bytes > kPageBytes",
           "alignment > MORPH_DEFAULT_ALIGNMENT || bytes >= kPageBytes", "footprint", BOTH),
    # The page that is being filled goes as well, when nothing in it is live.
    Mutant("v1-current-page-unmapped", "impl/v1/pages.h",
           "if (page->live_bytes != 0 || page == current_) {", "if (page->live_bytes != 0) {",
           "footprint invariants crash", BOTH),
    # No page goes.
    Mutant("v1-empty-pages-kept", "impl/v1/collector.cpp",
           "    sweep();\n    release_pages();\n", "    sweep();\n", "footprint", BOTH),
    # The record of a page that went is not given back.
    Mutant("v1-page-record-leaked", "impl/v1/pages.cpp",
           "    records_.give(page);\n", "", "invariants footprint fixed_point", BOTH),
    Mutant("v1-page-unmapped-twice", "impl/v1/pages.cpp",
           "    source_.return_metadata(page->start, page->size);\n",
           "    source_.return_metadata(page->start, page->size);\n"
           "    source_.return_metadata(page->start, page->size);\n",
           "crash metrics leak invariants", BOTH),
    Mutant("v1-own-mapping-too-small", "impl/v1/pages.cpp",
           "size_t size_mapped = front + (bytes - kObjectBytes);",
           "size_t size_mapped = front + (bytes - kObjectBytes) / 2;",
           "crash footprint invariants", BOTH),
    # Half of a reused object holds what it held.
    Mutant("v1-reused-not-zeroed", "impl/v1/allocate.cpp",
           "if (zeroed) memset(object->payload(), 0, size);",
           "if (zeroed) memset(object->payload(), 0, size / 2);", "zeroing", BOTH),
    # ---- policy
    Mutant("v1-threshold-counts-headers", "impl/v1/allocate.cpp",
           "parts_.live_bytes <= parts_.threshold", "parts_.slot_bytes <= parts_.threshold",
           "footprint", BOTH),
    Mutant("v1-threshold-stays", "impl/v1/collector.cpp",
           "    parts_.next_threshold();\n", "", "footprint", BOTH),
    Mutant("v1-threshold-survives-reset", "impl/v1/v1.cpp",
           "    parts_.types.free_all();\n    parts_.threshold = parts_.step;\n",
           "    parts_.types.free_all();\n", "footprint", BOTH),
    Mutant("v1-dead-bytes-count-as-live", "impl/v1/v1.cpp",
           "    live_bytes -= object->size;\n", "", "footprint metrics invariants", BOTH),
    # ---- marking and sweeping
    # A page whose only live objects are empty counts as empty.
    Mutant("v1-live-bytes-without-header", "impl/v1/collector.cpp",
           "object->page->live_bytes += object->size + kObjectBytes;\n    if (!parts_",
           "object->page->live_bytes += object->size;\n    if (!parts_",
           GRAPH + " footprint", RUNTIME),
    Mutant("v1-live-bytes-without-header-when-all-are-kept", "impl/v1/collector.cpp",
           "object->page->live_bytes += object->size + kObjectBytes;\n    }",
           "object->page->live_bytes += object->size;\n    }",
           "crash footprint invariants overlap contents", COMPILER),
    Mutant("v1-sweep-leaves-mark", "impl/v1/collector.cpp",
           "            object->flags = static_cast<uint8_t>(object->flags & ~kMarkedFlag);\n",
           "", GRAPH + " footprint", BOTH),
    Mutant("v1-marking-skips-global-roots", "impl/v1/collector.cpp",
           "    parts_.global_roots.each(mark_root);\n", "", GRAPH, RUNTIME),
    Mutant("v1-marking-drops-what-overflowed", "impl/v1/collector.cpp",
           "if (!parts_.mark_blocks.push(object)) overflowed_ = true;",
           "(void)parts_.mark_blocks.push(object);", "unit", RUNTIME),
    # As the first system: whatever a root holds is marked.
    Mutant("v1-roots-not-validated", "impl/v1/collector.cpp",
           "*slot == nullptr ? nullptr : parts_.find_live(*slot);",
           "*slot == nullptr ? nullptr : object_of(*slot);", "unit", RUNTIME),
    Mutant("v1-root-node-leaked", "impl/v1/root_list.h",
           "            head_ = node->next;\n            nodes_.give(node);\n",
           "            head_ = node->next;\n", "contract metrics invariants", RUNTIME),
    # ---- weak references and finalizers
    Mutant("v1-weak-not-cleared", "impl/v1/collector.cpp",
           "    parts_.weak.clear_targets(fate, true);\n", "", GRAPH, RUNTIME),
    Mutant("v1-weak-entry-outlives-its-holder", "impl/v1/collector.cpp",
           "    parts_.weak.drop_dead(fate, true);\n", "", GRAPH, RUNTIME),
    Mutant("v1-finalizable-not-kept", "impl/v1/collector.cpp",
           "    parts_.finalizers.each_ready([this](void*& object) "
           "{ mark(object_of(object)); });\n", "", GRAPH, RUNTIME),
    # ---- figures and errors
    Mutant("v1-query-finds-free-objects", "impl/v1/figures.cpp",
           "if (object == nullptr || object->is_free()) return info;",
           "if (object == nullptr) return info;", "query", BOTH),
    Mutant("v1-refused-allocation-not-counted", "impl/v1/allocate.cpp",
           "    if (object == nullptr) {\n        count_failure();\n",
           "    if (object == nullptr) {\n", "metrics", BOTH, sweep=True),
    # ---- the context on V1
    Mutant("v1-context-copy-short", "impl/context/baseline.cpp",
           "memcpy(moved, object, info.size < new_size ? info.size : new_size);",
           "memcpy(moved, object, info.size < new_size ? info.size / 2 : new_size);",
           "contents", COMPILER),
    Mutant("v1-context-moved-object-not-freed", "impl/context/baseline.cpp",
           "    MorphCode code = v1_of(heap)->free(object);\n"
           "    MORPH_CHECK(code == MORPH_OK);\n", "", "metrics query footprint", COMPILER),
    Mutant("v1-context-resize-not-counted", "impl/context/baseline.cpp",
           "        resizes_ += 1;\n", "", "metrics", COMPILER),
]
