import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// Routes that an application adds.
@Suite(.serialized)
struct WireCustomRoutesTests {
    private struct Oops: Error {}

    @Test func `a route sends a complete response, and gets the request`() async throws {
        try await withClient(
            of: BareBackend()
        ) { server in
            try server.route(.post, "/api/send") { request, writer in
                let text = "\(request.path)?\(request.head.query ?? "") \(request.fields["X-Mine"] ?? "")"
                writer.send(
                    HTTPResponse(HTTPStatus(201), fields: ["X-Ours": "o"], body: Array(text.utf8) + request.body))
            }
        } while: { client, server in
            let response = try await client.ask(.post, "/api/send?q=1", fields: ["x-mine": "m"], body: "!")
            #expect(response.code == 201)
            #expect(response[field: "X-Ours"] == "o")
            #expect(response.text == "/api/send?q=1 m!")
        }
    }

    @Test func `a route streams, and its return ends the stream`() async throws {
        try await withClient(
            of: BareBackend()
        ) { server in
            try server.route(.get, "/count") { _, writer in
                let body = writer.stream(ResponseHead(fields: ["Content-Type": "text/plain"]))
                for number in 1...3 { try await body.write(Array("\(number) ".utf8)) }
            }
        } while: { client, server in
            for _ in 0..<2 {
                let response = try await client.ask(.get, "/count")
                #expect(response[field: "Transfer-Encoding"] == "chunked")
                #expect(response.text == "1 2 3 ")
            }
        }
    }

    @Test func `a stream without content is an empty response`() async throws {
        try await withClient(
            of: BareBackend()
        ) { server in
            try server.route(.get, "/nothing") { _, writer in _ = writer.stream(ResponseHead(HTTPStatus(202))) }
            try server.route(.get, "/finished") { _, writer in writer.stream(ResponseHead(HTTPStatus(202))).finish()
            }
        } while: { client, server in
            for path in ["/nothing", "/finished"] {
                let response = try await client.ask(.get, path)
                #expect(response.code == 202)
                #expect(response.body.isEmpty)
            }
        }
    }

    @Test func `HEAD of a route for GET has its head only`() async throws {
        try await withClient(
            of: BareBackend()
        ) { server in
            try server.route(.get, "/whole") { _, writer in writer.send(HTTPResponse(text: "four")) }
            try server.route(.get, "/pieces") { _, writer in
                try await writer.stream(ResponseHead()).write(Array("four".utf8))
            }
        } while: { client, server in
            let head = try await client.ask(.head, "/whole")
            #expect(head[field: "Content-Length"] == "4")
            #expect(try await client.ask(.head, "/pieces").code == 200)
            #expect(try await client.ask(.get, "/whole").text == "four")
        }
    }

    @Test func `an error that a route throws is rendered like any other`() async throws {
        try await withClient(
            of: BareBackend()
        ) { server in
            try server.route(.get, "/busy") { _, _ in throw BackendError.unavailable("Busy.", retryAfter: 5) }
            try server.route(.get, "/oops") { _, _ in throw Oops() }
            try server.route(.get, "/late") { _, writer in
                _ = writer.stream(ResponseHead())
                throw BackendError.failed("Late.")
            }
        } while: { client, server in
            let busy = try await client.ask(.get, "/busy")
            try expect(busy, is: 503, "server_error", code: "service_unavailable")
            #expect(busy[field: "Retry-After"] == "5")
            #expect(
                !(try expect(try await client.ask(.get, "/oops"), is: 500, "server_error", code: "server_error")
                    .contains("Oops")))
            try expect(try await client.ask(.get, "/late"), is: 500, "server_error", code: "server_error")
        }
    }

    @Test func `a route that throws after its first content leaves a visibly incomplete response`() async throws {
        try await withClient(
            of: BareBackend()
        ) { server in
            try server.route(.get, "/torn") { _, writer in
                try await writer.stream(ResponseHead(fields: ["Content-Type": "application/x-ndjson"]))
                    .write(Array("{\"a\":1}\n".utf8))
                throw BackendError.failed("Torn.")
            }
        } while: { client, server in
            try await client.send(.get, "/torn")
            let bytes = try await client.receiveToEnd()
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(!text.contains("data:"))
            #expect(!text.hasSuffix("0\r\n\r\n"))
        }
    }

    @Test func `a route that sends no response is a 500`() async throws {
        try await withClient(
            of: BareBackend()
        ) { server in
            try server.route(.get, "/mute") { _, _ in }
        } while: { client, server in
            try expect(try await client.ask(.get, "/mute"), is: 500, "server_error", code: "server_error")
            #expect(try await client.ask(.get, "/health").code == 200)
        }
    }

    @Test func `a path may have several methods, and others are a 405`() async throws {
        try await withClient(
            of: BareBackend()
        ) { server in
            try server.route(.get, "/thing/") { _, writer in writer.send(HTTPResponse(text: "got")) }
            try server.route(.put, "/thing") { _, writer in writer.send(HTTPResponse(text: "put")) }
        } while: { client, server in
            #expect(try await client.ask(.get, "/thing").text == "got")
            #expect(try await client.ask(.put, "//thing/").text == "put")
            let refused = try await client.ask(.delete, "/thing")
            try expect(refused, is: 405)
            #expect(refused[field: "Allow"] == "GET, HEAD, OPTIONS, PUT")
        }
    }

    @Test(arguments: [
        ("/v1/models", "GET /v1/models"), ("/v1/models/scripted", "GET /v1/models/{id}"),
        ("/models/{id}", "GET /v1/models/{id}"), ("/health", "GET /health"), ("/", "GET /"),
        ("/api/tags/", "GET /api/tags"),
        ("//v1//chat/completions", "POST /v1/chat/completions"),
    ])
    func `a route at a path of the API is an error that names both`(path: String, shadowed: String) async throws {
        for method in [HTTPMethod.get, .put] {
            var server = Server(BareBackend())
            #expect {
                try server.route(method, path) { _, writer in writer.send(HTTPResponse(text: "mine")) }
            } throws: { error in
                "\(error)".contains("\(method) \(path) ") && "\(error)".contains(shadowed) && error is ServerError
            }
        }
    }

    @Test func `a second route for the same paths is an error that names both, and the first stays`() async throws {
        try await withClient(
            of: BareBackend()
        ) { server in
            for (first, second) in [("/same", "/same/"), ("/items/{id}", "/items/{name}")] {
                try server.route(.get, first) { _, writer in writer.send(HTTPResponse(text: "first")) }
                #expect {
                    try server.route(.get, second) { _, writer in writer.send(HTTPResponse(text: "second")) }
                } throws: { error in
                    let text = "\(error)"
                    return text.contains("GET \(second == "/same/" ? "/same" : second)")
                        && text.contains("GET \(first)")
                }
            }
        } while: { client, _ in
            for path in ["/items/1", "/same"] {
                let response = try await client.ask(.get, path)
                #expect(response.text == "first")
            }
        }
    }

    @Test func `an invalid route ends serve before it is ready`() async throws {
        await #expect(throws: ServerError.self) {
            try await serve(BareBackend(), configuration: ServerConfiguration(port: 0)) { server in
                try server.route(.post, "/v1/embeddings") { _, _ in }
            }
        }
    }

    @Test func `a route has parameters and a query`() async throws {
        try await withClient(
            of: BareBackend()
        ) { server in
            try server.route(.get, "/api/items/{id}/parts/{part}") { request, writer in
                let tags = request.query.values(of: "tag").joined(separator: "|")
                let (id, part) = (request.parameters["id"] ?? "", request.parameters["part"] ?? "")
                writer.send(HTTPResponse(text: "\(id) \(part) \(tags) \(request.query["q"] ?? "none")"))
            }
        } while: { client, server in
            let response = try await client.ask(.get, "/api/items/a%2Fb/parts/%C3%A9?tag=x+y&tag=%26&q=")
            #expect(response.text == "a/b é x y|& ")
            #expect(try await client.ask(.get, "/api/items/1/parts/2").text == "1 2  none")
            try expect(try await client.ask(.get, "/api/items/1"), is: 404)
            #expect(try await client.ask(.post, "/api/items/1/parts/2")[field: "Allow"] == "GET, HEAD, OPTIONS")
        }
    }

    @Test func `a part of the API that Martlet does not implement can be added`() async throws {
        try await withClient(
            of: BareBackend()
        ) { server in
            try server.route(.post, "/v1/conversations") { _, writer in writer.send(HTTPResponse(text: "mine")) }
        } while: { client, server in
            #expect(try await client.ask(.post, "/v1/conversations").text == "mine")
            try expect(
                try await client.ask(.get, "/v1/conversations/1"), is: 501, "not_implemented", code: "not_implemented")
        }
    }

    @Test func `a task that waits for room ends when another one ends the stream`() async throws {
        let isOver = Gate()
        try await withClient(of: BareBackend()) { server in
            try server.route(.get, "/two") { _, writer in
                let body = writer.stream(ResponseHead())
                let writing = Task {
                    while true { try await body.write([UInt8](repeating: 0x78, count: 65_536)) }
                }
                try await Task.sleep(for: .milliseconds(100))
                body.finish()
                _ = await writing.result
                isOver.open()
            }
        } while: { (_, server) async throws in
            let client = try await RawClient(server, receiveBufferBytes: 4096)
            try await client.send(.get, "/two")
            try await eventually { isOver.isOpen }
            await client.close()
            try await eventually { server.counters.tasks == 0 }
        }
    }

    @Test func `a route is cancelled when its client disconnects`() async throws {
        let (ended, isOver) = (Gate(), Gate())
        try await withClient(
            of: BareBackend()
        ) { server in
            try server.route(.get, "/wait") { _, _ in
                defer { isOver.open() }
                try await ended.pass()
            }
        } while: { client, server in
            try await client.send(.get, "/wait")
            try await eventually { server.counters.tasks == 1 }
            await client.reset()
            try await eventually { isOver.isOpen && server.counters.tasks == 0 }
            #expect(!ended.isOpen)
        }
    }
}
