#include <array>
#include <string_view>

#include "stress/real/generator.h"
#include "stress/real/source_writer.h"

namespace real {
namespace {

// Functions of (n, depth): depth is how many more calls downwards are allowed.
constexpr auto kForms = std::to_array<std::string_view>({
    R"(F[$i] = function(n, depth)
    local $v, other = $r, n
    for i = 1, n + 3 do
        if i // 2 * 2 == i then
            $v = $v + i * $r
        elseif other > $r then
            other = other - i
        else
            $v = ($v ~ other) & 0xffffff
        end
    end
    return $v + other
end
)",
    R"(F[$i] = function(n, depth)
    -- a table with names, positions, and a nested one
    local $v = {
        first = "text $r", second = n, [$r] = true,
        $r, n, $r; nested = {n, {n}, name = "$v$r"},
    }
    local sum = 0
    for _, value in ipairs($v) do sum = sum + value end
    for key, value in pairs($v.nested) do sum = sum + #tostring(key) end
    $v.first, $v.second = $v.second, $v.first
    return sum + #$v.second + $v.nested[2][1]
end
)",
    R"(F[$i] = function(n, depth)
    local $v = string.format("%d:%s:%5.2f", n, "name$r", n / 8)
    $v = $v:gsub("%d", "<%0>"):upper() .. [[ long
string $r ]]
    local parts = {}
    for word in $v:gmatch("%w+") do parts[#parts + 1] = word end
    return table.concat(parts, "\t$r\n"):rep(2)
end
)",
    R"(F[$i] = function(n, depth)
    local $v = 0
    local function add(x) $v = $v + x return $v end
    local twice = function(f, ...) f(...) return f(...) end
    local made = {}
    for i = 1, 4 do made[i] = function(x) $v = $v + i return x * i + $r end end
    for i = 1, #made do twice(add, made[i](n)) end
    return $v
end
)",
    R"(F[$i] = function(n, depth)
    local $v = coroutine.wrap(function(a)
        local b = a
        while b < a + 5 do
            b = b + 1
            coroutine.yield(b * $r)
        end
        return -1
    end)
    local sum, got = 0, $v(n)
    while got ~= -1 do
        sum = sum + got
        got = $v()
    end
    return sum
end
)",
    R"(F[$i] = function(n, depth)
    local $v = setmetatable({value = n}, {
        __index = function(_, key) return #key + $r end,
        __add = function(a, b) return a.value + b end,
        __call = function(self, x) self.value = self.value + x return self end,
    })
    return $v(3)(4) + $v.missing + $v.another
end
)",
    R"(F[$i] = function(n, depth)
    if depth > 0 then
        local $v = F[$e](n % 7, depth - 1)
        local more = F[$e](n % 5 + 1, depth - 1)
        return tostring($v) .. tostring(more)
    end
    return n
end
)",
    R"(F[$i] = function(n, depth)
    local good, $v = pcall(function()
        if n % 2 == 0 then error({n + $r}) end
        return {n}
    end)
    if not good and type($v) ~= "table" then error($v, 0) end
    local function count(...) return select("#", ...) + (select(-1, ...)) end
    repeat
        n = n - 1
        if n == 3 then goto done end
    until n < 0
    ::done::
    return count($v[1], nil, n)
end
)",
});

}  // namespace

std::string generate_lua(uint64_t seed, uint64_t lines) {
    SourceWriter writer(seed, lines);
    writer.literal("local F = {}\n");
    while (!writer.enough()) writer.function(writer.random().pick(kForms));
    writer.literal("local hash = 0\n");
    writer.literal("for i = 0, #F do hash = digest(hash, F[i](i % 17, 2)) end\n");
    writer.literal("return hash\n");
    return writer.take();
}

}  // namespace real
