import Foundation
import Martlet
import MartletCurl
import MartletHTTP
import MartletTesting
import Testing

/// How TLS connections are made, as far as it shows without a certificate.
struct CurlTLSTests {
    private func failure(_ request: OutgoingRequest, while body: () async throws -> Void = {}) async throws
        -> TransportError?
    {
        let transport = CurlTransport()
        let transfer = transport.begin(request)
        var failure: TransportError?
        do {
            try await body()
            _ = try await transfer.head()
        } catch let error as TransportError {
            failure = error
        } catch {
            await transport.shutDown()
            throw error
        }
        await transport.shutDown()
        return failure
    }

    @Test func `a request to one address of a name asks for the certificate of the name`() async throws {
        let listener = try RawListener()
        var request = OutgoingRequest(.get, "https://model.internal:\(listener.port)/v1/models")
        request.address = "127.0.0.1"
        var hello: [UInt8] = []
        let error = try await failure(request) {
            let peer = try await listener.accept()
            hello = try await peer.receive()
            await peer.close()
        }
        await listener.close()
        // The name is in the extension server_name (RFC 6066 §3), not encrypted.
        #expect(hello.first == 22 && String(decoding: hello, as: UTF8.self).contains("model.internal"))
        #expect(error?.kind == .tls, "\(String(describing: error))")
    }

    @Test func `a request has the authorities that it names, and not those of another one`() async throws {
        try await withFaultServer([]) { server in
            let url = "https" + server.url.dropFirst("http".count)
            for file in ["/nowhere/one.pem", "/nowhere/two.pem"] {
                var request = OutgoingRequest(.get, url)
                request.certificateAuthorityFile = file
                let error = try await failure(request)
                #expect(error?.kind == .tls && error?.message.contains(file) == true, "\(String(describing: error))")
                #expect(error?.isBeforeConnection == true)
            }
        }
    }
}
