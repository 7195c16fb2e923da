import MartletHTTP
import Testing

/// A request that is refused at its last byte, and with which status.
struct Refusal: CustomTestStringConvertible, Sendable {
    let why: String
    let bytes: [UInt8]
    let status: Int

    init(_ why: String, _ text: String, _ status: Int = 400) {
        self.init(why, bytes: Array(text.utf8), status)
    }

    init(_ why: String, bytes: [UInt8], _ status: Int = 400) {
        self.why = why
        self.bytes = bytes
        self.status = status
    }

    var testDescription: String { why }

    /// Expects no error before the last byte, and with it the same refusal, whatever follows and however it is split.
    func check(limits: RequestParser.Limits = .init(), sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(Fed([bytes.dropLast()], limits: limits).error == nil, "too early", sourceLocation: sourceLocation)
        let fed = Fed.everyWay(bytes, limits: limits, sourceLocation: sourceLocation)
        #expect(fed.status == status, "\(fed)", sourceLocation: sourceLocation)
        #expect(fed.error?.message.hasSuffix(".") == true, sourceLocation: sourceLocation)
        let more = Fed.everyWay(bytes + Array(" \n\r\n\r\nGET".utf8), limits: limits, sourceLocation: sourceLocation)
        #expect(more == fed, "what follows changes the refusal", sourceLocation: sourceLocation)
    }
}
