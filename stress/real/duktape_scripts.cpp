#include "stress/real/duktape_scripts.h"

#include <array>

namespace real {
namespace {

// digest(hash, value) and collect() are ours, in C++.
constexpr const char* kPrelude = R"js(
// What f throws; lack of memory goes on upwards: it is nothing that a script may hide.
function attempt(f) {
    try { return { value: f() }; } catch (error) {
        if (isMemory(error)) { throw error; }
        return { error: error };
    }
}
function random(seed) {
    var state = (seed * 48271 + 1) % 2147483647;
    return function (bound) {
        state = state * 48271 % 2147483647;
        return state % bound;
    };
}
)js";

// underscore over its own source.
constexpr const char* kUnderscore = R"js(
(function (size, seed) {
    var hash = 0, words = librarySource.match(/[A-Za-z_$]+/g);
    var counts = _.countBy(words, function (word) { return 'w' + word.toLowerCase(); });
    var sorted = _.sortBy(_.pairs(counts), function (pair) { return -pair[1] + pair[0]; });
    _.each(sorted, function (pair) { hash = digest(hash, pair.join(':')); });
    var groups = _.groupBy(words, 'length');
    hash = digest(hash, JSON.stringify(_.mapObject(groups, _.size)));
    hash = digest(hash, _.uniq(words).length);
    hash = digest(hash, _.chain(words).map(function (w) { return w.charAt(0); }).uniq()
        .sortBy().value().join(''));
    var deep = _.reduce(_.range(200), function (inner, i) { return [i, inner]; }, []);
    hash = digest(hash, _.flatten(deep).length);
    hash = digest(hash, _.isEqual(deep, _.clone(deep)));
    var page = _.template('<% _.each(rows, function (row) { %><li><%- row %></li><% }); %>');
    for (var i = 0; i < 20; i++) {
        hash = digest(hash, page({ rows: _.first(_.rest(words, i * 7), 100) }));
    }
    var fib = _.memoize(function (n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); });
    var zipped = _.object(_.zip(_.range(300), _.shuffle(_.range(300)).sort()));
    return words.length + ' ' + hash + ' ' + fib(60) + ' ' + _.keys(zipped).length;
})
)js";

constexpr const char* kJson = R"js(
(function (size, seed) {
    var next = random(seed), rows = [], hash = 0;
    for (var i = 0; i < size; i++) {
        rows.push({ id: i, name: 'row' + next(1000), tags: ['a' + next(9), null, true],
            place: { x: next(100) / 8, y: { z: [i, [i + 1]] } }, text: 'say "' + i + '"\n\u00e9' });
    }
    var text = JSON.stringify(rows);
    var back = JSON.parse(text, function (key, value) {
        return key === 'id' ? value + 1 : value;
    });
    for (i = 0; i < size; i++) { hash = digest(hash, back[i].id + back[i].text); }
    var pretty = JSON.stringify(back.slice(0, 300), null, 2);
    var bad = attempt(function () { return JSON.parse(text.substring(0, text.length - 5)); });
    return text.length + ' ' + digest(hash, pretty) + ' ' + bad.error.name;
})
)js";

constexpr const char* kStrings = R"js(
(function (size, seed) {
    var next = random(seed), hash = 0, text = '', parts = [];
    for (var i = 0; i < size; i++) {
        parts.push(String.fromCharCode(97 + next(26)) + next(100000));
        if (i % 50 === 0) {
            text = parts.join(';');
            hash = digest(hash, text.replace(/(\d)(\d)/g, '$2-$1').toUpperCase());
            hash = digest(hash, text.split(/[a-e]/).length);
            parts = [text.slice(-40)];
        }
    }
    text = '';
    for (i = 0; i < size; i++) { text += i + ','; }
    hash = digest(hash, text);
    while (text.length < 500000) { text = text + text; }
    hash = digest(hash, text.length + text.charCodeAt(4321) + text.indexOf('99,100'));
    return hash + ' ' + encodeURIComponent('\u20ac ' + text.substring(0, 20));
})
)js";

constexpr const char* kRegex = R"js(
(function (size, seed) {
    var lines = librarySource.split('\n'), hash = 0, found = 0;
    var forms = [/function\s*(\w*)\s*\(([^)]*)\)/, /^\s*\/\/\s*(.*)$/, /\b(?:var|return)\s+(\w+)/,
        /(['"])(.*?)\1/, /([a-z]+)\.([a-zA-Z]+)(?=\()/g, /^(\w+)\s*(=\s*)?/];
    for (var i = 0; i < lines.length; i++) {
        for (var j = 0; j < forms.length; j++) {
            var match = lines[i].match(forms[j]);
            if (match) { found++; hash = digest(hash, match.join('|')); }
        }
    }
    for (i = 0; i < size / 10; i++) {
        found += new RegExp('^(a|b{' + (i % 7 + 1) + '})*c?$').test('abbbab' + (i % 3 ? 'c' : 'd'));
    }
    return found + ' ' + hash;
})
)js";

constexpr const char* kSort = R"js(
(function (size, seed) {
    var next = random(seed), numbers = [], records = [], hash = 0;
    for (var i = 0; i < size; i++) {
        numbers.push(next(1 << 30));
        records.push({ key: next(size), at: i });
    }
    numbers.sort(function (a, b) { return a - b; });
    records.sort(function (a, b) { return a.key - b.key || a.at - b.at; });
    for (i = 0; i < size; i++) { hash = digest(hash, numbers[i] + ':' + records[i].at); }
    return hash + ' ' + numbers.map(String).sort().slice(0, 3).join();
})
)js";

constexpr const char* kClosures = R"js(
(function (size, seed) {
    function Tree(depth) { this.left = depth && new Tree(depth - 1);
        this.right = depth && new Tree(depth - 1); }
    Tree.prototype.count = function () {
        return 1 + (this.left ? this.left.count() + this.right.count() : 0); };
    var counters = [], total = 0;
    for (var i = 0; i < size; i++) {
        counters.push((function (value) {
            return { add: function (n) { value += n; return value; },
                bound: function () { return value; }.bind(null) };
        })(i));
    }
    for (i = 0; i < size; i++) { total += counters[i].add(counters[size - 1 - i].bound() % 100); }
    counters = null;
    var trees = 0;
    for (i = 4; i <= 12 && 1 << i <= size; i++) { trees += new Tree(i).count(); }
    collect();
    var ring = { next: null };
    for (i = 0; i < size; i++) { ring = { next: ring, back: null }; ring.next.back = ring; }
    ring = null;
    collect();
    return total + ' ' + trees;
})
)js";

constexpr const char* kErrors = R"js(
(function (size, seed) {
    var hash = 0, last = 0;
    function thrower(i) {
        switch (i % 5) {
        case 0: throw new RangeError('range ' + i);
        case 1: throw { code: i };
        case 2: return undefined.missing;
        case 3: return missingName;
        default: throw 'text ' + i;
        }
    }
    for (var i = 0; i < size; i++) {
        try { last += 1; thrower(i); } catch (error) {
            if (isMemory(error)) { throw error; }
            hash = digest(hash, error.code || error.name || error);
        } finally { last += 2; }
    }
    function endless(n) { return 1 + endless(n + 1); }
    var deep = attempt(function () { return endless(0); });
    for (i = 0; i < size / 20; i++) {
        var bad = attempt(function () { return eval('var x = = ' + i); });
        hash = digest(hash, bad.error.name);
    }
    return hash + ' ' + last + ' ' + deep.error.name;
})
)js";

constexpr const char* kBuffers = R"js(
(function (size, seed) {
    var next = random(seed), hash = 0;
    for (var i = 1; i < size; i = i * 2) {
        var bytes = new Uint8Array(i * 16), view = new DataView(bytes.buffer);
        for (var j = 0; j < bytes.length; j += 8) {
            view.setFloat64(j, next(1000) / 8, true);
        }
        var words = new Uint32Array(bytes.buffer, 0, bytes.length >> 2);
        for (j = 0; j < words.length; j += 7) { hash = (hash * 31 + words[j]) % 1000000007; }
        var copy = new Uint8Array(bytes.length * 2);
        copy.set(bytes, bytes.length);
        hash = digest(hash, new TextDecoder().decode(copy.subarray(bytes.length)).length);
    }
    var sparse = [];
    for (i = 0; i < size; i++) { sparse[i * 3 % size] = i; }
    sparse[size * 50] = 1;
    sparse.length = size / 2;
    for (i = 0; i < sparse.length; i++) { hash = digest(hash, sparse[i]); }
    return String(hash);
})
)js";

constexpr const char* kThreads = R"js(
(function (size, seed) {
    var sum = 0;
    for (var i = 0; i < size / 20; i++) {
        var thread = new Duktape.Thread(function (start) {
            var got = start;
            while (got < start + 5) { got = Duktape.Thread.yield(got) + 1; }
            return -1;
        });
        var value = i;
        for (var step = 0; step < 3; step++) {
            value = Duktape.Thread.resume(thread, value);
            sum += value;
        }
    }
    var finalized = 0;
    for (i = 0; i < size / 4; i++) {
        Duktape.fin({ at: i }, function (object) { finalized += object.at % 3; });
    }
    collect();
    return sum + ' ' + finalized;
})
)js";

constexpr auto kScripts = std::to_array<Script>({
    {"underscore", kUnderscore, true},
    {"json", kJson},
    {"strings", kStrings},
    {"regex", kRegex, true},
    {"sort", kSort},
    {"closures", kClosures},
    {"errors", kErrors},
    {"buffers", kBuffers},
    {"threads", kThreads},
});

}  // namespace

const char* duktape_prelude() {
    return kPrelude;
}

std::span<const Script> duktape_scripts() {
    return kScripts;
}

}  // namespace real
