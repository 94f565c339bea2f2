#include "v1/death_log.h"

#include <cstdio>
#include <cstring>

#include "chunk/check.h"
#include "os/append_file.h"

namespace morph {

MorphCode DeathLog::open(const char* path, ErrorState& errors) {
    MORPH_CHECK(!on());
    if (path == nullptr) return MORPH_OK;
    path_.clear();
    path_.append({path, strnlen(path, PathBuffer::kBytesMax)});
    if (!path_.valid() || path_.length() == 0) {
        return errors.fail(MORPH_ERROR_INVALID_CONFIGURATION,
                           "v1.death_log: \"%.60s\" has not 1 to %zu bytes", path,
                           PathBuffer::kBytesMax - 1);
    }
    int error = os::append_to_file(path_.text(), {});
    if (error != 0) {
        return errors.fail(MORPH_ERROR_IO, "v1.death_log: \"%.120s\" cannot be written: %.60s",
                           path_.text(), strerror(error));
    }
    errors_ = &errors;
    return MORPH_OK;
}

void DeathLog::record(const void* object, size_t size, uint32_t type) {
    MORPH_CHECK(on());
    char line[64];  // 18 + 20 + 10 digits and three separators at most
    int length = snprintf(line, sizeof(line), "%p %zu %u\n", object, size, type);
    MORPH_CHECK(length > 0 && static_cast<size_t>(length) < sizeof(line));
    int error = os::append_to_file(path_.text(), {line, static_cast<size_t>(length)});
    if (error == 0) {
        lines_ += 1;
        return;
    }
    failures_ += 1;
    if (failures_ > 1) return;
    errors_->fail(MORPH_ERROR_IO,
                  "death log: a line could not be written to \"%.120s\": %.60s; further failures "
                  "are counted only",
                  path_.text(), strerror(error));
}

}  // namespace morph
