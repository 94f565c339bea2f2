// real-sqlite: see docs/real-programs.md.
#include "stress/real/run.h"
#include "stress/real/sqlite_work.h"

int main(int argc, char** argv) {
    return real::real_main(argc, argv, real::sqlite_program());
}
