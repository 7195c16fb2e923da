import MartletHTTP
import Testing

/// What a parser made of some input, with nothing in it that depends on how the input was split.
struct Fed: Equatable {
    /// One line per request: the head's values, its fields, the body, whether it ended.
    var requests: [String] = []
    var error: RequestError?
    var isMidRequest = false
    var isInHead = false

    var status: Int? { error?.status.code }

    /// Feeds the pieces in turn to one parser, until it throws.
    init(_ pieces: [[UInt8]], limits: RequestParser.Limits = .init()) {
        var parser = RequestParser(limits: limits)
        for piece in pieces where error == nil {
            var offset = 0
            do throws(RequestError) {
                while let event = try parser.next(piece.span, &offset) { record(event, piece) }
                #expect(offset == piece.count, "the parser returned nil with input left")
            } catch {
                self.error = error
            }
        }
        isMidRequest = parser.isMidRequest
        isInHead = parser.isInHead
    }

    private mutating func record(_ event: RequestParser.Event, _ piece: [UInt8]) {
        switch event {
        case .head(let head): requests.append(Self.describe(head))
        case .body(let range):
            #expect(!range.isEmpty)
            requests[requests.count - 1] += String(decoding: piece[range], as: UTF8.self)
        case .end: requests[requests.count - 1] += "."
        }
    }

    private static func describe(_ head: RequestHead) -> String {
        let fields = head.fields.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
        return "\(head.method) \(head.target) 1.\(head.minorVersion) \(head.framing) [\(fields)] "
            + (head.keepsAlive ? "keeps " : "closes ") + (head.expectsContinue ? "waits " : "")
    }

    /// Feeds the text whole, split in two at every position, and byte by byte; the results must be equal.
    static func everyWay(
        _ text: String, limits: RequestParser.Limits = .init(), sourceLocation: SourceLocation = #_sourceLocation
    ) -> Fed {
        everyWay(Array(text.utf8), limits: limits, sourceLocation: sourceLocation)
    }

    static func everyWay(
        _ bytes: [UInt8], limits: RequestParser.Limits = .init(), sourceLocation: SourceLocation = #_sourceLocation
    ) -> Fed {
        let whole = Fed([bytes], limits: limits)
        for split in bytes.indices {
            let halves = Fed([Array(bytes[..<split]), Array(bytes[split...])], limits: limits)
            #expect(halves == whole, "split at \(split)", sourceLocation: sourceLocation)
        }
        let single = Fed(bytes.map { [$0] }, limits: limits)
        #expect(single == whole, "byte by byte", sourceLocation: sourceLocation)
        return whole
    }
}
