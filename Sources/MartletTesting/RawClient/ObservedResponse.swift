package import Martlet

/// The requests of a client that have no response yet, recognised by their request lines in the sent bytes.
struct SentRequests {
    private var line: [UInt8] = []
    private var lines: [(method: String, target: String)] = []

    mutating func record(_ bytes: ArraySlice<UInt8>) {
        var rest = bytes
        while let end = rest.firstIndex(ofByte: 0x0A) {
            line += rest[..<end].prefix(4096 - line.count)
            rest = rest[(end + 1)...]
            recordLine()
        }
        line += rest.prefix(4096 - line.count)
    }

    private mutating func recordLine() {
        let words = String(decoding: line, as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
        if words.count == 3, words[2].hasPrefix("HTTP/1."), words[1].hasPrefix("/") {
            lines.append((String(words[0]), String(words[1])))
        }
        line = []
    }

    mutating func next() -> (method: String, target: String)? { lines.isEmpty ? nil : lines.removeFirst() }
}

/// A response that a `RawClient` has read completely, and its request.
package struct ObservedResponse: Sendable {
    /// The request's method; nil if no request was recognised in the sent bytes.
    package let method: String?
    package let target: String?
    package let head: ResponseHead
    /// The content, without chunk framing.
    package let body: [UInt8]
}
