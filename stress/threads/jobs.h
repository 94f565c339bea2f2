// Jobs: what the threads of the program `threads` do, each job on contexts, heaps, arenas and pools
// of its own, which it creates and destroys. A job's result depends on its seed alone, so what a
// thread gets among seven others must be what it gets alone.
//
//   fox-* profile-*        the front end and the profile, both modes, V1, with collections forced
//   NAME NAME-v1           every load of stress/collector at its small size
//   storm                  all kinds of objects created, used a little, destroyed, again
//   types                  tables of types that grow
//   errors                 creations that fail: each thread has its own morph_creation_error
//   surroundings           detect_config, available RAM: what the process shares
//   dump                   statistics to files of one's own
//   daemon                 V1 with its own thread beside
//   general arena pool     the allocators alone
//
// THREADS-RESULT  a job's result is the same on every thread, at every time
// THREADS-OWN     an error of creation is the one that this thread made last
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace threads {

struct Outcome {
    std::string wrong;   // empty: good
    std::string result;  // one line
};

struct Job {
    std::string name;
    std::function<Outcome(uint64_t seed)> run;
    bool of_machine = false;  // the result differs from machine to machine, and under limits
};

struct Choice {
    bool debug = false;  // debug mode of every object: who is inside is watched as well
    bool small = false;  // sizes for tools that are a hundred times slower
};

[[nodiscard]] std::vector<Job> jobs(const Choice& choice);

// Its parts.
void add_workloads(const Choice& choice, std::vector<Job>* out);
void add_storms(const Choice& choice, std::vector<Job>* out);

}  // namespace threads
