#if os(Linux)
    internal import CUV
    internal import Glibc

    /// What the system says of processes, from `/proc` (proc(5)).
    package struct ProcessStatistics: Sendable, Equatable {
        /// User and system time, of all threads.
        package let cpuSeconds: Double
        package let residentBytes: Int
        package let virtualBytes: Int
        /// Seconds since 1970.
        package let startTime: Double

        /// Reads files, so it is for threads other than the loops'. Nil if they cannot be read.
        package static func current() -> ProcessStatistics? {
            guard let own = text("/proc/self/stat"), let system = text("/proc/stat") else { return nil }
            return ProcessStatistics(
                stat: own, systemStat: system, ticksPerSecond: Int(sysconf(Int32(_SC_CLK_TCK))),
                pageSize: Int(getpagesize()))
        }

        /// The open files and sockets of the process; nil if they cannot be counted.
        package static var openDescriptors: Int? {
            var request = uv_fs_t()
            defer { uv_fs_req_cleanup(&request) }
            let count = uv_fs_scandir(nil, &request, "/proc/self/fd", 0, nil)
            // One of them is the folder itself.
            return count > 0 ? Int(count) - 1 : nil
        }

        /// Whether a process has ended, and its parent has not waited for it.
        package static func isZombie(_ process: Int32) -> Bool {
            guard let stat = text("/proc/\(process)/stat"), let name = stat.lastIndex(of: ")") else { return false }
            return stat[name...].dropFirst().first { $0 != " " } == "Z"
        }

        private static func text(_ path: String) -> String? {
            (try? FileStamp.contents(of: path, maximumBytes: 16 << 20)).map { String(decoding: $0, as: UTF8.self) }
        }

        /// Nil for malformed text.
        package init?(stat: String, systemStat: String, ticksPerSecond: Int, pageSize: Int) {
            // The second field is the program's name in parentheses, which may contain any character.
            guard ticksPerSecond > 0, let name = stat.lastIndex(of: ")") else { return nil }
            let fields = stat[name...].dropFirst().split(whereSeparator: \.isWhitespace)
            guard fields.count > 21, let user = Int(fields[11]), let system = Int(fields[12]),
                let start = Int(fields[19]), let virtual = Int(fields[20]), let resident = Int(fields[21]),
                let boot = systemStat.split(separator: "\n").first(where: { $0.hasPrefix("btime ") }),
                let bootTime = Int(boot.dropFirst(6))
            else { return nil }
            cpuSeconds = Double(user + system) / Double(ticksPerSecond)
            residentBytes = resident * pageSize
            virtualBytes = virtual
            startTime = Double(bootTime) + Double(start) / Double(ticksPerSecond)
        }
    }
#endif
