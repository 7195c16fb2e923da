#if os(Linux)
    import MartletUV
    import Testing

    /// What `/proc` says of the process.
    struct ProcessStatisticsTests {
        private static let rest =
            "S 1 2 3 4 5 6 7 8 9 10 150 50 13 14 15 16 17 18 2000 4096000 25 99 0 0 0"

        @Test(arguments: ["martlet", "a b", "x) S 9 9 9", "((", "\n"])
        func `the name of the program may have any character`(name: String) throws {
            let statistics = try #require(
                ProcessStatistics(
                    stat: "7 (\(name)) \(Self.rest)\n", systemStat: "cpu 1 2\nbtime 1000\nprocesses 5\n",
                    ticksPerSecond: 100, pageSize: 4096))
            #expect(statistics.cpuSeconds == 2 && statistics.startTime == 1020)
            #expect(statistics.virtualBytes == 4_096_000 && statistics.residentBytes == 25 * 4096)
        }

        @Test(arguments: ["", "7", "7 (x)", "7 (x) S 1 2", "7 (x) " + String(repeating: "x ", count: 30)])
        func `malformed text is nil`(text: String) {
            #expect(
                ProcessStatistics(stat: text, systemStat: "btime 1\n", ticksPerSecond: 100, pageSize: 1) == nil)
            #expect(
                ProcessStatistics(stat: "7 (x) \(Self.rest)", systemStat: text, ticksPerSecond: 100, pageSize: 1)
                    == nil)
        }

        @Test func `this process has memory, time and open files`() throws {
            let statistics = try #require(ProcessStatistics.current())
            #expect(statistics.residentBytes > 0 && statistics.virtualBytes >= statistics.residentBytes)
            #expect(statistics.startTime > 1_600_000_000)
            #expect(try #require(ProcessStatistics.openDescriptors) >= 3)
        }
    }
#endif
