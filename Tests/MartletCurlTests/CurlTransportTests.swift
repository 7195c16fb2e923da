import Foundation
import Martlet
import MartletCurl
import MartletHTTP
import MartletTesting
import Testing

/// libcurl on the loop, against a server that plays scripts.
struct CurlTransportTests {
    private func withTransport<Result>(
        _ settings: CurlSettings = CurlSettings(), _ body: (CurlTransport) async throws -> Result
    ) async throws -> Result {
        let transport = CurlTransport(settings: settings)
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await body(transport)) } catch { result = .failure(error) }
        await transport.shutDown()
        return try result.get()
    }

    private func content(of exchange: any HTTPTransfer) async throws -> String {
        var bytes: [UInt8] = []
        while let more = try await exchange.next() { bytes += more }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func failure(of exchange: any HTTPTransfer) async -> TransportError? {
        do {
            _ = try await exchange.head()
            while try await exchange.next() != nil {}
            return nil
        } catch { return error }
    }

    @Test func `a request and its response are transferred unchanged`() async throws {
        try await withFaultServer([
            .json(#"{"a":"é"}"#, status: 201, fields: ["X-Request-Id": "r1", "x-two": "1", "X-Two": "2"])
        ]) {
            server in
            try await withTransport { transport in
                let fields: HTTPFields = ["Content-Type": "application/json", "X-Mine": "yes", "X-Empty": ""]
                let exchange = transport.begin(
                    OutgoingRequest(.post, server.url + "/v1/x?y=1", fields: fields, body: Array("{\"b\":1}".utf8)))
                let head = try await exchange.head()
                #expect(head.status.code == 201)
                #expect(head.fields["x-request-id"] == "r1")
                #expect(head.fields.values(of: "x-two") == ["1", "2"])
                #expect(try await content(of: exchange) == #"{"a":"é"}"#)
                let request = try #require(server.requests.first)
                #expect((request.head.method, request.head.target) == (.post, "/v1/x?y=1"))
                #expect(request.head.fields["x-mine"] == "yes")
                #expect(request.head.fields["x-empty"] == "")
                #expect(request.head.fields["content-length"] == "7")
                #expect(request.head.fields["host"] == "127.0.0.1:\(server.port)")
                #expect(!request.head.fields.contains("expect"))
                #expect(request.body == Array("{\"b\":1}".utf8))
            }
        }
    }

    @Test func `the environment names the file of trusted certificates, curl's variable first`() async throws {
        let variables = ["CURL_CA_BUNDLE", "SSL_CERT_FILE"]
        let before = variables.map { ProcessInfo.processInfo.environment[$0] }
        defer {
            for (name, value) in zip(variables, before) {
                if let value { setenv(name, value, 1) } else { unsetenv(name) }
            }
        }
        setenv("SSL_CERT_FILE", "/nowhere/ssl.pem", 1)
        setenv("CURL_CA_BUNDLE", "", 1)
        #expect(CurlSettings().certificateAuthorityFile == "/nowhere/ssl.pem")
        setenv("CURL_CA_BUNDLE", "/nowhere/curl.pem", 1)
        #expect(CurlSettings().certificateAuthorityFile == "/nowhere/curl.pem")
        try await withFaultServer([]) { server in
            try await withTransport { transport in
                let url = "https" + server.url.dropFirst("http".count)
                let error = try #require(await failure(of: transport.begin(OutgoingRequest(.get, url))))
                #expect(error.kind == .tls)
                #expect(error.message.contains("/nowhere/curl.pem"), "\(error)")
            }
        }
    }

    @Test func `connections are reused, and a stale one is replaced`() async throws {
        let answer = FaultStep.json("{}")
        try await withFaultServer([answer], [answer], [answer, .delay(.milliseconds(50)), .close], [answer]) { server in
            try await withTransport { transport in
                for index in 0..<4 {
                    let exchange = transport.begin(OutgoingRequest(.post, server.url, body: [123, 125]))
                    #expect(try await exchange.head().status == .ok)
                    #expect(try await content(of: exchange) == "{}")
                    if index == 2 { try await Task.sleep(for: .milliseconds(200)) }
                }
                #expect(server.requests.map(\.connection) == [0, 0, 0, 1])
            }
        }
    }

    @Test func `a fast peer is paused until its bytes are taken`() async throws {
        let piece = String(repeating: "x", count: 64 * 1024)
        let count = 512
        let fields: HTTPFields = ["Content-Length": String(count * piece.utf8.count)]
        try await withFaultServer([.head(200, fields), .send(piece, times: count)]) { server in
            try await withTransport { transport in
                let exchange = transport.begin(OutgoingRequest(.get, server.url))
                _ = try await exchange.head()
                var sent = -1
                while server.bytesSent != sent {
                    sent = server.bytesSent
                    try await Task.sleep(for: .milliseconds(200))
                }
                #expect(sent < count * piece.utf8.count / 2)
                #expect(try await content(of: exchange).utf8.count == count * piece.utf8.count)
            }
        }
    }

    @Test func `cancelling the transfer or its task closes the socket`() async throws {
        try await withFaultServer([.streamHead, .send("a"), .stall]) { server in
            try await withTransport { transport in
                for isByHand in [true, false] {
                    let exchange = transport.begin(OutgoingRequest(.get, server.url))
                    _ = try await exchange.head()
                    #expect(try await exchange.next() == [97])
                    let reading = Task { await failure(of: exchange) }
                    try await Task.sleep(for: .milliseconds(20))
                    if isByHand { exchange.cancel() } else { reading.cancel() }
                    #expect(await reading.value == .cancelled)
                    while server.openConnections > 0 { try await Task.sleep(for: .milliseconds(1)) }
                }
            }
        }
    }

    @Test(
        arguments: [
            ([.reset], .connectionLost), ([.close], .connectionLost),
            ([.send("HTTP/1.1 200 OK\r\nContent-Le"), .reset], .connectionLost),
            ([.head(200, ["Content-Length": "9"]), .send("abc"), .close], .connectionLost),
            ([.head(200, ["Content-Length": "9"]), .send("abc"), .reset], .connectionLost),
            ([.head(200, ["Transfer-Encoding": "chunked"]), .send("3\r\nabc\r\n"), .close], .connectionLost),
            (
                [.send("HTTP/1.1 200 OK\r\n" + String(repeating: "X: 23456\r\n", count: 30_000) + "\r\n")],
                .protocolError
            ),
        ] as [([FaultStep], TransportError.Kind)])
    func `each kind of broken response is its own kind of error`(_ script: [FaultStep], _ kind: TransportError.Kind)
        async throws
    {
        try await withFaultServer(script) { server in
            try await withTransport { transport in
                let error = await failure(of: transport.begin(OutgoingRequest(.get, server.url)))
                #expect(error?.kind == kind)
                #expect(error?.message.isEmpty == false)
            }
        }
    }

    @Test func `an unreachable host is an error with its reason`() async throws {
        try await withTransport { transport in
            let refused = "http://127.0.0.1:\(try FaultServer.refusedPort())"
            for (url, kind) in [
                (refused, TransportError.Kind.connectFailed), ("ftp://127.0.0.1/", .badURL), ("no url", .badURL),
                ("http://name.invalid/", .unknownHost),
            ] {
                #expect(await failure(of: transport.begin(OutgoingRequest(.get, url)))?.kind == kind, "\(url)")
            }
        }
    }

    @Test func `interim responses are skipped, and every status has its fields`() async throws {
        let early = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        let last = "HTTP/1.1 204 No Content\r\nX-Last: 1\r\n\r\n"
        try await withFaultServer([.send(early + last, inPiecesOf: 7)]) { server in
            try await withTransport { transport in
                let exchange = transport.begin(OutgoingRequest(.get, server.url))
                let head = try await exchange.head()
                #expect((head.status.code, head.fields["x-last"], head.fields["link"]) == (204, "1", nil))
                #expect(try await exchange.next() == nil)
            }
        }
    }

    @Test func `a redirect is reported and not followed`() async throws {
        try await withFaultServer([.json("{}", status: 307, fields: ["Location": "/elsewhere?a=b"])]) { server in
            try await withTransport { transport in
                let head = try await transport.begin(OutgoingRequest(.post, server.url + "/v1/x")).head()
                #expect(head.redirectURL == server.url + "/elsewhere?a=b")
                #expect(server.requests.count == 1)
            }
        }
    }

    @Test func `a configured proxy is used`() async throws {
        try await withFaultServer([.json("{}")]) { server in
            var settings = CurlSettings()
            settings.proxy = server.url
            try await withTransport(settings) { transport in
                let head = try await transport.begin(OutgoingRequest(.get, "http://api.example/v1/x")).head()
                #expect(head.status == .ok)
                #expect(server.requests.first?.head.target == "http://api.example/v1/x")
            }
        }
    }

    @Test func `a shutdown cancels active transfers and refuses new ones`() async throws {
        try await withFaultServer([.stall]) { server in
            let transport = CurlTransport()
            let exchange = transport.begin(OutgoingRequest(.get, server.url))
            while server.requests.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
            await transport.shutDown()
            #expect(await failure(of: exchange)?.kind == .cancelled)
            #expect(await failure(of: transport.begin(OutgoingRequest(.get, server.url)))?.kind == .other)
            while server.openConnections > 0 { try await Task.sleep(for: .milliseconds(1)) }
        }
    }
}
