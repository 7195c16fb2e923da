public import MartletHTTP

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension HTTPResponse {
    /// A response whose content is `value` as JSON, with members in the order of their names and dates as ISO 8601 text.
    ///
    /// - Throws: `EncodingError` for a value that JSON cannot hold, such as an infinite number.
    public init(_ status: HTTPStatus = .ok, encoding value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        self.init(status, json: Array(try encoder.encode(value)))
    }
}
