internal import MartletHTTP

/// The head of a response, as libcurl hands it over line by line.
struct CurlHead {
    enum Progress { case more, complete, invalid }

    /// The size limit, in bytes.
    private static let maximumBytes = 256 * 1024

    private(set) var status = 0
    private(set) var fields = HTTPFields()
    private var count = 0
    private var isComplete = false

    /// Takes a line with its line end. `complete` is returned once, for the final response: the lines after it are trailers.
    mutating func receive(_ line: UnsafeRawBufferPointer) -> Progress {
        if isComplete { return .more }
        count += line.count
        if count > Self.maximumBytes { return .invalid }
        var end = line.count
        while end > 0, line[end - 1] <= 0x20 { end -= 1 }
        let line = UnsafeRawBufferPointer(rebasing: line[..<end])
        if line.isEmpty {
            // An interim response is followed by another head (RFC 9110 §15.2); no upgrade was requested.
            if status == 101 { return .invalid }
            isComplete = status >= 200
            return isComplete ? .complete : .more
        }
        if line.starts(with: "HTTP/".utf8), status == 0 || (100..<200).contains(status) {
            status = Self.status(in: line)
            fields = HTTPFields()
        } else {
            fields.append(line: line)
        }
        return .more
    }

    /// The number after the first blank.
    private static func status(in line: UnsafeRawBufferPointer) -> Int {
        var status = 0
        for byte in line.drop(while: { $0 != 0x20 }).drop(while: { $0 == 0x20 }).prefix(3) {
            guard (0x30...0x39).contains(byte) else { return 0 }
            status = status * 10 + Int(byte - 0x30)
        }
        return status
    }
}
