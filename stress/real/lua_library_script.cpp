#include "stress/real/lua_scripts.h"

namespace real {
namespace {

// Of its modules, those that do without the file system library.
constexpr const char* kLibrary = R"lua(
local files = ...
local lexer, List, OrderedMap = require "pl.lexer", require "pl.List", require "pl.OrderedMap"
local stringx, tablex, text = require "pl.stringx", require "pl.tablex", require "pl.text"
local template, Set, seq = require "pl.template", require "pl.Set", require "pl.seq"
local array2d, permute, xml = require "pl.array2d", require "pl.permute", require "pl.xml"
local class, func, sip = require "pl.class", require "pl.func", require "pl.sip"
local hash, tokens, lines, kinds = 0, 0, 0, {}

local words = OrderedMap()
for _, name in ipairs(files) do
    local file = assert(io.open(name))
    local source = file:read("a")
    file:close()
    lines = lines + #stringx.splitlines(source)
    for kind, value in lexer.lua(source, {}) do
        tokens = tokens + 1
        kinds[kind] = (kinds[kind] or 0) + 1
        if kind == "iden" then
            local key = "word " .. value  -- a map's keys lie beside its methods
            words:set(key, (words:get(key) or 0) + 1)
        end
        if tokens % 16 == 0 then hash = digest(hash, kind .. value) end
    end
end
for word, count in words:iter() do hash = digest(hash, word .. count) end

local sorted = List(words:keys()):sort()
hash = digest(hash, sorted:join(","))
local long = sorted:filter(function(word) return #word > 8 end)
long = long:map(stringx.capitalize or string.upper)
hash = digest(hash, text.wrap and table.concat(text.wrap(long:join(" "), 60), "\n") or #long)
local all, few = Set(sorted), Set(sorted:slice(1, #sorted // 2))
hash = digest(hash, #List(Set.values(all - few)))
hash = digest(hash, Set.issubset(few, all) and 1 or 0)
local squares = array2d.new(40, 40, function(i, j) return i * j end)
hash = digest(hash, tablex.reduce("+", array2d.flatten(squares)))
for order in permute.iter({1, 2, 3, 4, 5, 6}) do hash = digest(hash, table.concat(order)) end
local page = assert(template.substitute([[
# for i = 1, rows do
<row>$(i): $(words[i] or "none")</row>
# end
]], {rows = 400, words = sorted}))
hash = digest(hash, page)
local document = xml.parse("<doc>" .. page:gsub("[&\"']", "") .. "</doc>")
hash = digest(hash, xml.tostring(document))
local Shape = class()
function Shape:_init(name) self.name = name end
Shape.__tostring = function(shape) return "shape " .. shape.name end
local Round = class(Shape)
function Round:_init(name, r) self:super(name) self.r = r end
for i = 1, 500 do hash = digest(hash, tostring(Round("r" .. i, i))) end
local pattern = sip.compile("$v{name}=$d{value}")
for i = 1, 500 do
    local found = {}
    assert(pattern("size" .. i .. "=" .. i, found))
    hash = digest(hash, found.name .. found.value)
end
hash = digest(hash, seq.sum(seq.map(func._1 * 2, seq.range(1, 1000))))
return string.format("%d files %d lines %d tokens %d words %x", #files, lines, tokens, #sorted,
                     hash)
)lua";

}  // namespace

const char* lua_library_script() {
    return kLibrary;
}

}  // namespace real
