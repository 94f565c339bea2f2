#include "stress/real/lua_scripts_more.h"

namespace real {

const char* const kErrors = R"lua(
local size, seed = ...
local hash = 0
local function fail(i)
    if i % 4 == 0 then error("text " .. i) end
    if i % 4 == 1 then error({code = i}) end
    if i % 4 == 2 then return nil .. i end
    return ("x"):rep(i).none.none
end
for i = 1, size do
    local good, what = try(fail, i)
    assert(not good)
    hash = digest(hash, type(what) == "table" and what.code or what)
end
local function deep(level)
    if level == 0 then error("bottom", 0) end
    local good, what = try(deep, level - 1)
    error(what .. (level % 10 == 0 and "!" or ""), 0)
end
local _, what = try(deep, 150)
local function endless(i) return 1 + endless(i + 1) end
if size >= 1000 then  -- 200,000 calls deep: 64 MB
    local good, overflow = try(endless, 1)
    assert(not good and overflow:find("stack overflow"))
end
local _, handled = xpcall(function() error("traced") end, function(message)
    return #debug.traceback(message) > 20 and "traced" or "not traced"
end)
local in_handler = xpcall(error, function() error("again") end)
assert(not in_handler)
for i = 1, size // 20 do
    local made, message = load("local x = = " .. i)
    assert(not made)
    hash = digest(hash, message)
end
return string.format("%x %s %s", hash, what, handled)
)lua";

const char* const kCoroutines = R"lua(
local size, seed = ...
local next_random = random(seed)
local running, sum, closed = {}, 0, 0
local function body(steps)
    local guard <close> = setmetatable({}, {__close = function() closed = closed + 1 end})
    local locals = {}
    for i = 1, steps do
        locals[i] = i
        local got = coroutine.yield(i * #locals)
        if got == "fail" then error({steps = steps}) end
    end
    return -steps
end
for i = 1, size // 4 do running[i] = coroutine.create(body) end
for round = 1, 6 do
    for i = 1, #running do
        local thread = running[i]
        if coroutine.status(thread) == "suspended" then
            local argument = round == 1 and 2 + next_random(10)
                or (next_random(30) == 0 and "fail" or "go")
            local good, value = coroutine.resume(thread, argument)
            if not good and type(value) == "string" then error(value, 0) end
            sum = sum + (good and value or value.steps * 1000)
            if not good then assert(coroutine.close(thread) == false) end
        end
    end
end
for i = 1, #running do
    if coroutine.status(running[i]) == "suspended" then coroutine.close(running[i]) end
end
local function permutations(list, n)
    if n == 0 then coroutine.yield(list) return end
    for i = 1, n do
        list[n], list[i] = list[i], list[n]
        permutations(list, n - 1)
        list[n], list[i] = list[i], list[n]
    end
end
local hash = 0
for list in coroutine.wrap(function() permutations({1, 2, 3, 4, 5, 6}, 6) end) do
    hash = digest(hash, table.concat(list))
end
local function nest(depth)
    if depth == 0 then return 0 end
    return 1 + coroutine.wrap(nest)(depth - 1)
end
return string.format("%d %d %x %d", sum, closed, hash, nest(100))
)lua";

const char* const kClosures = R"lua(
local size, seed = ...
local counters, total = {}, 0
for i = 1, size do
    local value, step = i, i % 7
    counters[i] = {
        add = function(n) value = value + n * step return value end,
        get = function() return value end,
    }
end
for i = 1, size do counters[i].add(counters[size - i + 1].get() % 100) end
for i = 1, size do total = total + counters[i].get() end
local function compose(f, g) return function(...) return f(g(...)) end end
local chained = function(x) return x end
for i = 1, 150 do chained = compose(function(x) return (x * 3 + i) % 1000003 end, chained) end
local function curry(n, f)
    if n == 0 then return f() end
    return function(x) return curry(n - 1, function(...) return f(x, ...) end) end
end
local curried = curry(5, function(...) return select("#", ...) + ... end)
return total .. " " .. chained(seed) .. " " .. curried(1)(2)(3)(4)(5)
)lua";

const char* const kObjects = R"lua(
local size, seed = ...
local Vector = {}
Vector.__index = Vector
Vector.__add = function(a, b) return Vector.new(a.x + b.x, a.y + b.y) end
Vector.__mul = function(a, n) return Vector.new(a.x * n % 1009, a.y * n % 1013) end
Vector.__eq = function(a, b) return a.x == b.x and a.y == b.y end
Vector.__lt = function(a, b) return a.x < b.x end
Vector.__concat = function(a, b) return tostring(a) .. tostring(b) end
Vector.__tostring = function(a) return "(" .. a.x .. "," .. a.y .. ")" end
Vector.__len = function(a) return a.x + a.y end
Vector.__call = function(a, n) return a.x * n end
function Vector.new(x, y) return setmetatable({x = x, y = y}, Vector) end
local Named = setmetatable({}, {__index = Vector})
Named.__index = function(object, key)
    local value = Named[key]
    if value == nil and type(key) == "string" then return "no " .. key end
    return value
end
local log = {}
local watched = setmetatable({}, {__newindex = function(t, key, value)
    log[#log + 1] = key
    rawset(t, key, value)
end})
local sum, hash = Vector.new(1, 2), 0
for i = 1, size do
    sum = sum * 3 + Vector.new(i, seed)
    local named = setmetatable({x = i}, Named)
    hash = digest(hash, named.missing .. (named.new and "m" or "-"))
    watched["field" .. i % 500] = i
    if i % 50 == 0 then hash = digest(hash, sum .. Vector.new(i, i)) end
end
return string.format("%s %x %d %d %s", sum, hash, #log, sum(2), sum == Vector.new(sum.x, sum.y))
)lua";

const char* const kPack = R"lua(
local size, seed = ...
local next_random = random(seed)
local hash, sum = 0, 0
for i = 1, size do
    local text = ("b"):rep(next_random(50))
    local packed = string.pack("<i4 z s2 d I3", i, text, text, i / 8, i & 0xffffff)
    local number, first, second, real, three = string.unpack("<i4 z s2 d I3", packed)
    assert(number == i and first == text and second == text and real == i / 8)
    sum = sum + three
    hash = digest(hash, packed)
end
local points = {}
for i = 1, math.min(size, 200) do points[i] = 0x20 + next_random(0xd000) end
local text = utf8.char(table.unpack(points))
for _, code in utf8.codes(text) do sum = sum + code end
return string.format("%x %d %d", hash, sum, utf8.len(text))
)lua";

const char* const kCompile = R"lua(
local size, seed = ...
local hash, sum = 0, 0
for i = 1, size // 10 do
    local source = string.format(
        "local a, b = ... local t = {%d, 'k%d', [a] = b, f = function(x) return x * %d + b end}\n"
        .. "for i = 1, 3 do b = b + t.f(i) end return b + #t[2]", i, i, i % 13)
    local f = assert(load(source, "=chunk" .. i))
    local dumped = string.dump(f, i % 2 == 0)
    local g = assert(load(dumped, "dumped", "b"))
    local result = f("a", i)
    assert(result == g("a", i))
    hash, sum = digest(hash, dumped), sum + result
end
return string.format("%x %d", hash, sum)
)lua";

}  // namespace real
