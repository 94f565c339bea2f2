#include "stress/real/lua_work.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <memory>

#include "stress/real/embed_lua.h"
#include "stress/real/generator.h"
#include "stress/real/lua_scripts.h"

namespace real {
namespace {

constexpr const char* kLibraryFolder = "/usr/share/lua/5.4/pl";
constexpr const char* kLibraryPath = "/usr/share/lua/5.4/?.lua";
// A chunk of more lines is compiled in parts.
constexpr uint64_t kChunkLines = 20000;
constexpr const char* kNoMemory = "not enough memory";

void* lua_on_memory(void* user, void* object, size_t old_size, size_t new_size) {
    auto* memory = static_cast<Memory*>(user);
    if (object == nullptr) return new_size == 0 ? nullptr : memory->allocate(new_size);
    if (new_size != 0) return memory->reallocate(object, old_size, new_size);
    memory->release(object, old_size);
    return nullptr;
}

// digest(hash, value): of a string, or a number as Lua prints it. No memory needed for strings.
int lua_digest(lua_State* lua) {
    const auto hash = static_cast<uint64_t>(luaL_checkinteger(lua, 1));
    size_t length = 0;
    const char* bytes = luaL_checklstring(lua, 2, &length);
    lua_pushinteger(lua, static_cast<lua_Integer>(digest(hash, {bytes, length}) & INT64_MAX));
    return 1;
}

int write_digest(lua_State* /*lua*/, const void* bytes, size_t size, void* user) {
    auto* hash = static_cast<uint64_t*>(user);
    *hash = digest(*hash, {static_cast<const char*>(bytes), size});
    return 0;
}

// Lua warns of an error in a finalizer, which it then ignores.
void note_warning(void* user, const char* text, int /*to_continue*/) {
    if (std::strstr(text, kNoMemory) != nullptr) *static_cast<bool*>(user) = true;
}

int open_libraries(lua_State* lua) {
    luaL_openlibs(lua);
    lua_register(lua, "digest", lua_digest);
    lua_getglobal(lua, "package");
    lua_pushstring(lua, kLibraryPath);
    lua_setfield(lua, -2, "path");
    if (luaL_dostring(lua, lua_prelude()) != LUA_OK) return lua_error(lua);
    return 0;
}

// What runs inside lua_pcall: nothing here may own C++ objects, since errors jump over it.
struct Step {
    enum class What : uint8_t { script, dumps, library, generated } what;
    const Script* script = nullptr;
    const std::vector<std::string>* files = nullptr;
    const std::string* source = nullptr;
    lua_Integer size = 0;
    lua_Integer seed = 0;
};

// Compiles each file and digests the compiled chunk, once with and once without debug information.
void digest_dumps(lua_State* lua, const std::vector<std::string>& files) {
    uint64_t hash = kHashStart;
    for (const std::string& file : files) {
        if (luaL_loadfilex(lua, file.c_str(), "t") != LUA_OK) lua_error(lua);
        (void)lua_dump(lua, write_digest, &hash, 0);
        (void)lua_dump(lua, write_digest, &hash, 1);
        lua_pop(lua, 1);
    }
    lua_pushfstring(lua, "%d files %I", static_cast<int>(files.size()),
                    static_cast<LUAI_UACINT>(hash & INT64_MAX));
}

void push_files(lua_State* lua, const std::vector<std::string>& files) {
    lua_createtable(lua, static_cast<int>(files.size()), 0);
    for (size_t i = 0; i < files.size(); ++i) {
        lua_pushlstring(lua, files[i].data(), files[i].size());
        lua_seti(lua, -2, static_cast<lua_Integer>(i) + 1);
    }
}

void load(lua_State* lua, const char* text, size_t length, const char* name) {
    if (luaL_loadbufferx(lua, text, length, name, "t") != LUA_OK) lua_error(lua);
}

int run_step(lua_State* lua) {
    const auto& step = *static_cast<const Step*>(lua_touserdata(lua, 1));
    lua_settop(lua, 0);
    switch (step.what) {
        case Step::What::dumps:
            digest_dumps(lua, *step.files);
            return 1;
        case Step::What::library:
            load(lua, lua_library_script(), std::strlen(lua_library_script()), "=library");
            push_files(lua, *step.files);
            lua_call(lua, 1, 1);
            break;
        case Step::What::generated: {
            load(lua, step.source->data(), step.source->size(), "=generated");
            uint64_t hash = kHashStart;
            (void)lua_dump(lua, write_digest, &hash, 0);
            lua_call(lua, 0, 1);
            hash = digest(hash, luaL_checkstring(lua, -1));
            lua_pushinteger(lua, static_cast<lua_Integer>(hash & INT64_MAX));
            break;
        }
        case Step::What::script:
            load(lua, step.script->text, std::strlen(step.script->text), step.script->name);
            lua_pushinteger(lua, step.size);
            lua_pushinteger(lua, step.seed);
            lua_call(lua, 2, 1);
            break;
    }
    luaL_checkstring(lua, -1);
    lua_gc(lua, LUA_GCCOLLECT);
    return 1;
}

class LuaRun {
 public:
    LuaRun(Memory& memory, const Request& request)
        : memory_(memory), request_(request), files_(lua_library_files()) {
        for (uint64_t left = request.size, part = 0; left != 0; ++part) {
            const uint64_t lines = std::min(left, kChunkLines);
            sources_.push_back(generate_lua(request.seed + part, lines));
            left -= lines;
        }
    }

    Report run() {
        if (request_.library && files_.empty()) {
            return {Ending::broken,
                    std::string(kLibraryFolder) + ": no sources; install the package lua-penlight",
                    {}};
        }
        MorphGeneral* direct = memory_.direct();
        lua_ =
            direct != nullptr ? new_lua_on_general(direct) : lua_newstate(lua_on_memory, &memory_);
        if (lua_ == nullptr) return failed(memory_, true, "lua_newstate");
        Report report;
        try {
            report = both_modes();
        } catch (...) {
            lua_close(lua_);
            throw;
        }
        if (request_.close || report.ending != Ending::good) lua_close(lua_);
        if (report.ending == Ending::good && warned_) {
            return failed(memory_, true, "no memory in a finalizer");
        }
        return report;
    }

 private:
    Report both_modes() {
        lua_setwarnf(lua_, note_warning, &warned_);
        lua_pushcfunction(lua_, open_libraries);
        if (Report report = call(0); report.ending != Ending::good) return report;
        lua_settop(lua_, 0);
        lua_gc(lua_, LUA_GCINC, 0, 0, 0);
        Report first = all_steps();
        if (first.ending != Ending::good) return first;
        lua_gc(lua_, LUA_GCGEN, 0, 0);
        Report second = all_steps();
        if (second.ending == Ending::good && second.results != first.results) {
            return {
                Ending::broken,
                "other results with the generational collector:\n" + first.results + second.results,
                {}};
        }
        return second;
    }

    Report all_steps() {
        Report all;
        using What = Step::What;
        if (request_.library) {
            add(&all, {.what = What::dumps, .files = &files_}, "dumps");
            add(&all, {.what = What::library, .files = &files_}, "library");
        }
        for (const std::string& source : sources_) {
            add(&all, {.what = What::generated, .source = &source}, "generated");
        }
        for (const Script& script : lua_scripts()) {
            add(&all,
                {.what = What::script,
                 .script = &script,
                 .size = static_cast<lua_Integer>(request_.size),
                 .seed = static_cast<lua_Integer>(request_.seed)},
                script.name);
        }
        return all;
    }

    void add(Report* all, const Step& step, const char* name) {
        if (all->ending != Ending::good) return;
        lua_settop(lua_, 0);
        lua_pushcfunction(lua_, run_step);
        lua_pushlightuserdata(lua_, const_cast<Step*>(&step));
        Report report = call(1);
        if (report.ending != Ending::good) {
            report.wrong = std::string(name) + ": " + report.wrong;
            *all = report;
            return;
        }
        all->results += std::string("result ") + name + " " + lua_tostring(lua_, -1) + "\n";
        lua_settop(lua_, 0);
    }

    Report call(int arguments) {
        const int status = lua_pcall(lua_, arguments, 1, 0);
        if (status == LUA_OK) return {};
        const char* text = lua_tostring(lua_, -1);
        const bool memory =
            status == LUA_ERRMEM || (text != nullptr && std::strstr(text, kNoMemory) != nullptr);
        return failed(memory_, memory, text == nullptr ? "an error without a text" : text);
    }

    Memory& memory_;
    const Request& request_;
    std::vector<std::string> files_;
    std::vector<std::string> sources_;
    lua_State* lua_ = nullptr;
    bool warned_ = false;  // an error for lack of memory in a finalizer
};

}  // namespace

std::vector<std::string> lua_library_files() {
    std::vector<std::string> files;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(kLibraryFolder, error)) {
        if (entry.path().extension() == ".lua") files.push_back(entry.path().string());
    }
    std::sort(files.begin(), files.end());
    return files;
}

const Program& lua_program() {
    static constexpr Program kProgram = {
        .name = "lua",
        .about = "Run Lua 5.4 on an allocator of Morph Memory or on malloc.",
        .unit = "lines of generated source",
        .sizes = Sizes::told,
        .classic = 10000,
        .abandons = true,
        .run = [](Memory& memory, const Request& request) { return LuaRun(memory, request).run(); },
    };
    return kProgram;
}

}  // namespace real
