#include "stress/real/lua_scripts.h"

#include <array>

#include "stress/real/lua_scripts_more.h"

namespace real {
namespace {

// digest(hash, value) is ours, in C++: of a string or an integer.
constexpr const char* kPrelude = R"lua(
-- pcall, but lack of memory goes on upwards: it is nothing that a script may hide.
function try(f, ...)
    local results = table.pack(pcall(f, ...))
    if not results[1] and type(results[2]) == "string"
            and results[2]:find("not enough memory", 1, true) then
        error(results[2], 0)
    end
    return table.unpack(results, 1, results.n)
end
function random(seed)
    local state = seed * 2654435761 + 1
    return function(bound)
        state = (state * 6364136223846793005 + 1442695040888963407)
        return (state >> 33) % bound
    end
end
)lua";

constexpr const char* kTrees = R"lua(
local size, seed = ...
local function make(depth)
    if depth == 0 then return {} end
    return {make(depth - 1), make(depth - 1)}
end
local function count(tree)
    if not tree[1] then return 1 end
    return 1 + count(tree[1]) + count(tree[2])
end
local depth = math.max(4, math.floor(math.log(size, 2)))
local long_lived = make(depth)
local total = 0
for level = 4, depth, 3 do
    for _ = 1, 1 << (depth - level) do total = total + count(make(level)) end
end
return string.format("%d %d %d", depth, total, count(long_lived))
)lua";

constexpr const char* kStrings = R"lua(
local size, seed = ...
local next_random = random(seed)
local hash, parts = 0, {}
for i = 1, size do
    local word = string.rep(string.char(97 + next_random(26)), 1 + next_random(60))
    parts[#parts + 1] = word .. i
    if i % 97 == 0 then
        local text = table.concat(parts, ",")
        text = text:gsub("%d+", function(digits) return "<" .. digits .. ">" end)
        hash = digest(hash, text:upper():reverse())
        parts = {text:sub(1, 100)}
    end
end
local grown = ""
for i = 1, math.min(size, 3000) do grown = grown .. string.format("%5d;%s", i, "x") end
hash = digest(hash, grown)
for power = 0, 20, 2 do
    local text = ("ab"):rep((1 << power) // 2 + 1, power % 4 == 0 and "-" or "")
    hash = digest(hash, text)
    hash = digest(hash, #text:gsub("a", "ccc"))
end
for word, digits in grown:gmatch("(%d+);(x)") do hash = digest(hash, word .. digits) end
return string.format("%x", hash)
)lua";

constexpr const char* kTables = R"lua(
local size, seed = ...
local next_random = random(seed)
local array, keyed, hash = {}, {}, 0
for i = 1, size * 10 do array[i] = next_random(1000000) end
for i = #array, size, -1 do
    hash = digest(hash, array[i])
    array[i] = nil
end
for i = 1, size * 4 do keyed["key" .. next_random(size * 2)] = i end
local sum, count = 0, 0
for _, value in pairs(keyed) do sum, count = sum + value, count + 1 end
for i = 0, size * 2, 2 do keyed["key" .. i] = nil end
for key, value in pairs(keyed) do sum = sum ~ #key * value end
local front = {}
for i = 1, math.min(size, 2000) do table.insert(front, 1, i) end
for _ = 1, #front // 2 do hash = digest(hash, table.remove(front, 1 + next_random(#front))) end
table.move(front, 1, #front, #front // 2 + 1)
local grid = {}
for i = 1, size // 10 do
    grid[i] = {i, i * 2, name = "row" .. i, {i}, nested = {deep = {i}}}
end
for i = 1, #grid do hash = digest(hash, grid[i].nested.deep[1] + grid[i][3][1] + #grid[i].name) end
local packed = table.pack(table.unpack(front, 1, math.min(#front, 200)))
return string.format("%x %d %d %d %d", hash, sum, count, #front, packed.n)
)lua";

constexpr const char* kSort = R"lua(
local size, seed = ...
local next_random = random(seed)
local numbers, texts, records = {}, {}, {}
for i = 1, size * 2 do numbers[i] = next_random(1 << 30) end
for i = 1, size do texts[i] = string.format("%08x", next_random(1 << 30)) end
for i = 1, size do records[i] = {key = next_random(size), at = i} end
table.sort(numbers)
table.sort(texts, function(left, right) return left > right end)
table.sort(records, function(left, right)
    if left.key ~= right.key then return left.key < right.key end
    return left.at < right.at
end)
local hash = 0
for i = 2, #numbers do assert(numbers[i - 1] <= numbers[i]) end
for i = 1, #texts do hash = digest(hash, texts[i]) end
for i = 1, #records do hash = digest(hash, records[i].at) end
return string.format("%x", hash)
)lua";

constexpr const char* kWeak = R"lua(
local size, seed = ...
local values = setmetatable({}, {__mode = "v"})
local keys = setmetatable({}, {__mode = "k"})
local both = setmetatable({}, {__mode = "kv"})
local kept = {}
for i = 1, size do
    local object = {i}
    values[i], keys[object], both[object] = object, {i, object}, {i}
    if i % 3 == 0 then kept[#kept + 1] = object end
end
local ephemeron = setmetatable({}, {__mode = "k"})
local first = {}
local link = first
for _ = 1, size // 4 do
    local following = {}
    ephemeron[link] = following  -- a chain through weak keys alone
    link = following
end
link = nil
collectgarbage()
collectgarbage()
local function count(t)
    local found = 0
    for _ in pairs(t) do found = found + 1 end
    return found
end
local result = string.format("%d %d %d %d", count(values), count(keys), count(both),
    count(ephemeron))
first = nil
collectgarbage()
collectgarbage()
return result .. " " .. count(ephemeron) .. " " .. #kept
)lua";

constexpr const char* kFinalizers = R"lua(
local size, seed = ...
local finalized, again, kept = 0, 0, {}
local mt = {}
mt.__gc = function(object)
    finalized = finalized + object.weight
    if object.weight == 2 then
        kept[#kept + 1] = object  -- lives once more
        object.weight = 3
        setmetatable(object, {__gc = function() again = again + 1 end})
    end
end
for i = 1, size do setmetatable({weight = i % 3, text = "object" .. i}, mt) end
collectgarbage()
collectgarbage()
local first = string.format("%d %d", finalized, #kept)
kept = nil
kept = {}
collectgarbage()
collectgarbage()
do
    local closing <close> = setmetatable({}, {__close = function() again = again + 1000000 end})
end
return first .. " " .. again
)lua";

const auto kScripts = std::to_array<Script>({
    {"trees", kTrees},
    {"strings", kStrings},
    {"tables", kTables},
    {"sort", kSort},
    {"weak", kWeak},
    {"finalizers", kFinalizers},
    {"errors", kErrors},
    {"coroutines", kCoroutines},
    {"closures", kClosures},
    {"objects", kObjects},
    {"pack", kPack},
    {"compile", kCompile},
});

}  // namespace

const char* lua_prelude() {
    return kPrelude;
}

std::span<const Script> lua_scripts() {
    return kScripts;
}

}  // namespace real
