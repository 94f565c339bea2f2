/* Counts words: a hash table of entries that grows, all of it in a collected heap. */
#include <morph/mem.h>
#include <stdio.h>
#include <string.h>

typedef struct Entry { /* MORPH_LAYOUT_OFFSETS */
    struct Entry* next;
    char* word; /* MORPH_LAYOUT_DATA: no references in it */
    uint64_t count;
} Entry;

typedef struct Runtime {
    MorphMemContext* memory;
    MorphHeap* heap;
    uint32_t entry_type, word_type, table_type;
    Entry** table; /* MORPH_LAYOUT_POINTERS; a global root */
} Runtime;

static size_t slots_of(const Runtime* run) {
    return morph_heap_object_size(run->heap, run->table) / sizeof(Entry*);
}

static size_t hash(const char* word) {
    size_t sum = 5381;
    for (; *word != 0; word++) sum = sum * 33 + (unsigned char)*word;
    return sum;
}

/* Moves every entry to a table twice as large. Nothing in the loop allocates, so plain variables
   may hold objects there. */
static int grow(Runtime* run) {
    size_t old_slots = slots_of(run);
    Entry** larger = morph_heap_alloc(run->heap, 2 * old_slots * sizeof(Entry*), run->table_type);
    if (!larger) return 0;
    for (size_t slot = 0; slot < old_slots; slot++) {
        for (Entry *entry = run->table[slot], *next; entry; entry = next) {
            Entry** to = &larger[hash(entry->word) % (2 * old_slots)];
            next = entry->next;
            morph_heap_write(run->heap, entry, (void**)&entry->next, *to);
            morph_heap_write(run->heap, larger, (void**)to, entry);
        }
    }
    run->table = larger; /* a root: no barrier */
    return 1;
}

/* The word's entry, made if need be; NULL when there is no memory. */
static Entry* find(Runtime* run, const char* word) {
    Entry* entry = run->table[hash(word) % slots_of(run)];
    while (entry && strcmp(entry->word, word) != 0) entry = entry->next;
    if (entry) return entry;

    char* copy = morph_heap_alloc(run->heap, strlen(word) + 1, run->word_type);
    if (!copy) return NULL;
    strcpy(copy, word);
    /* The next allocation may collect and move the copy: a root keeps it, and follows it. */
    if (morph_heap_push_root(run->heap, (void**)&copy) != MORPH_OK) return NULL;
    entry = morph_heap_alloc(run->heap, sizeof(Entry), run->entry_type);
    morph_heap_pop_roots(run->heap, 1);
    if (!entry) return NULL;

    Entry** slot = &run->table[hash(word) % slots_of(run)]; /* after the allocations, not before */
    morph_heap_write(run->heap, entry, (void**)&entry->word, copy);
    morph_heap_write(run->heap, entry, (void**)&entry->next, *slot);
    morph_heap_write(run->heap, run->table, (void**)slot, entry);
    return entry;
}

static int start(Runtime* run) {
    MorphMemConfig config = MORPH_CONFIG_RUNTIME;
    config.enable_debug = true; /* while developing: finds stores that skip the barrier */
    config.heap.nursery_bytes = 64 << 10;
    run->memory = morph_mem_init(&config);
    if (!run->memory) return 0;
    run->heap = morph_mem_heap(run->memory);
    const size_t references[] = {offsetof(Entry, next), offsetof(Entry, word)};
    run->entry_type =
        morph_mem_register_type(run->memory, &(MorphMemTypeInfo){.name = "entry",
                                                                 .layout = MORPH_LAYOUT_OFFSETS,
                                                                 .offsets = references,
                                                                 .offset_count = 2});
    run->word_type = morph_mem_register_type(run->memory, &(MorphMemTypeInfo){.name = "word"});
    run->table_type = morph_mem_register_type(
        run->memory, &(MorphMemTypeInfo){.name = "table", .layout = MORPH_LAYOUT_POINTERS});
    if (morph_heap_add_global_root(run->heap, (void**)&run->table) != MORPH_OK) return 0;
    run->table = morph_heap_alloc(run->heap, 4 * sizeof(Entry*), run->table_type);
    return run->table != NULL; /* a type that was not registered shows here as well */
}

int main(void) {
    Runtime run = {0};
    if (!start(&run)) {
        fprintf(stderr, "%s\n", morph_mem_last_error(run.memory).text);
        morph_mem_destroy(run.memory);
        return 1;
    }
    size_t words = 0;
    for (int number = 0; number < 100000; number++) {
        char word[32];
        snprintf(word, sizeof word, "%d", number * 7919 % 5000);
        Entry* entry = find(&run, word);
        if (!entry) break;
        words += entry->count++ == 0;
        if (words > 2 * slots_of(&run) && !grow(&run)) break;
    }
    Entry* seven = find(&run, "7");
    uint64_t count = seven ? seven->count : 0;
    morph_mem_gc_collect(run.memory);
    MorphMemStats stats;
    morph_mem_get_stats(run.memory, &stats);
    printf("morph %s: %zu words, \"7\" %llu times, %llu objects live, %llu collections\n",
           morph_version(), words, (unsigned long long)count,
           (unsigned long long)stats.total.objects_live,
           (unsigned long long)(stats.heap.minor.count + stats.heap.major.count));
    int right = words == 5000 && count == 20 && stats.total.objects_live == 2 * words + 1;
    return morph_mem_destroy(run.memory) == MORPH_OK && right ? 0 : 1;
}
