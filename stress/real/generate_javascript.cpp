#include <array>
#include <string_view>

#include "stress/real/generator.h"
#include "stress/real/source_writer.h"

namespace real {
namespace {

// Functions of (n, depth): depth is how many more calls downwards are allowed.
constexpr auto kForms = std::to_array<std::string_view>({
    R"(F[$i] = function (n, depth) {
    var $v = $r, other = n;
    for (var i = 1; i < n + 3; i++) {
        if (i % 2 === 0) {
            $v = ($v + i * $r) | 0;
        } else if (other > $r) {
            other -= i;
        } else {
            $v ^= other & 0xffff;
        }
    }
    return $v + other;
};
)",
    R"(F[$i] = function (n, depth) {
    // an object with names, an array, and a nested one
    var $v = {
        first: 'text $r', second: n, '$r': true, list: [n, $r, $r],
        nested: { a: { b: [n, { name: '$v$r' }] } }
    };
    var keys = [];
    for (var key in $v) { if ($v.hasOwnProperty(key)) { keys.push(key); } }
    delete $v.first;
    $v.list.splice(1, 1, n, n + 1);
    return keys.sort().join() + $v.nested.a.b[1].name + $v.list.length;
};
)",
    R"(F[$i] = function (n, depth) {
    var $v = 'name$r:' + n + ':' + (n / 8);
    $v = $v.replace(/\d+/g, function (digits) { return '<' + digits + '>'; }).toUpperCase();
    var parts = $v.split(/[<>:]/), found = [];
    for (var i = 0; i < parts.length; i++) {
        if (/^[A-Z]+$r?/.test(parts[i])) { found.push(parts[i].charAt(i % 3)); }
    }
    return parts.concat(found).join('\t$r\n') + $v.substring(1, 4);
};
)",
    R"(F[$i] = function (n, depth) {
    var $v = 0, made = [];
    function add(x) { $v += x; return $v; }
    for (var i = 1; i <= 4; i++) {
        made.push((function (step) {
            return function (x) { $v = $v + step; return x * step + $r; };
        })(i));
    }
    made.forEach(function (f) { add(f(n)); add(f.call(null, $v % 100)); });
    return $v;
};
)",
    R"(F[$i] = function (n, depth) {
    function Derived(value) { this.value = value; this.$v = n; }
    Derived.prototype = Object.create({ get: function () { return this.value * 2; } });
    Object.defineProperty(Derived.prototype, 'both', {
        get: function () { return this.get() + this.$v; }
    });
    var $v = new Derived(n + $r);
    return $v.both + ($v instanceof Derived ? 1 : 0);
};
)",
    R"(F[$i] = function (n, depth) {
    if (depth > 0) {
        var $v = F[$e](n % 7, depth - 1);
        var more = F[$e](n % 5 + 1, depth - 1);
        return String($v) + String(more);
    }
    return n;
};
)",
    R"(F[$i] = function (n, depth) {
    var $v = 0;
    try {
        if (n % 2 === 0) { throw { code: n + $r }; }
        $v = [n, [n, [n]]];
    } catch (error) {
        if (error.code === undefined) { throw error; }
        $v = error.code;
    } finally {
        n += 1;
    }
    switch (n % 4) {
    case 0: $v = JSON.stringify({ value: $v, n: [n, null] }); break;
    case 1: $v = JSON.parse('{"a":[1,2,{"b":"$r"}]}').a[2].b; break;
    default: do { n -= 1; } while (n > 3);
    }
    return $v + ':' + n;
};
)",
});

}  // namespace

std::string generate_javascript(uint64_t seed, uint64_t lines) {
    SourceWriter writer(seed, lines);
    writer.literal("(function () {\nvar F = [];\n");
    while (!writer.enough()) writer.function(writer.random().pick(kForms));
    writer.literal("var hash = 0;\n");
    writer.literal(
        "for (var i = 0; i < F.length; i++) { hash = digest(hash, F[i](i % 17, 2)); }\n");
    writer.literal("return hash;\n})()\n");
    return writer.take();
}

}  // namespace real
