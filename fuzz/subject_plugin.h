// PluginSubject: a MorphSubject of plugin.h as a Subject. The built-in peers use it as well.
#pragma once

#include "fuzz/plugin.h"
#include "fuzz/subject.h"

namespace suite {

// functions must outlive every subject the entry makes.
SubjectEntry entry_of(const MorphSubject& functions, std::string name);

}  // namespace suite
