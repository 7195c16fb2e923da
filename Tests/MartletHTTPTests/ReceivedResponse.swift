/// A response as the peer of a `MemoryTransport` parses it, without code of the tested target.
struct ReceivedResponse: Sendable, CustomStringConvertible {
    var status = 0
    /// By lower-case name; `date` and a made-up `x-request-id` differ from run to run.
    var fields: [String: String] = [:]
    var body = ""
    /// The data of each chunk, without the last, empty one.
    var chunks: [String] = []

    var keepsAlive: Bool { fields["connection"] != "close" }
    var description: String { "\(status) \(fields.sorted { $0.key < $1.key }) \(body.prefix(200))" }

    /// The response without what differs from run to run.
    var stable: ReceivedResponse {
        var copy = self
        copy.fields["date"] = nil
        copy.fields["x-request-id"] = nil
        return copy
    }

    /// Takes the first response from `bytes`; nil, and takes nothing, while it is not whole.
    /// A body without a length or chunks ends where the connection does.
    static func take(from bytes: inout [UInt8], isHead: Bool = false, hasEnded: Bool = false) -> ReceivedResponse? {
        let lineEnds = bytes.indices.dropLast(3).first { bytes[$0...].starts(with: [13, 10, 13, 10]) }
        guard let headEnd = lineEnds else { return nil }
        var response = ReceivedResponse()
        let lines = String(decoding: bytes[..<headEnd], as: UTF8.self).split(separator: "\r\n")
        guard let statusLine = lines.first, statusLine.hasPrefix("HTTP/1.1 ") else { return nil }
        response.status = Int(statusLine.dropFirst(9).prefix(3)) ?? 0
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { return nil }
            let name = parts[0].lowercased()
            // A field that is there twice shows as one that no test expects.
            let value = String(parts[1].drop { $0 == " " })
            response.fields[name] = response.fields[name].map { "\($0), \(value)" } ?? value
        }
        guard let rest = response.takeBody(bytes[(headEnd + 4)...], isHead: isHead, hasEnded: hasEnded) else {
            return nil
        }
        bytes = Array(rest)
        return response
    }

    private mutating func takeBody(
        _ bytes: ArraySlice<UInt8>, isHead: Bool, hasEnded: Bool
    ) -> ArraySlice<UInt8>? {
        if isHead || status < 200 || status == 204 || status == 304 { return bytes }
        if let length = fields["content-length"].flatMap(Int.init) {
            guard bytes.count >= length else { return nil }
            body = String(decoding: bytes.prefix(length), as: UTF8.self)
            return bytes.dropFirst(length)
        }
        guard fields["transfer-encoding"] == "chunked" else {
            body = String(decoding: bytes, as: UTF8.self)
            return hasEnded ? [] : nil
        }
        var rest = bytes
        while let lineEnd = rest.firstIndex(of: 13), rest.endIndex - lineEnd >= 2 {
            guard let size = Int(String(decoding: rest[..<lineEnd], as: UTF8.self), radix: 16) else { return nil }
            let data = rest[(lineEnd + 2)...]
            guard data.count >= size + 2 else { return nil }
            rest = data.dropFirst(size + 2)
            if size == 0 { return rest }
            chunks.append(String(decoding: data.prefix(size), as: UTF8.self))
            body += chunks.last ?? ""
        }
        return nil
    }
}
