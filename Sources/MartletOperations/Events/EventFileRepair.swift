internal import MartletHTTP
internal import MartletJSON
internal import MartletUV

/// Closes the file of a run that has ended without doing so, because its process was killed or the machine stopped.
enum EventFileRepair {
    private static let chunkSize = 64 * 1024

    /// Removes an incomplete last line, and appends a `run_end` with the reason `aborted` if there is none. A file without
    /// a complete line becomes empty.
    ///
    /// - Throws: `EventsError` for a file that does not begin with a `run_start`, which stays as it is; `UVError` and
    ///   `AppendOnlyFile.WriteFailure` for a file that cannot be read or written.
    static func close(_ file: AppendOnlyFile) throws {
        if file.size == 0 { return }
        let length = try lengthOfLines(file)
        let isRun = try beginsWithRunStart(file, upTo: length)
        guard isRun else {
            throw EventsError("\(file.path) exists and has no run events: choose another file with --events")
        }
        let changeTime = file.changeTime
        if length < file.size { try file.truncate(to: length) }
        if length == 0 { return }
        if try lastKind(file) == "run_end" { return }
        try file.append(try runEnd(of: file, at: changeTime))
    }

    /// The length of the complete lines.
    private static func lengthOfLines(_ file: AppendOnlyFile) throws -> Int {
        try lastLineFeed(file, before: file.size).map { $0 + 1 } ?? 0
    }

    private static func lastLineFeed(_ file: AppendOnlyFile, before end: Int) throws -> Int? {
        var end = end
        while end > 0 {
            let start = max(0, end - chunkSize)
            let chunk = try file.read(at: start, count: end - start)
            if let place = chunk.lastIndex(of: UInt8(ascii: "\n")) { return start + place }
            end = start
        }
        return nil
    }

    /// Whether the first line is a `run_start`, or what there is of it begins like one.
    private static func beginsWithRunStart(_ file: AppendOnlyFile, upTo length: Int) throws -> Bool {
        let bytes = try file.read(at: 0, count: LineFile.maximumLength)
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")), length > 0 else {
            let beginning = Array(#"{"kind":"run_start""#.utf8)
            return bytes.starts(with: beginning.prefix(bytes.count))
        }
        let first = try? JSONValue(parsing: Array(bytes[..<end]))
        return first?.object?["kind"] == "run_start"
    }

    /// The kind of the last line's event; nil if that is not an event.
    private static func lastKind(_ file: AppendOnlyFile) throws -> String? {
        let start = try lastLineFeed(file, before: file.size - 1).map { $0 + 1 } ?? 0
        guard file.size - start <= LineFile.maximumLength else { return nil }
        let line = try? JSONValue(parsing: try file.read(at: start, count: file.size - start))
        return line?.object?["kind"]?.string
    }

    /// The end of a run whose real end is not known: with the counts of its file, and the time of its last change.
    private static func runEnd(of file: AppendOnlyFile, at changeTime: Int?) throws -> [UInt8] {
        var totals = RunTotals()
        var time = 0.0
        let lines = try LineFile(file.path)
        while let line = try lines.next() {
            guard case .whole(let bytes) = line, let event = (try? JSONValue(parsing: bytes))?.object else { continue }
            time = max(time, event["t"]?.number?.double ?? 0)
            if let request = EventRequest(event) { totals.add(request) }
        }
        return EventLine.runEnd(
            time: time, microsecondsSince1970: changeTime ?? 0, reason: .aborted, totals: totals, exitCode: nil,
            error: "the process ended without closing its events")
    }
}
