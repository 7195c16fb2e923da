/// The memory limits of the process's control groups, from `/proc` and `/sys/fs/cgroup` on Linux.
///
/// Reads both versions of control groups, from the process's own group up to the root of its hierarchy, since a limit at
/// any level applies. Does no I/O: `read` returns the text of a file, or nil if it does not exist.
package enum ControlGroups {
    /// The smallest limit in bytes; nil without a limit.
    package static func memoryLimit(reading read: (String) -> String?) -> Int? {
        guard let groups = read("/proc/self/cgroup"), let mounts = read("/proc/self/mountinfo") else { return nil }
        var smallest: Int?
        for mount in mounts.split(separator: "\n").compactMap({ Mount(String($0)) }) {
            guard let group = path(in: groups, isVersion2: mount.isVersion2) else { continue }
            for directory in mount.directories(of: group) {
                guard let text = read("\(directory)/\(mount.isVersion2 ? "memory.max" : "memory.limit_in_bytes")"),
                    let limit = Int(text.prefix { !$0.isWhitespace }), limit > 0
                else { continue }
                smallest = min(smallest ?? limit, limit)
            }
        }
        return smallest
    }

    /// The process's group in one version's hierarchy. A line is `number:controllers:path`; version 2 has number 0 and
    /// names no controllers (cgroups(7)).
    private static func path(in groups: String, isVersion2: Bool) -> String? {
        for line in groups.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            let isWanted =
                isVersion2
                ? parts[0] == "0" && parts[1].isEmpty : parts[1].split(separator: ",").contains("memory")
            if isWanted { return String(parts[2]) }
        }
        return nil
    }

    /// A mounted hierarchy that can limit memory.
    private struct Mount {
        let isVersion2: Bool
        /// The group of the hierarchy that is mounted at `point`.
        let root: String
        let point: String

        /// Parses a line of mountinfo (proc(5)); nil for any other file system.
        init?(_ line: String) {
            let fields = line.split(separator: " ")
            guard let dash = fields.firstIndex(of: "-"), dash >= 5, fields.count > dash + 3 else { return nil }
            switch fields[dash + 1] {
            case "cgroup2": isVersion2 = true
            case "cgroup" where fields[dash + 3].split(separator: ",").contains("memory"): isVersion2 = false
            default: return nil
            }
            root = Self.unescaped(fields[3])
            point = Self.unescaped(fields[4])
        }

        /// The group's directory and its visible ancestors. A group outside the mounted part, as in a container without
        /// its own cgroup namespace, counts as the mounted root.
        func directories(of group: String) -> [String] {
            let parts = group.split(separator: "/")
            let rootParts = root.split(separator: "/")
            let below = parts.starts(with: rootParts) ? parts.dropFirst(rootParts.count) : []
            if below.contains("..") { return [point] }
            return (0...below.count).map { count in
                ([point] + below.prefix(count).map(String.init)).joined(separator: "/")
            }
        }

        /// mountinfo writes space, tab, newline and backslash as three octal digits behind a backslash.
        private static func unescaped(_ text: Substring) -> String {
            var result: [UInt8] = []
            var rest = text.utf8[...]
            while let byte = rest.popFirst() {
                let digits = rest.prefix(3)
                if byte == UInt8(ascii: "\\"), digits.count == 3,
                    let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
                {
                    result.append(code)
                    rest = rest.dropFirst(3)
                } else {
                    result.append(byte)
                }
            }
            return String(decoding: result, as: UTF8.self)
        }
    }
}
