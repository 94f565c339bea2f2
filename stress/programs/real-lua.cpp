// real-lua: see docs/real-programs.md.
#include "stress/real/lua_work.h"
#include "stress/real/run.h"

int main(int argc, char** argv) {
    return real::real_main(argc, argv, real::lua_program());
}
