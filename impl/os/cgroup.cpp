#include "os/cgroup.h"

#include "os/small_file.h"

namespace morph {

namespace {

// v1 writes "none" as the largest multiple of the page size that fits; nothing real is near it.
constexpr uint64_t kNoLimitFrom = uint64_t{1} << 60;

enum class Version : uint8_t { v1, v2 };

// Where a hierarchy is mounted, and what part of it: text fields of /proc/self/mountinfo.
struct Mount {
    PathBuffer root;
    PathBuffer point;
    bool found = false;
};

bool list_contains(std::string_view list, std::string_view word) {
    while (!list.empty()) {
        if (take_until(&list, ',') == word) return true;
    }
    return false;
}

// mountinfo writes blanks and backslashes as three octal digits.
void append_unescaped(PathBuffer* path, std::string_view text) {
    auto octal = [](char c) { return c >= '0' && c <= '7'; };
    while (!text.empty()) {
        if (text.size() >= 4 && text[0] == '\\' && octal(text[1]) && octal(text[2]) &&
            octal(text[3])) {
            int value = (text[1] - '0') * 64 + (text[2] - '0') * 8 + (text[3] - '0');
            char character = static_cast<char>(value & 0xff);
            path->append({&character, 1});
            text.remove_prefix(4);
            continue;
        }
        path->append({text.data(), 1});
        text.remove_prefix(1);
    }
}

// 36 35 0:32 /root /mount/point options [optional ...] - type source super,options
bool parse_mount(std::string_view line, Version version, Mount* mount) {
    for (int skipped = 0; skipped < 3; ++skipped) take_until(&line, ' ');
    std::string_view root = take_until(&line, ' ');
    std::string_view point = take_until(&line, ' ');
    while (!line.empty() && take_until(&line, ' ') != "-") {
    }
    std::string_view type = take_until(&line, ' ');
    std::string_view source = take_until(&line, ' ');
    if (source.empty()) return false;
    bool wanted = version == Version::v2 ? type == "cgroup2"
                                         : type == "cgroup" && list_contains(line, "memory");
    if (!wanted || root.empty() || root[0] != '/' || point.empty() || point[0] != '/') return false;
    mount->root.clear();
    mount->point.clear();
    append_unescaped(&mount->root, root);
    append_unescaped(&mount->point, point);
    return mount->root.valid() && mount->point.valid();
}

void find_mount(const char* root, Version version, Mount* mount) {
    PathBuffer path;
    path.append(root);
    path.append("/proc/self/mountinfo");
    LineReader lines(path);
    while (auto line = lines.next()) {
        if (parse_mount(*line, version, mount)) {
            mount->found = true;
            return;
        }
    }
}

// The group's path in the hierarchy; false when the process is in no group of that kind.
bool find_group(const char* root, Version version, PathBuffer* group) {
    PathBuffer path;
    path.append(root);
    path.append("/proc/self/cgroup");
    LineReader lines(path);
    while (auto line = lines.next()) {
        std::string_view rest = *line;
        std::string_view number = take_until(&rest, ':');
        std::string_view controllers = take_until(&rest, ':');
        bool wanted = version == Version::v2 ? number == "0" && controllers.empty()
                                             : list_contains(controllers, "memory");
        if (!wanted || rest.empty() || rest[0] != '/') continue;
        group->clear();
        group->append(rest);
        return group->valid();
    }
    return false;
}

bool climbs(std::string_view path) {
    while (!path.empty()) {
        if (take_until(&path, '/') == "..") return true;
    }
    return false;
}

// The group's path below the mount point: empty when the mount does not show it.
std::string_view below_mount(std::string_view group, std::string_view mount_root) {
    if (climbs(group)) return {};
    if (mount_root != "/") {
        if (!group.starts_with(mount_root)) return {};
        group.remove_prefix(mount_root.size());
        if (!group.empty() && group[0] != '/') return {};
    }
    while (!group.empty() && group.back() == '/') group.remove_suffix(1);
    return group;
}

uint64_t read_limit(const PathBuffer& file) {
    LineReader lines(file);
    auto line = lines.next();
    if (!line) return 0;
    auto value = parse_decimal(trim(*line));  // "max" is no number: no limit
    return value && *value < kNoLimitFrom ? *value : 0;
}

uint64_t least(uint64_t a, uint64_t b) {
    if (a == 0 || b == 0) return a + b;
    return a < b ? a : b;
}

// directory: MOUNT/some/group; limits are read there and at each level above, down to floor.
uint64_t least_limit_upwards(PathBuffer* directory, size_t floor, Version version) {
    uint64_t limit = 0;
    while (directory->valid()) {
        size_t length = directory->length();
        directory->append(version == Version::v2 ? "/memory.max" : "/memory.limit_in_bytes");
        limit = least(limit, read_limit(*directory));
        if (!directory->valid()) break;
        directory->cut(length);
        if (length <= floor) break;
        size_t slash = directory->view().rfind('/');
        directory->cut(slash == std::string_view::npos || slash < floor ? floor : slash);
    }
    return limit;
}

uint64_t limit_of(const char* root, Version version) {
    PathBuffer group;
    if (!find_group(root, version, &group)) return 0;
    Mount mount;
    find_mount(root, version, &mount);
    if (!mount.found) {
        mount.root.append("/");
        mount.point.append(version == Version::v2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory");
    }
    PathBuffer directory;
    directory.append(root);
    directory.append(mount.point.view());
    size_t floor = directory.length();
    directory.append(below_mount(group.view(), mount.root.view()));
    return least_limit_upwards(&directory, floor, version);
}

}  // namespace

uint64_t cgroup_memory_limit(const char* root) {
    return least(limit_of(root, Version::v2), limit_of(root, Version::v1));
}

}  // namespace morph
