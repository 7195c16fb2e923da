import Martlet

struct Parrot: ChatBackend {
    func listModels() -> [Model] { ["parrot"] }

    func chatCompletionStream(_ request: ChatRequest, to sink: StreamSink) async throws {
        for word in request.lastUserText.split(separator: " ") {
            try await sink.emit("\(word) ")  // suspends while the client is slow, throws when it is gone
        }
    }  // returning means finish_reason "stop"
}

try await serve(Parrot())  // 127.0.0.1:8080 until SIGINT or SIGTERM, then drains
