/* What mutated sources call: force-included into every unit of the copy in build/mutate.
 *
 *   morph_mutation_mode[K]   what mutation K does in this process, set by mutation_runtime.cpp
 *   morph_mutation_seen[K]   what is known of it, in memory shared with ci/mutate
 *
 * A mutated expression asks for its mode; if that is `off`, it does what it always did. Else
 * one of the functions below is called, with both versions:
 *
 *   survey   the original happens. Seen: that it was reached, and whether the mutated one would
 *            have given another value (differs), the same, or nobody can tell (unknown)
 *   mutated  the mutated one happens. Seen: that it was reached
 *
 * Operands are evaluated once, as often as the mutation itself would. */
#ifndef MORPH_MUTATION_H
#define MORPH_MUTATION_H

#ifdef __cplusplus

extern "C" {
extern __attribute__((visibility("default"))) unsigned char morph_mutation_mode[];
extern __attribute__((visibility("default"))) unsigned char* morph_mutation_seen;
}

#define MORPH_MUTATION(K) __builtin_expect(morph_mutation_mode[K], 0)
/* In constexpr functions: what the compiler evaluates is never mutated. */
#define MORPH_MUTATION_GUARDED(K) (!__builtin_is_constant_evaluated() && MORPH_MUTATION(K))

namespace mutation_schema {

enum Mode : unsigned char { kOff = 0, kMutated = 1, kSurvey = 2 };
enum Seen : unsigned char { kReached = 1, kDiffers = 2, kUnknown = 4 };
enum class Change { negate, always, never };

template <int K>
inline void see(int what) {
    unsigned char* seen = &morph_mutation_seen[K];
    if ((*seen & what) != what) (void)__atomic_fetch_or(seen, static_cast<unsigned char>(what), 5);
}

template <int K>
inline bool mutated() {
    return morph_mutation_mode[K] == kMutated;
}

template <int K>
inline void survey(bool differs) {
    see<K>(differs ? kReached | kDiffers : kReached);
}

/* The mutated version always gives something else. true: it is to happen. */
template <int K>
inline bool certain() {
    survey<K>(true);
    return mutated<K>();
}

/* Nobody can tell. */
template <int K>
inline bool dropped() {
    see<K>(mutated<K>() ? kReached : kReached | kUnknown);
    return mutated<K>();
}

/* An assignment is to be dropped that may change nothing: compare() is called behind it. */
template <int K>
inline bool dropped_change() {
    see<K>(kReached);
    return mutated<K>();
}
template <int K, class A>
inline void compare(const A& before, const A& after) {
    survey<K>(!(before == after));
}

template <int K, class A, class B, class Original, class Mutated>
inline auto binary(const A& a, const B& b, Original original, Mutated other) {
    using Result = decltype(original(a, b));
    if (mutated<K>()) {
        see<K>(kReached);
        return static_cast<Result>(other(a, b));
    }
    Result result = original(a, b);
    survey<K>(!(result == static_cast<Result>(other(a, b))));
    return result;
}

/* The mutated version divides, maybe by zero. */
template <int K, class A, class B, class Original, class Mutated>
inline auto divided(const A& a, const B& b, Original original, Mutated other) {
    if (mutated<K>() || b != B{}) return binary<K>(a, b, original, other);
    survey<K>(true);
    return original(a, b);
}

/* a && b that becomes a || b, or the reverse. both: b may be evaluated always. */
template <int K, bool And, bool Both, class Left, class Right>
inline bool logical(Left left, Right right) {
    bool a = left();
    if (mutated<K>()) {
        see<K>(kReached);
        return And ? a || right() : a && right();
    }
    if (a == And) {
        bool b = right();
        survey<K>(b != And);
        return b;
    }
    if constexpr (Both) {
        survey<K>(right() == And);
    } else {
        see<K>(kReached | kUnknown);
    }
    return a;
}

template <int K, Change change>
inline bool condition(bool value) {
    bool other = change == Change::negate ? !value : change == Change::always;
    survey<K>(value != other);
    return mutated<K>() ? other : value;
}

template <int K, class A>
inline A replaced(A value, A other) {
    survey<K>(!(value == other));
    return mutated<K>() ? other : value;
}
template <int K, class A>
inline A more(A value) {
    return replaced<K, A>(value, static_cast<A>(value + 1));
}
template <int K, class A>
inline A zero(A value) {
    return replaced<K, A>(value, A{});
}

template <int K, class A, class B, class Original, class Mutated>
inline A& assignment(A& a, const B& b, Original original, Mutated other) {
    if (mutated<K>()) {
        see<K>(kReached);
        other(a, b);
        return a;
    }
    A mutation = a;
    original(a, b);
    other(mutation, b);
    survey<K>(!(mutation == a));
    return a;
}
template <int K, class A, class B, class Original, class Mutated>
inline A& assignment_divided(A& a, const B& b, Original original, Mutated other) {
    if (mutated<K>() || b != B{}) return assignment<K>(a, b, original, other);
    survey<K>(true);
    original(a, b);
    return a;
}

} /* namespace mutation_schema */

#else
#define MORPH_MUTATION(K) 0
#define MORPH_MUTATION_GUARDED(K) 0
#endif

#endif
