import Foundation
import Martlet
import MartletGateway
import MartletHTTP
import MartletTesting
import Testing

/// Upstreams whose connections break at each byte of an answer, and networks that do not carry everything at once.
@Suite(.serialized)
struct CutTests {
    private static let chat = "/v1/chat/completions"

    private static func upstream(_ port: Int, _ name: String, priority: Int = 0) -> Upstream {
        var upstream = Upstream("http://127.0.0.1:\(port)", name: name, models: ["fault": "fault"])
        upstream.priority = priority
        return upstream
    }

    private static func response(_ type: String, _ body: String) -> String {
        "HTTP/1.1 200 OK\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    private static let whole =
        #"{"id":"c","object":"chat.completion","created":1,"model":"fault","choices":[{"index":0,"message":"#
        + #"{"role":"assistant","content":"Hi","refusal":null},"logprobs":null,"finish_reason":"stop"}]}"#
    private static let events = [
        FaultStep.eventText(FaultStep.chunk(delta: #"{"role":"assistant","content":"One"}"#)),
        FaultStep.eventText(FaultStep.chunk(delta: #"{"content":" two"}"#)),
        FaultStep.eventText(FaultStep.chunk(delta: "{}", finish: "stop")), FaultStep.eventText("[DONE]"),
    ]

    /// Asks a gateway whose first upstream is behind a proxy with a fault, and whose second one is well.
    private func ask(
        _ stream: Bool, cutAfter count: Int, by ending: TCPFault.Ending
    ) async throws -> (response: HTTPResponse, failedOver: Bool) {
        let answer =
            stream
            ? Self.response("text/event-stream", Self.events.joined()) : Self.response("application/json", Self.whole)
        return try await withFaultServer([.send(answer)]) { first in
            try await withFaultServer([.send(answer)]) { second in
                try await withTCPProxy(
                    to: first.port, fault: .cut(afterBytes: count, by: ending, direction: .fromServer)
                ) { proxy in
                    var result: HTTPResponse?
                    let upstreams = [Self.upstream(proxy.port, "cut"), Self.upstream(second.port, "well", priority: 1)]
                    try await withGateway(upstreams) { client, _ in
                        let stream = stream ? #","stream":true"# : ""
                        result = try await client.post(
                            Self.chat, #"{"model":"fault","messages":[{"role":"user","content":"Hi"}]\#(stream)}"#)
                    }
                    return (try #require(result), !second.requests.isEmpty)
                }
            }
        }
    }

    @Test(arguments: [TCPFault.Ending.fin, .rst])
    func `an answer that is cut anywhere comes from the next upstream`(_ ending: TCPFault.Ending) async throws {
        let size = Self.response("application/json", Self.whole).utf8.count
        for count in stride(from: 0, to: size, by: 11) {
            let (response, failedOver) = try await ask(false, cutAfter: count, by: ending)
            #expect(response.head.status == .ok && response.text == Self.whole, "\(count)")
            #expect(failedOver, "\(count)")
        }
    }

    @Test(arguments: [TCPFault.Ending.fin, .rst])
    func `a stream that is cut anywhere is retried before its first event, and has one error after it`(
        _ ending: TCPFault.Ending
    ) async throws {
        let body = Self.events.joined().utf8.count
        let size = Self.response("text/event-stream", Self.events.joined()).utf8.count
        for count in stride(from: 0, to: size, by: 13) {
            let (response, failedOver) = try await ask(true, cutAfter: count, by: ending)
            #expect(response.head.status == .ok, "\(count)")
            let parts = response.text.components(separatedBy: "\n\n").dropLast()
            if count < size - body + Self.events[0].utf8.count {
                #expect(failedOver && response.text == Self.events.joined(), "\(count)")
            } else if count >= size - Self.events[3].utf8.count {
                // Nothing is missing but the mark of the end.
                #expect(!failedOver && response.text == Self.events.joined(), "\(count)")
            } else {
                #expect(!failedOver, "\(count)")
                let errors = parts.filter { $0.contains(#""error":{"#) }
                #expect(errors.count == 1, "\(count): \(response.text)")
                #expect(parts.suffix(2).first == errors.first && parts.last?.hasSuffix("[DONE]") == true, "\(count)")
                let complete = parts.dropLast(2).map { $0 + "\n\n" }
                #expect(complete == Array(Self.events.prefix(complete.count)), "\(count)")
            }
        }
    }
}
