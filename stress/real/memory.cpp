#include "stress/real/memory.h"

#include <cstdio>
#include <cstdlib>

namespace real {
namespace {

constexpr int kExitBroken = 4;

void complain_and_end(const std::string& text) {
    std::fprintf(stderr, "%s\n", text.c_str());
    std::_Exit(kExitBroken);
}

}  // namespace

Memory::Memory(const MemoryOptions& options, Sizes sizes)
    : options_(options), own_refusals_(options.setup.refuse, options.setup.refuse_seed) {
    if (!options_.complaint) options_.complaint = complain_and_end;
    if (options_.setup.refusals == nullptr) options_.setup.refusals = &own_refusals_;
    allocator_ = plant(make_allocator(options_.kind, sizes, options_.setup), options_.fault,
                       options_.fault_after);
    if (allocator_ == nullptr || !options_.ledger) return;
    ledger_.emplace(allocator_.get(), options_.verify_every, options_.complaint);
}

bool Memory::refuse() {
    calls_ += 1;
    const Failing& failing = options_.failing;
    bool refused =
        failing.at != 0 && (failing.for_ever ? calls_ >= failing.at : calls_ == failing.at);
    if (options_.setup.refuse > 0 && !options_.setup.refusals->ask(0)) refused = true;
    refused_ = refused_ || refused;
    return refused;
}

void* Memory::allocate(size_t size) {
    if (refuse()) return nullptr;
    void* object = ledger_ ? ledger_->allocate(size) : allocator_->allocate(size);
    refused_ = refused_ || object == nullptr;
    return object;
}

void* Memory::reallocate(void* object, size_t told, size_t new_size) {
    if (refuse()) return nullptr;
    void* moved = ledger_ ? ledger_->reallocate(object, told, new_size)
                          : allocator_->reallocate(object, told, new_size);
    refused_ = refused_ || moved == nullptr;
    return moved;
}

void Memory::release(void* object, size_t told) {
    if (ledger_) {
        ledger_->release(object, told);
    } else if (!allocator_->release(object, told)) {
        options_.complaint("a live block is none to the allocator");
    }
}

size_t Memory::size_of(const void* object) {
    return ledger_ ? ledger_->size_of(object) : allocator_->size_of(object);
}

MorphGeneral* Memory::direct() {
    return ledger_ ? nullptr : allocator_->general();
}

bool Memory::refused() const {
    if (refused_) return true;
    MorphGeneral* general = allocator_->general();
    return general != nullptr && morph_general_stats(general).failures != 0;
}

void Memory::stop_refusing() {
    options_.failing = {};
    options_.setup.refuse = 0;
    options_.setup.refusals->set_rate(0);
}

void Memory::check_closed() {
    if (ledger_) {
        ledger_->check_closed();
        return;
    }
    const std::string wrong = allocator_->verify();
    if (!wrong.empty()) options_.complaint(wrong);
    const uint64_t expected = allocator_->hidden().objects;
    if (counts() && figures().total.objects_live != expected) {
        options_.complaint("the program is closed, and objects are live");
    }
}

void Memory::abandon() {
    if (ledger_) {
        ledger_->reset();
    } else {
        (void)allocator_->reset();
    }
}

void Memory::complain(const std::string& text) {
    options_.complaint(text);
}

Figures Memory::figures() const {
    return allocator_->figures();
}

}  // namespace real
