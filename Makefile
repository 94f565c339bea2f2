# Morph Memory. `make help` says what there is; everything is made under $(BUILD).
#
#   build/<configuration>/            release asan fuzz tsan gcc
#       library/ tiny/ reference/ renamed/ suite/ tests/ tests-tiny/     objects of each variant
#       libmorph.a libmorph.so ...    libraries
#       bin/                          programs        (build/bin is build/release/bin)
#       tests/*_tests                 test programs
#
# Variants: `library` is what users get; `tiny` is the library with 64 KiB chunks, so that every
# edge is a few operations away; `reference` is the model under the same names, `renamed` the same
# under other names. `library`, `tiny` and `renamed` can be linked into one program, because
# ci/rename-symbols gives their public symbols distinct names.
#
# Sources are found by wildcard: adding a file is enough.

BUILD ?= build
PREFIX ?= /usr/local
DESTDIR ?=
VERSION := 2.0.0
SOVERSION := 2

ifeq ($(origin CC),default)
CC := clang-19
endif
ifeq ($(origin CXX),default)
CXX := clang++-19
endif
ifeq ($(origin AR),default)
AR := ar
endif
GCC ?= gcc-12
GXX ?= g++-12

.DEFAULT_GOAL := help
.SUFFIXES:
.SECONDARY:
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
export PYTHONDONTWRITEBYTECODE := 1

# ---------------------------------------------------------------------------------- sources

# ROOMS="os chunk pool" builds the library from these rooms only (while another one is in pieces).
ROOMS ?= os chunk arena pool general heap v1 context
public_headers := $(wildcard impl/include/morph/*.h impl/include/morph/*.hpp)
c_headers := $(wildcard impl/include/morph/*.h)

sources_in = $(sort $(filter-out %_test.cpp,$(wildcard $(1))))
tests_in = $(sort $(filter %_test.cpp,$(wildcard $(1))))

library_sources := $(call sources_in,$(ROOMS:%=impl/%/*.cpp))
library_tests := $(call tests_in,$(ROOMS:%=impl/%/*.cpp) impl/include/morph/*.cpp)
reference_sources := $(call sources_in,reference/*.cpp)
reference_tests := $(call tests_in,reference/*.cpp)
# Tests that know the C interface alone run on the library as well.
interface_tests := $(filter-out reference/interface_test.cpp,\
    $(wildcard reference/*interface_test.cpp))
interface_model := reference/heap_model.cpp reference/heap_model_collect.cpp \
    reference/heap_types.cpp
suite_sources := $(filter-out fuzz/api_table.cpp fuzz/standalone_main.cpp,\
    $(call sources_in,fuzz/*.cpp))
suite_tests := $(call tests_in,fuzz/*.cpp)
target_sources := $(call sources_in,fuzz/targets/*.cpp)
morphcheck_sources := $(call sources_in,fuzz/morphcheck/*.cpp)
targets := $(target_sources:fuzz/targets/%.cpp=%)
canary_sources := $(call sources_in,fuzz/canary/*.cpp fuzz/canary/*.c)
canaries := $(patsubst fuzz/canary/%.cpp,%,$(filter %.cpp,$(canary_sources)))
example_source := fuzz/example/bump_allocator.c
# Each with its bugs, MORPH_WRONG=1 and 2, and mended, 0: NAME-1.so, NAME-2.so, NAME-0.so.
wrong_sources := $(call sources_in,fuzz/wrong/*.c)
wrong_objects := $(foreach s,$(wrong_sources:fuzz/wrong/%.c=wrong/%),$(s)-0.so $(s)-1.so $(s)-2.so)
stress_sources := $(call sources_in,stress/fox/*.cpp stress/generate/*.cpp stress/profile/*.cpp \
    stress/driver/*.cpp stress/collector/*.cpp stress/scale/*.cpp stress/pressure/*.cpp)
# What uses more of the library than the layers of stress/memory have: its arenas, pools, ...
whole_sources := $(call sources_in,stress/soak/*.cpp stress/threads/*.cpp) \
    stress/pressure/neighbour.cpp
stress_sources := $(filter-out $(whole_sources),$(stress_sources))
# Tests of what runs on any memory system; of programs at scale, which they start as users do; of
# interpreters and the database on our allocators; of recorded traces.
stress_tests := $(call tests_in,$(foreach r,fox generate profile driver collector,\
    stress/$(r)/*.cpp))
scale_tests := $(call tests_in,$(foreach r,pressure scale soak threads,stress/$(r)/*.cpp))
real_sources := $(call sources_in,stress/real/*.cpp)
real_tests := $(call tests_in,stress/real/*.cpp)
trace_sources := $(call sources_in,stress/trace/*.cpp)
trace_tests := $(call tests_in,stress/trace/*.cpp)
# Loaded into other processes before they start: no C++ library, no malloc of its own.
preload_sources := $(call sources_in,stress/trace/preload/*.cpp)
stress_memory := $(call sources_in,stress/memory/*.cpp)
stress_programs := $(call sources_in,stress/programs/*.cpp)
bench_sources := $(call sources_in,bench/*.cpp)
bench_tests := $(call tests_in,bench/*.cpp)
compare_sources := $(call sources_in,bench/compare/*.cpp)
compare_tests := $(call tests_in,bench/compare/*.cpp)
all_sources := $(library_sources) $(library_tests) $(reference_sources) $(reference_tests) \
    $(suite_sources) $(suite_tests) fuzz/api_table.cpp fuzz/standalone_main.cpp $(target_sources) \
    $(morphcheck_sources) $(example_source) $(canary_sources) $(wrong_sources) \
    $(stress_sources) $(whole_sources) \
    $(stress_tests) $(stress_memory) $(stress_programs) $(scale_tests) \
    $(real_sources) $(real_tests) \
    $(trace_sources) $(trace_tests) $(preload_sources) $(bench_sources) $(bench_tests) \
    $(compare_sources) $(compare_tests)

# ------------------------------------------------------------------- configurations and variants

CONFIGURATIONS := release asan fuzz tsan gcc
is_clang := $(findstring clang,$(shell $(CXX) --version 2>/dev/null))

warnings := -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wnon-virtual-dtor \
    -Wimplicit-fallthrough -Wcast-align -Werror
c_warnings := $(filter-out -Wnon-virtual-dtor,$(warnings))
sanitizers := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

# Debian 12's valgrind reads DWARF 4.
release.flags := -O2 -gdwarf-4
gcc.flags := -O2 -g -fno-semantic-interposition
# Lines are what a sanitizer's report names; for a debugger: CXXFLAGS=-g.
asan.flags := -O1 -gline-tables-only $(sanitizers)
fuzz.flags = -O2 -gline-tables-only $(sanitizers) $(if $(is_clang),-fsanitize=fuzzer-no-link \
    -fsanitize-coverage-ignorelist=ci/fuzz-uncovered)
tsan.flags := -O1 -g -fsanitize=thread
$(foreach c,$(CONFIGURATIONS),$(eval $(c).cxx = $$(CXX)))
$(foreach c,$(CONFIGURATIONS),$(eval $(c).cc = $$(CC)))
gcc.cxx = $(GXX)
gcc.cc = $(GCC)

includes := -Iimpl/include -Iimpl -I.
common := -std=c++20 $(warnings) $(includes) -pthread
no_runtime := -fPIC -fvisibility=hidden -fno-exceptions -fno-rtti -fno-threadsafe-statics
small := -DMORPH_CHUNK_SHIFT=16 -DMORPH_BLOCK_SHIFT=12
rename_tiny := -include $(BUILD)/generated/rename-tiny.h -Dmorph=morph_tiny
rename_reference := -include $(BUILD)/generated/rename-reference.h

VARIANTS := library tiny reference renamed suite suite-tests commands tests tests-tiny
library.flags := $(no_runtime)
tiny.flags := $(no_runtime) $(small) $(rename_tiny)
reference.flags :=
renamed.flags := $(rename_reference)
suite.flags :=
tests.flags :=
tests-tiny.flags := $(small) $(rename_tiny)
# Tests are compiled often and run once: what they test is optimised, they need not be.
asan.tests.flags := -O0
asan.tests-tiny.flags := -O0
asan.suite-tests.flags := -O0
gcc.tests.flags := -O0 -g0
gcc.suite.flags := -O1 -g0
# What `make test` counts (docs/coverage.md). The counters can be relocated into a file that all
# processes map: what ends by a signal or by _exit keeps its counts. Run by hand, none are written.
counted := $(if $(is_clang),-fprofile-instr-generate=/dev/null -fcoverage-mapping \
    -mllvm -runtime-counter-relocation)
$(foreach v,library tiny tests tests-tiny,$(eval asan.$(v).flags += $(counted)))
asan.link := $(if $(counted),-fprofile-instr-generate)
busy_tests := impl/general/general_random_test impl/arena/arena_failure_test \
    impl/arena/arena_test impl/heap/old_space_test \
    impl/heap/heap_pressure_test impl/heap/heap_random_test impl/pool/layout_test \
    impl/v1/v1_random_test impl/v1/v1_failure_test

# Those of the suite that are optimised like what they test.
busy_suite_tests := $(addsuffix .cpp,stress/fox/front_end_test stress/fox/runtime_test \
    bench/compare/sampler_test bench/compare/spinning_memory_test)

# Calls of the system that the unit tests refuse (impl/os/refused_calls_for_tests.h).
refused_calls := open close read write syscall fsync rename unlink stat lstat fstat statx fchmod \
    mmap munmap mremap mprotect madvise $(addprefix pthread_,create attr_init \
    attr_setstacksize mutex_init condattr_init condattr_setclock cond_init)

renames := $(BUILD)/generated/rename-tiny.h $(BUILD)/generated/rename-reference.h
$(BUILD)/generated/rename-%.h: $(c_headers) ci/rename-symbols
	@mkdir -p $(@D)
	@ci/rename-symbols $* $(c_headers) > $@

compile = $($(1).cxx) $(common) $($(1).flags) $($(2).flags) $($(1).$(2).flags) $(CPPFLAGS) \
    $(CXXFLAGS)
link = $($(1).cxx) $($(1).flags) $($(1).link) -pthread $(CXXFLAGS) $(LDFLAGS)

$(foreach v,asan/tests asan/tests-tiny gcc/tests,$(busy_tests:%=$(BUILD)/$(v)/%.o)): \
    defines := -O1

# Where the standard library and GoogleTest are read once, not for each source: half of a test's
# time, and of the library's. `gcc` reads them for each of the library, the reference and the suite,
# and at night of the workloads and benchmarks; `tsan`, at night, of the tests: a missing include
# does not go unseen.
precompiled := $(addprefix asan/,library tiny tests tests-tiny suite suite-tests commands \
    reference renamed) $(addprefix fuzz/,library tiny suite renamed) \
    $(addprefix release/,suite commands reference renamed) gcc/tests
precompiled_header := ci/precompiled.h
$(foreach c,$(CONFIGURATIONS),$(BUILD)/$(c)/library.pch $(BUILD)/$(c)/tiny.pch): \
    precompiled_header := ci/precompiled_library.h
prelude = $(if $(or $(is_clang),$(filter gcc,$(1))),$(if $(filter $(1)/$(2),$(precompiled)),\
    $(BUILD)/$(1)/$(2).pch))
use_prelude = $(if $(filter gcc,$(1)),-Winvalid-pch -include,-include-pch)

# Command lines and JSON are headers only, and no workload is in these: optimised, each takes 8 s
# and more. They have a precompiled header of their own.
command_lines := fuzz/morphcheck/main stress/real/run stress/soak/record stress/driver/journal \
    stress/driver/feed stress/trace/profile_print bench/compare/main bench/compare/sample \
    bench/rows_json $(filter-out %/planted %/trace-victim,$(stress_programs:%.cpp=%))
$(foreach c,$(CONFIGURATIONS),$(eval $(c).commands.flags := -O0)\
    $(eval $(BUILD)/$(c)/commands.pch: precompiled_header := ci/precompiled_commands.h)\
    $(eval $(command_lines:%=$(BUILD)/$(c)/suite/%.o): defines := \
        -O0 $(addprefix $(call use_prelude,$(c)) ,$(call prelude,$(c),commands)))\
    $(eval $(command_lines:%=$(BUILD)/$(c)/suite/%.o): $(call prelude,$(c),commands)))

# A file that holds the compile command of a variant and changes only with it: objects depend on it.
define variant_rules
$(BUILD)/$(1)/$(2).command: FORCE
	@mkdir -p $$(@D)
	@printf '%s\n' '$$(call compile,$(1),$(2))' | cmp -s - $$@ || \
	    printf '%s\n' '$$(call compile,$(1),$(2))' > $$@
$(BUILD)/$(1)/$(2)/%.o: %.cpp $(BUILD)/$(1)/$(2).command $(call prelude,$(1),$(2)) | $(renames)
	@mkdir -p $$(@D)
	$$(say) "$(1)/$(2)" $$<
	$$(quiet)$$(call compile,$(1),$(2)) $$(defines) $$(if $$(findstring -O,$$(defines)),,\
	    $(addprefix $(use_prelude) ,$(call prelude,$(1),$(2)))) -MMD -MP -c $$< -o $$@
$(BUILD)/$(1)/$(2).pch: $(wildcard ci/precompiled*.h) $(BUILD)/$(1)/$(2).command $(renames)
	@mkdir -p $(BUILD)/$(1)/$(2)
	$$(say) precompile $$@
	$(if $(filter gcc,$(1)),@cp $$(precompiled_header) $$@)
	$$(quiet)$$(call compile,$(1),$(2)) $(if $(filter gcc,$(1)),,-fpch-instantiate-templates) \
	    -MD -MP -MF $(BUILD)/$(1)/$(2)/precompiled.d -MT $$@ \
	    -x c++-header $$(precompiled_header) -o $$@$(if $(filter gcc,$(1)),.gch)
endef
$(foreach c,$(CONFIGURATIONS),$(foreach v,$(VARIANTS),$(eval $(call variant_rules,$(c),$(v)))))

# V=1 shows the commands.
V ?= 0
quiet := $(if $(filter 1,$(V)),,@)
say := @printf '  %-18s %s\n'

objects = $(patsubst %.cpp,$(BUILD)/$(1)/$(2)/%.o,$(3))
suite_test_objects = $(call objects,$(1),suite,$(filter $(busy_suite_tests),$(2))) \
    $(call objects,$(1),suite-tests,$(filter-out $(busy_suite_tests),$(2)))

# Libraries of each configuration.
define library_rules
$(BUILD)/$(1)/libmorph.a: $(call objects,$(1),library,$(library_sources))
$(BUILD)/$(1)/libmorph-tiny.a: $(call objects,$(1),tiny,$(library_sources))
$(BUILD)/$(1)/libmorph-reference.a: $(call objects,$(1),reference,$(reference_sources))
$(BUILD)/$(1)/libmorph-renamed.a: $(call objects,$(1),renamed,$(reference_sources))
$(BUILD)/$(1)/lib%.a:
	$$(say) archive $$@
	@mkdir -p $$(@D) && rm -f $$@
	@$(AR) rcs $$@ $$^

$(BUILD)/$(1)/libmorph.so.$(VERSION): $(call objects,$(1),library,$(library_sources))
	$$(say) link $$@
	$$(quiet)$$($(1).cc) -shared -Wl,-soname,libmorph.so.$(SOVERSION) $$(if $$(findstring \
	    sanitize,$$($(1).flags)),,-Wl,-z,defs) $$($(1).flags) $$(LDFLAGS) $$^ -pthread -o $$@
	@ln -sf libmorph.so.$(VERSION) $(BUILD)/$(1)/libmorph.so.$(SOVERSION)
	@ln -sf libmorph.so.$(SOVERSION) $(BUILD)/$(1)/libmorph.so

$(foreach t,library tiny reference,$(BUILD)/$(1)/suite/api-$(t).o): $(BUILD)/$(1)/suite/api-%.o: \
    fuzz/api_table.cpp $(BUILD)/$(1)/suite.command | $(renames)
	@mkdir -p $$(@D)
	$$(say) "$(1)/suite" "$$< ($$*)"
	$$(quiet)$$(call compile,$(1),suite) $$(api_$$*) '-DMORPH_API_NAME="$$*"' \
	    -DMORPH_API_TABLE=$$*_api -MMD -MP -c $$< -o $$@
endef
api_library :=
api_tiny := $(small) $(rename_tiny)
api_reference := $(rename_reference)
$(foreach c,$(CONFIGURATIONS),$(eval $(call library_rules,$(c))))

# What programs are linked with: the suite (with three builds of the interface in it), the stress
# workloads, and one of the memory systems that these can run on.
suite = $(call objects,$(1),suite,$(suite_sources)) $(foreach t,library tiny reference,\
    $(BUILD)/$(1)/suite/api-$(t).o) $(foreach l,libmorph libmorph-tiny libmorph-renamed,\
    $(BUILD)/$(1)/$(l).a)
stress = $(call objects,$(1),suite,$(stress_sources))
whole = $(call objects,$(1),suite,$(whole_sources))
memory_library = $(BUILD)/$(1)/libmorph.a
memory_reference = $(BUILD)/$(1)/libmorph-reference.a
memory_malloc = $(call objects,$(1),suite,$(stress_memory))
fuzz_engine = $(if $(LIB_FUZZING_ENGINE),$(LIB_FUZZING_ENGINE),$(if $(findstring \
    fuzzer-no-link,$($(1).flags)),-fsanitize=fuzzer,\
    $(call objects,$(1),suite,fuzz/standalone_main.cpp)))

# The suite's peers. jemalloc's thread-local storage is static, so it cannot be loaded later; behind
# libc in the search order it does not replace malloc (a test checks that).
suite_libraries := -Wl,--push-state,--no-as-needed -lstdc++ -lm -lc -l:libjemalloc.so.2 \
    -Wl,--pop-state -ldl
# libmimalloc would take the place of malloc; behind libc in the search order it does not.
bench_libraries := -Wl,--push-state,--no-as-needed -lstdc++ -lm -lc -Wl,--pop-state -lbenchmark \
    -lmimalloc -lgc

# Workloads that exist once for each memory system (fox-library fox-reference fox-malloc ...), and
# the other programs of stress/programs.
MEMORIES := library reference malloc
threefold := $(filter fox profile collector,$(stress_programs:stress/programs/%.cpp=%))
real := $(filter real-%,$(stress_programs:stress/programs/%.cpp=%))
onefold := $(filter-out $(threefold) $(real) fox-record trace trace-victim,\
    $(stress_programs:stress/programs/%.cpp=%))
traced := $(filter trace,$(stress_programs:stress/programs/%.cpp=%))
victims := $(filter trace-victim,$(stress_programs:stress/programs/%.cpp=%))
real_libraries := $(suite_libraries) -llua5.4 -lsqlite3 -lduktape

# The workers of the comparison: compare-<memory> for each bench/compare/memory_<memory>.cpp, and
# compare-<memory>-sampled, where the workload's calls of the allocator go by way of inside.cpp.
compare_files = $(BUILD)/$(1)/suite/bench/compare/$(2).o
compare_memories := $(patsubst bench/compare/memory_%.cpp,%,$(filter \
    bench/compare/memory_%.cpp,$(compare_sources)))
compare_parts := $(filter-out bench/compare/memory_%.cpp $(addprefix bench/compare/,main.cpp \
    inside.cpp outside.cpp peer.cpp),$(compare_sources)) $(filter-out stress/fox/session.cpp \
    stress/fox/check.cpp,$(filter stress/fox/% stress/generate/%,$(stress_sources)))
compare_memory = $(call compare_files,$(1),memory_$(2)) $(if $(filter library \
    reference,$(2)),$(call memory_$(2),$(1)),$(call compare_files,$(1),peer))
compare_wraps := $(foreach call,alloc realloc free,-Wl,--wrap=morph_mem_$(call))
compare_programs := $(foreach m,$(compare_memories),compare-$(m) compare-$(m)-sampled)

programs_of = $(addprefix $(BUILD)/$(1)/,libmorph.a libmorph.so.$(VERSION) libmorph-tiny.a \
    libmorph-renamed.a libmorph-reference.a) $(addprefix $(BUILD)/$(1)/bin/,\
    $(if $(morphcheck_sources),morphcheck) $(if $(bench_sources),bench) $(onefold) \
    $(compare_programs) \
    $(foreach p,$(threefold),$(MEMORIES:%=$(p)-%)) fox-record $(real) $(traced) $(victims) \
    $(if $(preload_sources),libmorph-trace.so) $(if $(wildcard $(example_source)),\
    bump_allocator.so))

define program_rules
$(BUILD)/$(1)/tests/unit_tests: $(call objects,$(1),tests,$(library_tests)) \
    $(BUILD)/$(1)/libmorph.a
$(BUILD)/$(1)/tests/unit_tiny_tests: $(call objects,$(1),tests-tiny,$(library_tests)) \
    $(BUILD)/$(1)/libmorph-tiny.a
$(BUILD)/$(1)/tests/unit_tests $(BUILD)/$(1)/tests/unit_tiny_tests: \
    wraps := $(refused_calls:%=-Wl,--wrap=%)
$(BUILD)/$(1)/tests/reference_tests: $(call objects,$(1),tests,$(reference_tests)) \
    $(BUILD)/$(1)/libmorph-reference.a
$(BUILD)/$(1)/tests/interface_tests: $(call objects,$(1),tests,$(interface_tests)) \
    $(call objects,$(1),suite,$(interface_model)) $(BUILD)/$(1)/libmorph.a
$(BUILD)/$(1)/tests/fuzz_tests: $(call suite_test_objects,$(1),$(suite_tests)) \
    $(call suite,$(1)) \
    $(if $(wildcard $(example_source)),$(BUILD)/$(1)/bin/bump_allocator.so) | \
    $(wrong_objects:%=$(BUILD)/$(1)/bin/%)
$(BUILD)/$(1)/suite-tests/fuzz/wrong_subjects_test.o: defines := \
    '-DMORPH_WRONG_SUBJECTS="$(abspath $(BUILD)/$(1)/bin/wrong)"'
$(BUILD)/$(1)/suite-tests/fuzz/subject_plugin_test.o: defines := \
    '-DMORPH_EXAMPLE_PLUGIN="$(abspath $(BUILD)/$(1)/bin/bump_allocator.so)"'
$(BUILD)/$(1)/tests/stress_tests: $(call suite_test_objects,$(1),$(stress_tests)) \
    $(call stress,$(1)) $(call memory_library,$(1))
$(BUILD)/$(1)/tests/stress_reference_tests: $(call suite_test_objects,$(1),$(stress_tests)) \
    $(call stress,$(1)) $(call memory_reference,$(1))
$(BUILD)/$(1)/tests/stress_malloc_tests: $(call suite_test_objects,$(1),$(stress_tests)) \
    $(call stress,$(1)) $(call memory_malloc,$(1))
$(BUILD)/$(1)/tests/compare_tests: $(call suite_test_objects,$(1),$(compare_tests)) \
    $(call objects,$(1),suite,bench/compare/sampler.cpp bench/compare/inside.cpp \
    stress/driver/child.cpp) | \
    $(compare_memories:%=$(BUILD)/$(1)/bin/compare-%) $(compare_programs:%=$(BUILD)/release/bin/%)
$(BUILD)/$(1)/tests/compare_tests: wraps := $(compare_wraps)
$(BUILD)/$(1)/suite-tests/bench/compare/programs_test.o: defines := \
    '-DCOMPARE_SANITIZED="$(abspath $(BUILD)/$(1)/bin)"' \
    '-DCOMPARE_RELEASED="$(abspath $(BUILD)/release/bin)"'
# The released programs that these tests start; under ASan there is no limit of address space.
$(BUILD)/$(1)/tests/scale_tests: $(call suite_test_objects,$(1),$(scale_tests)) \
    $(call stress,$(1)) $(call whole,$(1)) $(call memory_library,$(1)) | release-programs
$(BUILD)/$(1)/tests/real_tests: $(call suite_test_objects,$(1),$(real_tests)) \
    $(call objects,$(1),suite,$(real_sources)) \
    $(call stress,$(1)) $(call memory_library,$(1)) | release-programs
$(BUILD)/$(1)/tests/real_tests: wraps := $(real_libraries)
$(BUILD)/$(1)/tests/trace_tests: wraps := -lzstd
$(BUILD)/$(1)/tests/trace_tests: $(call suite_test_objects,$(1),$(trace_tests)) \
    $(call objects,$(1),suite,$(trace_sources) stress/driver/child.cpp) \
    $(call suite,$(1)) | release-programs
$(foreach v,suite suite-tests,$(foreach r,pressure scale soak threads real trace,\
    $(BUILD)/$(1)/$(v)/stress/$(r)/%_test.o)): defines := \
    '-DMORPH_RELEASED="$(abspath $(BUILD)/release/bin)"'
# Tests last: of an inline function that two define, the linker takes the first, optimised one.
$(BUILD)/$(1)/tests/%_tests:
	@mkdir -p $$(@D)
	$$(say) link $$@
	$$(quiet)$$(call link,$(1)) $$(filter-out %_test.o,$$(filter %.o,$$^)) \
	    $$(filter %_test.o %.a,$$^) -lrapidcheck -lgtest_main -lgtest \
	    $$(wraps) $(suite_libraries) -o $$@

$(BUILD)/$(1)/bin/morphcheck: $(call objects,$(1),suite,$(morphcheck_sources)) $(call suite,$(1))
$(onefold:%=$(BUILD)/$(1)/bin/%): $(BUILD)/$(1)/bin/%: \
    $(BUILD)/$(1)/suite/stress/programs/%.o $(call stress,$(1)) $(call whole,$(1)) \
    $(call memory_library,$(1))
$(foreach p,$(threefold),$(foreach m,$(MEMORIES),$(eval \
    $(BUILD)/$(1)/bin/$(p)-$(m): $(BUILD)/$(1)/suite/stress/programs/$(p).o $(call stress,$(1)) \
        $(call memory_$(m),$(1)))))
$(BUILD)/$(1)/bin/fox-record: $(call objects,$(1),suite,stress/programs/fox-record.cpp \
    fuzz/text.cpp fuzz/text_parse.cpp fuzz/shape.cpp fuzz/fields.cpp) $(call stress,$(1)) \
    $(call memory_malloc,$(1))
$(real:%=$(BUILD)/$(1)/bin/%): $(BUILD)/$(1)/bin/%: $(BUILD)/$(1)/suite/stress/programs/%.o \
    $(call objects,$(1),suite,$(real_sources)) $(call stress,$(1)) $(call memory_library,$(1))
$(real:%=$(BUILD)/$(1)/bin/%): libraries := $(real_libraries)
$(traced:%=$(BUILD)/$(1)/bin/%): $(BUILD)/$(1)/suite/stress/programs/trace.o \
    $(call objects,$(1),suite,$(trace_sources)) $(call suite,$(1))
$(victims:%=$(BUILD)/$(1)/bin/%): $(BUILD)/$(1)/bin/%: $(BUILD)/$(1)/suite/stress/programs/%.o
$(BUILD)/$(1)/bin/libmorph-trace.so: $(call objects,$(1),library,$(preload_sources))
	@mkdir -p $$(@D)
	$$(say) link $$@
	$$(quiet)$$($(1).cc) -shared -Wl,-z,defs $$($(1).flags) $$(LDFLAGS) $$^ -pthread -ldl -o $$@
$(BUILD)/$(1)/bin/bench: $(call objects,$(1),suite,$(bench_sources)) $(BUILD)/$(1)/libmorph.a \
    $(BUILD)/$(1)/libmorph-reference.a
$(BUILD)/$(1)/bin/bench: libraries := $(bench_libraries)
$(foreach m,$(compare_memories),$(foreach s,inside outside,$(eval \
    $(BUILD)/$(1)/bin/compare-$(m)$(if $(filter inside,$(s)),-sampled): \
        $(call compare_files,$(1),main) $(call compare_files,$(1),$(s)) \
        $(call objects,$(1),suite,$(compare_parts)) $(call compare_memory,$(1),$(m)))))
$(compare_memories:%=$(BUILD)/$(1)/bin/compare-%-sampled): libraries := $(compare_wraps)
$(BUILD)/$(1)/bin/compare-boehm: libraries := -lgc
$(BUILD)/$(1)/bin/compare-boehm-sampled: libraries := $(compare_wraps) -lgc
$(foreach p,morphcheck $(onefold),$(BUILD)/$(1)/bin/$(p)): libraries := $(suite_libraries)
$(traced:%=$(BUILD)/$(1)/bin/%): libraries := $(suite_libraries) -lzstd
$(BUILD)/$(1)/bin/bump_allocator.so: fuzz/example/bump_allocator.c
$(BUILD)/$(1)/bin/forgetful_allocator.so: fuzz/canary/forgetful_allocator.c
$(foreach s,$(wrong_sources:fuzz/wrong/%.c=%),$(foreach v,0 1 2,$(eval \
    $(BUILD)/$(1)/bin/wrong/$(s)-$(v).so: fuzz/wrong/$(s).c)$(eval \
    $(BUILD)/$(1)/bin/wrong/$(s)-$(v).so: defines := -DMORPH_WRONG=$(v))))
$(BUILD)/$(1)/bin/%.so:
	@mkdir -p $$(@D)
	$$(say) link $$@
	$$(quiet)$$($(1).cc) -std=c11 $(c_warnings) $(includes) -Ifuzz -O2 -g -fPIC -shared \
	    $$(defines) $$< -o $$@
$(targets:%=$(BUILD)/$(1)/bin/fuzz-%): $(BUILD)/$(1)/bin/fuzz-%: \
    $(BUILD)/$(1)/suite/fuzz/targets/%.o
$(canaries:%=$(BUILD)/$(1)/bin/fuzz-%): $(BUILD)/$(1)/bin/fuzz-%: \
    $(BUILD)/$(1)/suite/fuzz/canary/%.o | $(BUILD)/$(1)/bin/forgetful_allocator.so
$(BUILD)/$(1)/suite/fuzz/canary/canary.o: defines := \
    '-DMORPH_CANARY_SUBJECT="$(abspath $(BUILD)/$(1)/bin/forgetful_allocator.so)"'
$(foreach t,$(targets) $(canaries),$(BUILD)/$(1)/bin/fuzz-$(t)): $(call objects,$(1),suite,\
    $(filter stress/fox/%,$(stress_sources))) $(call suite,$(1)) \
    $(filter %.o,$(call fuzz_engine,$(1)))
	@mkdir -p $$(@D)
	$$(say) link $$@
	$$(quiet)$$(call link,$(1)) $$(filter %.o %.a,$$^) $$(filter-out %.o,$$(call \
	    fuzz_engine,$(1))) $(suite_libraries) -o $$@
$(BUILD)/$(1)/bin/%:
	@mkdir -p $$(@D)
	$$(say) link $$@
	$$(quiet)$$(call link,$(1)) $$(filter %.o %.a,$$^) $$(libraries) -o $$@
endef
$(foreach c,$(CONFIGURATIONS),$(eval $(call program_rules,$(c))))

# What ci/tidy.py compares with what is there.
$(BUILD)/generated/sources: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' $(all_sources) > $@

# ---------------------------------------------------------------------------------- targets

help:
	@echo "make test                 set-up, build, every check; last line: N passed, M failed"
	@echo "make fuzz                 fuzz every target, from the corpora on"
	@echo "    FUZZ_SECONDS=60 TARGETS='$(targets)' SEED=n JOBS=$(JOBS)"
	@echo "make corpus               bring what make fuzz found new into corpora/"
	@echo "make stress               workloads at scale: STRESS_SECONDS=60"
	@echo "    SEED=n PLAN=brief|full ONLY=regex STATE=directory (a killed run goes on)"
	@echo "make control-groups       limits of real control groups, v1 and v2, in a machine of its own"
	@echo "                          (QEMU; a few minutes)"
	@echo "make bench                speed and memory of V1, V2 and peers: tables, results.json,"
	@echo "                          report.html in $(BUILD)/bench (20 minutes; QUICK=1: 2 minutes;"
	@echo "                          ONLY=profile/1000; ARGS=--curve, ARGS=--help: $(BUILD)/bin/bench)"
	@echo "make bench-check          what became slower or bigger: BEFORE=old.json AFTER=new.json"
	@echo "                          LIMIT=percent (default: since bench/baseline.json)"
	@echo "make valgrind             tests, corpora and workloads under memcheck, threads under"
	@echo "                          helgrind: VALGRIND_SECONDS=n (0: all) SEED=n"
	@echo "make tsan                 unit and fuzz tests under TSan, threads: TSAN_SECONDS=n SEED=n"
	@echo "make coverage             lines, branches, regions of impl/ that tests and corpora run:"
	@echo "                          COVERAGE_SECONDS=n SEED=n; pages in $(BUILD)/coverage/html"
	@echo "make nightly              all of it in bounded time, one page of results: HOURS=1 SEED=n"
	@echo "                          NIGHTLY_DIR=directory-of-earlier-nights FRESH=1 (not to go on)"
	@echo "make mutants              plant known bugs, see the suite find each: ID='...' SEEDS=3"
	@echo "                          SECONDS=20 MUTANTS_SECONDS=n FRESH=1"
	@echo "make mutate               small changes at random places of impl/: how many the tests see"
	@echo "    N=200 SEED=n ONLY=regex MUTATE_SECONDS=n AT_LEAST=percent FRESH=1 (not to go on)"
	@echo "make peers                correct subjects at length, no false alarm: OPERATIONS=100000000"
	@echo "                          SECONDS=n (0: all) SEED=n ONLY=regex (a killed run goes on)"
	@echo "make build                libraries and programs: $(BUILD)/release, $(BUILD)/bin"
	@echo "make install              PREFIX=$(PREFIX) DESTDIR="
	@echo "make format | tidy        format the sources; check the house rules"
	@echo "make analyse              clang-tidy with its path-sensitive analyser (make test: without)"
	@echo "make clean                remove $(BUILD)"
	@echo "Variables: CC CXX CPPFLAGS CXXFLAGS LDFLAGS BUILD PREFIX DESTDIR V=1 (show commands)"

# Public targets set up the machine first, then run the rest as one parallel make.
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
SUBMAKE = $(MAKE) --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(JOBS))
setup:
	@ci/setup

build: setup
	+@$(SUBMAKE) release-programs

test: setup
	+@ci/test.py --build $(BUILD) --jobs $(JOBS) --cc $(CC) --cxx $(CXX) \
	    --targets "$(targets)" $(GROUPS)

FUZZ_SECONDS ?= 60
STRESS_SECONDS ?= 60
TARGETS ?= $(targets)
fuzz: setup
	+@$(SUBMAKE) fuzz-programs
	@ci/fuzz.py run --build $(BUILD) --seconds $(FUZZ_SECONDS) --jobs $(JOBS) \
	    --targets "$(TARGETS)" $(if $(SEED),--seed $(SEED))

corpus: setup
	+@$(SUBMAKE) fuzz-programs
	@ci/fuzz.py corpus --build $(BUILD) --targets "$(TARGETS)"

# The long property and enumeration tests of fuzz/ are left to ASan: memcheck is 30 times slower.
VALGRIND_SECONDS ?= 0
TSAN_SECONDS ?= 0
COVERAGE_SECONDS ?= 0
memcheck_names := unit unit_tiny reference interface
memcheck_programs = $(memcheck_names:%=$(BUILD)/release/tests/%_tests) \
    $(targets:%=$(BUILD)/release/bin/fuzz-%)
tsan_programs = $(call tests_of,tsan) $(filter %/threads,$(onefold:%=$(BUILD)/tsan/bin/%))
coverage_tests = $(call asan_tests,unit unit_tiny interface fuzz stress compare $(scale_names))
coverage_programs = $(coverage_tests) $(BUILD)/asan/bin/morphcheck \
    $(targets:%=$(BUILD)/asan/bin/fuzz-%)
bounded = --build $(BUILD) --jobs $(JOBS) --seconds $(1) $(if $(SEED),--seed $(SEED))
valgrind: setup
	+@$(SUBMAKE) release-programs $(memcheck_programs)
	@ci/valgrind.py $(call bounded,$(VALGRIND_SECONDS))

tsan: setup
	+@$(SUBMAKE) $(tsan_programs)
	@ci/instrumented.py $(call bounded,$(TSAN_SECONDS)) $(tsan_programs)

coverage: setup
	+@$(SUBMAKE) $(coverage_programs)
	@ci/coverage.py report $(call bounded,$(COVERAGE_SECONDS)) --cxx $(CXX) \
	    --targets "$(targets)" --programs $(coverage_tests)

stress: setup
	+@$(SUBMAKE) release-programs
	@$(BUILD)/bin/stress --seconds $(STRESS_SECONDS) $(if $(SEED),--seed $(SEED)) $(if \
	    $(PLAN),--plan $(PLAN)) $(if $(STATE),--state $(STATE)) $(if $(ONLY),--only '$(ONLY)')

ANALYSE_SECONDS ?= 0
analyse: setup
	@ci/clang_tidy.py --cache $(BUILD)/clang-tidy --jobs $(JOBS) --deep --seconds \
	    $(ANALYSE_SECONDS) $(if $(SEED),--seed $(SEED))

# Not installed by ci/setup: who has no use for it need not have an emulator.
control-groups: setup
	+@$(SUBMAKE) release-programs
	@ci/control_group_machine.py --build $(BUILD)

# ARGS: build/bin/bench alone. QUICK=1: less of everything. ONLY=regex: cells whose id matches.
bench: setup
	+@$(SUBMAKE) bench-programs
	@$(if $(ARGS),$(BUILD)/bin/bench $(ARGS),bench/compare/compare.py --build $(BUILD) \
	    --cxx $(CXX) $(if $(filter-out 0,$(QUICK)),--quick) $(if $(ONLY),--only '$(ONLY)'))

bench-check:
	@bench/compare/check.py $(if $(LIMIT),--limit $(LIMIT)) $(BEFORE) \
	    $(or $(AFTER),$(BUILD)/bench/results.json)

# A run that was stopped goes on. OPERATIONS: of each subject. SECONDS=0: as long as it takes.
OPERATIONS ?= 100000000
PEERS_SECONDS := $(or $(if $(findstring command,$(origin SECONDS)),$(SECONDS)),0)
peers: setup
	+@$(SUBMAKE) $(BUILD)/release/bin/morphcheck $(BUILD)/bin
	@ci/peers.py --build $(BUILD) --jobs $(JOBS) --operations $(OPERATIONS) \
	    --seconds $(PEERS_SECONDS) $(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only '$(ONLY)')

# ID="...": these alone. MUTANTS_SECONDS: begin none after so long. FRESH=1: forget earlier runs.
mutants: setup
	@ci/mutants.py --build $(BUILD) --jobs $(JOBS) --cxx $(CXX) $(if $(SEEDS),--seeds $(SEEDS)) \
	    $(if $(SECONDS),--seconds $(SECONDS)) $(if $(MUTANTS_SECONDS),--time \
	    $(MUTANTS_SECONDS)) $(if $(SEED),--seed $(SEED)) $(if $(filter-out 0,$(FRESH)),--fresh) $(ID)

# N places of impl/, chosen by SEED; ONLY=regex of files; AT_LEAST=percent that must be killed.
MUTATE_SECONDS ?= 0
N ?= 200
mutate: setup
	@ci/mutate/mutate.py --build $(BUILD) --count $(N) --seconds $(MUTATE_SECONDS) $(if \
	    $(SEED),--seed $(SEED)) $(if $(ONLY),--only '$(ONLY)') $(if \
	    $(AT_LEAST),--at-least $(AT_LEAST)) $(if $(FRESH),--fresh)

# The nights that NIGHTLY_DIR keeps are what trends and bench-check compare with.
NIGHTLY_DIR ?= $(BUILD)/nightly/nights
nightly: setup
	@ci/nightly.py --build $(BUILD) --jobs $(JOBS) --nights $(NIGHTLY_DIR) \
	    $(if $(HOURS),--hours $(HOURS)) $(if $(SEED),--seed $(SEED)) $(if $(FRESH),--fresh)

format: setup
	@clang-format-19 -i $(formatted_sources)

tidy: setup $(BUILD)/generated/sources
	@ci/tidy.py --sources $(BUILD)/generated/sources

clean:
	rm -rf $(BUILD)

# ---------------------------------------------------------------------------------- install

headers_folder := $(DESTDIR)$(PREFIX)/include/morph
library_folder := $(DESTDIR)$(PREFIX)/lib
fill_in = sed -e 's|@PREFIX@|$(PREFIX)|g' -e 's|@VERSION@|$(VERSION)|g' \
    -e 's|@SOVERSION@|$(SOVERSION)|g' ci/package/$(1).in > $(2)/$(1)

install: setup
	+@$(SUBMAKE) $(BUILD)/release/libmorph.a $(BUILD)/release/libmorph.so.$(VERSION)
	install -d $(headers_folder) $(library_folder)/pkgconfig $(library_folder)/cmake/MorphMemory
	install -m 644 $(public_headers) $(headers_folder)
	install -m 644 $(BUILD)/release/libmorph.a $(library_folder)
	install -m 755 $(BUILD)/release/libmorph.so.$(VERSION) $(library_folder)
	ln -sf libmorph.so.$(VERSION) $(library_folder)/libmorph.so.$(SOVERSION)
	ln -sf libmorph.so.$(SOVERSION) $(library_folder)/libmorph.so
	$(call fill_in,morph.pc,$(library_folder)/pkgconfig)
	$(call fill_in,MorphMemoryConfig.cmake,$(library_folder)/cmake/MorphMemory)
	$(call fill_in,MorphMemoryConfigVersion.cmake,$(library_folder)/cmake/MorphMemory)

# ------------------------------------------------------------------------- groups of programs

test_names := unit unit_tiny reference interface fuzz stress stress_reference stress_malloc
# Of one configuration alone, since they start programs of others.
scale_names := $(foreach n,scale real trace,$(if $($(n)_tests),$(n)))
asan_tests = $(1:%=$(BUILD)/asan/tests/%_tests)
tests_of = $(test_names:%=$(BUILD)/$(1)/tests/%_tests)

release-programs: $(call programs_of,release) $(BUILD)/bin
bench-programs: $(BUILD)/release/bin/bench $(BUILD)/bin \
    $(if $(ARGS),,$(compare_programs:%=$(BUILD)/release/bin/%))
	@:
fuzz-programs: $(targets:%=$(BUILD)/fuzz/bin/fuzz-%) $(BUILD)/asan/bin/morphcheck
nightly-programs: release-programs bench-programs fuzz-programs $(memcheck_programs) \
    $(tsan_programs) $(coverage_programs) $(call programs_of,gcc)
	@:
# What g++ builds in make test: the library, its tests and the suite. The workloads and benchmarks,
# which nobody links, it builds at night.
gcc_programs := $(addprefix $(BUILD)/gcc/,libmorph.a libmorph.so.$(VERSION) libmorph-reference.a \
    bin/morphcheck)
test-programs: release-programs fuzz-programs $(canaries:%=$(BUILD)/fuzz/bin/fuzz-%) \
    $(wrong_objects:%=$(BUILD)/fuzz/bin/%) \
    $(call tests_of,asan) $(BUILD)/asan/tests/compare_tests \
    $(scale_names:%=$(BUILD)/asan/tests/%_tests) $(BUILD)/gcc/tests/unit_tests \
    $(gcc_programs) $(targets:%=$(BUILD)/gcc/bin/fuzz-%) $(BUILD)/generated/sources

$(BUILD)/bin: FORCE
	@mkdir -p $(BUILD) && ln -sfn release/bin $@

# One configuration's tests at a time, for work on a room: make unit C=tsan ARGS=--gtest_filter=...
C ?= asan
unit: $(BUILD)/$(C)/tests/unit_tests
	$< $(ARGS)
unit-tiny: $(BUILD)/$(C)/tests/unit_tiny_tests
	$< $(ARGS)
reference-tests: $(BUILD)/$(C)/tests/reference_tests
	$< $(ARGS)
fuzz-tests: $(BUILD)/$(C)/tests/fuzz_tests
	$< $(ARGS)
stress-tests: $(BUILD)/$(C)/tests/stress_tests
	$< $(ARGS)
compare-tests: $(BUILD)/asan/tests/compare_tests
	$< $(ARGS)
morphcheck: $(BUILD)/$(C)/bin/morphcheck

FORCE:
.PHONY: help setup build test fuzz corpus stress bench bench-check valgrind tsan coverage mutants \
    mutate peers analyse control-groups nightly install clean format tidy release-programs \
    bench-programs fuzz-programs nightly-programs test-programs unit unit-tiny reference-tests \
    fuzz-tests stress-tests compare-tests morphcheck FORCE

-include $(foreach c,$(CONFIGURATIONS),$(foreach v,$(VARIANTS),\
    $(wildcard $(addprefix $(BUILD)/$(c)/$(v)/,*.d */*.d */*/*.d */*/*/*.d))))
