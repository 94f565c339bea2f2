#include "bench/compare/apart.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

namespace compare {

namespace {

[[noreturn]] void fail(const char* what) {
    std::fprintf(stderr, "compare: %s: %s\n", what, std::strerror(errno));
    std::exit(1);
}

// Its only effect is to interrupt waitpid.
void on_alarm(int) {}

void set_alarm(double seconds) {
    struct sigaction action = {};
    action.sa_handler = on_alarm;  // without SA_RESTART
    if (sigaction(SIGALRM, &action, nullptr) != 0) fail("sigaction");
    itimerval timer = {};
    timer.it_value.tv_sec = static_cast<time_t>(seconds);
    const double rest = (seconds - static_cast<double>(timer.it_value.tv_sec)) * 1e6;
    timer.it_value.tv_usec = static_cast<suseconds_t>(rest);
    timer.it_interval.tv_usec = 100000;  // again, should the first one come before waitpid
    if (timer.it_value.tv_sec == 0 && timer.it_value.tv_usec == 0) timer.it_value.tv_usec = 1;
    if (seconds == 0) timer = {};
    if (setitimer(ITIMER_REAL, &timer, nullptr) != 0) fail("setitimer");
}

// The child's status; killed tells whether it took too long.
int wait_for(pid_t child, double seconds_max, bool* killed) {
    set_alarm(seconds_max);
    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) fail("waitpid");
        *killed = true;
        (void)kill(child, SIGKILL);
    }
    set_alarm(0);
    return status;
}

}  // namespace

SharedSample::SharedSample() {
    void* memory =
        mmap(nullptr, sizeof(Sample), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) fail("no memory for a sample");
    sample_ = new (memory) Sample;
}

SharedSample::~SharedSample() {
    munmap(sample_, sizeof(Sample));
}

void run_apart(SharedSample& sample, double seconds_max, const std::function<void(Sample*)>& fill) {
    new (&*sample) Sample;
    std::fflush(nullptr);  // or the child would write it again
    const pid_t parent = getpid();
    const pid_t child = fork();
    if (child < 0) fail("fork");
    if (child == 0) {
        // Does not outlive a parent that is killed.
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) _exit(1);
        fill(&*sample);
        std::exit(0);
    }
    bool killed = false;
    const int status = wait_for(child, seconds_max, &killed);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
    char text[kMessageBytes];
    if (killed) {
        std::snprintf(text, sizeof text, "not done after %g seconds", seconds_max);
        sample->end(Status::time_limit, text);
    } else if (WIFSIGNALED(status)) {
        std::snprintf(text, sizeof text, "killed by signal %d (%s)", WTERMSIG(status),
                      strsignal(WTERMSIG(status)));
        sample->end(Status::failed, text);
    } else {
        std::snprintf(text, sizeof text, "exit status %d", WEXITSTATUS(status));
        sample->end(Status::failed, text);
    }
}

}  // namespace compare
