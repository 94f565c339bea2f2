// Owner: what arena, pool and context of the reference's C interface share.
//
// A Model does the work; an Owner turns addresses into its objects, keeps the last error, and
// reports misuse in debug mode. Addresses are looked up, never followed, so any may be given.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "reference/model.h"

#include "morph/common.h"

namespace reference {

// The chunk size that the reference claims. It has no chunks: only configurations know it.
inline constexpr size_t kChunkBytes = size_t{2} << 20;

// Fills error; one line that says what is wrong. An empty text selects one made from the code.
void set_error(MorphError* error, MorphCode code, std::string_view text = {});
// The same for morph_creation_error() of this thread. Gives the code back.
MorphCode fail_creation(MorphCode code, std::string_view text = {});

class Owner {
 public:
    Owner(const Settings& settings, MorphReportHandler handler, void* user);
    Owner(const Owner&) = delete;
    Owner& operator=(const Owner&) = delete;
    ~Owner();

    // Takes the memory that stands for an owner's own records, so that a creation can be refused
    // as well. false: refused, and the creation error is set.
    [[nodiscard]] bool open();

    // Keeps what a call of the model gave: the address, or NULL and the last error.
    void* keep(const Result& result);
    MorphCode keep(MorphCode code);
    // A failure that the model did not see: counted there, kept here.
    MorphCode fail(MorphCode code, std::string_view text = {});

    // The object that begins at address, unless its guard is broken or it is none: then nullptr,
    // and *code is what the call fails with (reported in debug mode, counted, kept).
    Object* claim(const void* address, MorphCode* code);
    MorphCode check_size(const Object& object, size_t size);  // debug: as the caller says?
    // Debug: reports every broken guard of objects allocated with that many scopes open or more.
    MorphCode check_guards(size_t scopes = 0);
    void report_leaks();  // one report for each type of which the pool has live objects
    MorphCode verify();

    MorphCode free(Object& object);
    MorphCode release(uint64_t scope);
    void* reallocate(Object& object, size_t new_size);
    void reset();
    [[nodiscard]] MorphAddressInfo query(const void* address) const;
    void walk(MorphObjectVisitor visit, void* user) const;

    Model model;
    MorphError last = {};

 private:
    void report(MorphReportKind kind, const void* address, const Object* object,
                const std::string& more = {});

    MorphReportHandler report_;
    void* report_user_;
    unsigned char* records_ = nullptr;
    std::set<const void*> freed_;  // debug: given out once, and not live now
};

}  // namespace reference
