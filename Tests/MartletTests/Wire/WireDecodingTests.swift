import Foundation
import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// Bodies of custom routes, decoded and encoded as values.
@Suite(.serialized)
struct WireDecodingTests {
    private enum Mood: String, Codable {
        case calm, cross
    }

    private struct Order: Codable {
        struct Item: Codable {
            var name: String
            var count: Int
            var price: Double?
        }

        var items: [Item]
        var isGift: Bool
        var moods: [String: Mood]?
        var level: UInt8?
        var due: Date?
        var page: URL?
        var seal: Data?
        var corner: Point?
        var extra: JSONValue?
    }

    /// Decodes an array by position, like types with custom coding.
    private struct Point: Codable, Equatable {
        var x, y: Double

        init(from decoder: any Decoder) throws {
            var elements = try decoder.unkeyedContainer()
            x = try elements.decode(Double.self)
            y = try elements.decode(Double.self)
        }

        func encode(to encoder: any Encoder) throws {
            var elements = encoder.unkeyedContainer()
            try elements.encode(x)
            try elements.encode(y)
        }
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let body: String
        let param: String?
        let code: String?
        let words: String

        init(_ body: String, _ param: String?, _ code: String?, _ words: String) {
            (self.body, self.param, self.code, self.words) = (body, param, code, words)
        }

        var testDescription: String { body }
    }

    static let rows = [
        Row("", nil, nil, "body is empty"), Row("{", nil, nil, "not valid JSON"),
        Row(#"{"items":[],}"#, nil, nil, "line 1, column"),
        Row("[]", nil, nil, "must be an object, but it is an empty array"),
        Row("7", nil, nil, "must be an object, but it is 7"),
        Row("{}", "items", "missing_required_parameter", "required"),
        Row(#"{"items":[]}"#, "isGift", "missing_required_parameter", "`isGift` is required"),
        Row(#"{"items":{},"isGift":true}"#, "items", "invalid_value", "must be an array, but it is an object"),
        Row(#"{"items":[],"isGift":"no"}"#, "isGift", "invalid_value", #"must be `true` or `false`, but it is "no""#),
        Row(#"{"items":[],"isGift":null}"#, "isGift", "invalid_value", "must be `true` or `false`, but it is `null`"),
        Row(
            #"{"items":[{"name":"a","count":1},{"name":"b","count":1},{"count":1}],"isGift":true}"#, "items[2].name",
            "missing_required_parameter", "`items[2].name` is required"),
        Row(
            #"{"items":[{"name":5,"count":1}],"isGift":true}"#, "items[0].name", "invalid_value",
            "must be a string, but it is 5"),
        Row(
            #"{"items":[{"name":"a","count":"many"}],"isGift":true}"#, "items[0].count", "invalid_value",
            "must be an integer"),
        Row(
            #"{"items":[{"name":"a","count":1.5}],"isGift":true}"#, "items[0].count", "invalid_value",
            "must be an integer, but it is 1.5"),
        Row(
            #"{"items":[],"isGift":true,"level":300}"#, "level", "invalid_value",
            "must be an integer from 0 to 255, but it is 300"),
        Row(#"{"items":[],"isGift":true,"due":"soon"}"#, "due", "invalid_value", "must be a date and time"),
        Row(#"{"items":[],"isGift":true,"page":5}"#, "page", "invalid_value", "must be a URL, but it is 5"),
        Row(#"{"items":[],"isGift":true,"seal":"%"}"#, "seal", "invalid_value", "must be base64"),
        Row(#"{"items":[null],"isGift":true}"#, "items[0]", "invalid_value", "must be an object, but it is `null`"),
        Row(
            #"{"items":[],"isGift":true,"corner":[1]}"#, "corner[1]", "missing_required_parameter",
            "`corner[1]` is required"),
        Row(
            #"{"items":[{"name":"a","count":1,"price":[]}],"isGift":true}"#, "items[0].price", "invalid_value",
            "must be a number, but it is an empty array"),
        Row(
            #"{"items":[],"isGift":true,"moods":{"today":"sad"}}"#, "moods.today", "invalid_value",
            "`moods.today` is not valid"),
    ]

    @Test(arguments: rows)
    func `a body of the wrong type is a 400 that names the member`(row: Row) async throws {
        try await withClient(
            of: BareBackend()
        ) { server in
            try server.route(.post, "/orders") { request, writer in
                let order = try request.decode(Order.self)
                writer.send(try HTTPResponse(.accepted, encoding: order))
            }
        } while: { client, server in
            let response = try await client.ask(.post, "/orders", body: row.body)
            let message = try expect(response, is: 400, param: row.param, code: row.code)
            #expect(message.contains(row.words), "\(message)")
        }
    }

    @Test func `a value is decoded and encoded`() async throws {
        try await withClient(
            of: BareBackend()
        ) { server in
            try server.route(.post, "/orders") { request, writer in
                let order: Order = try request.decode()
                writer.send(try HTTPResponse(.accepted, encoding: order))
            }
        } while: { client, server in
            let body = #"""
                {"moods":{"now":"calm","5":"cross"},"isGift":true,"items":[{"price":0.5,"count":2e0,"name":"a/b é"}],
                "level":255,"due":"2026-01-31T12:00:00Z","page":"https://page.test/a?b","seal":"aGk=","corner":[1,2.5],
                "extra":{"z":[null,true,1.5,"x"]},"unknown":0}
                """#
            let response = try await client.ask(.post, "/orders", body: body)
            #expect(response.head.status == .accepted)
            #expect(response[field: "Content-Type"] == "application/json")
            #expect(
                response.text
                    == #"{"corner":[1,2.5],"due":"2026-01-31T12:00:00Z","extra":{"z":[null,true,1.5,"x"]},"#
                    + #""isGift":true,"items":[{"count":2,"name":"a/b é","price":0.5}],"level":255,"#
                    + #""moods":{"5":"cross","now":"calm"},"page":"https://page.test/a?b","seal":"aGk="}"#)
        }
    }

    @Test func `a value that JSON cannot represent is a 500`() async throws {
        try await withClient(
            of: BareBackend()
        ) { server in
            try server.route(.get, "/infinite") { _, writer in
                writer.send(try HTTPResponse(encoding: [Double.infinity]))
            }
        } while: { client, server in
            try expect(try await client.ask(.get, "/infinite"), is: 500, "server_error", code: "server_error")
        }
    }
}
