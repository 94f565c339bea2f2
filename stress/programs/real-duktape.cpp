// real-duktape: see docs/real-programs.md.
#include "stress/real/duktape_work.h"
#include "stress/real/run.h"

int main(int argc, char** argv) {
    return real::real_main(argc, argv, real::duktape_program());
}
