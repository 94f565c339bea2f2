// Starts a command with the recorder in it.
#pragma once

#include <string>
#include <vector>

namespace trace {

// The recorder that lies beside this program; empty: there is none.
std::string recorder_beside_this_program();

// Runs the command to its end, with our standard streams. Its first process writes its trace to
// output (which must not exist), the others to output.PID. The exit status as a shell gives it; 127
// when the command cannot be started.
int record(const std::vector<std::string>& command, const std::string& output,
           const std::string& recorder);

// What it wrote: output, output.PID, ..., sorted.
std::vector<std::string> recorded_files(const std::string& output);

}  // namespace trace
