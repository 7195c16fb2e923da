import AsyncHTTPClient
import Cost
import Foundation
import NIOCore

// The least that a client of one's own does: lines, and typed JSON.

struct Chunk: Decodable {
    struct Choice: Decodable {
        struct Delta: Decodable { var content: String? }
        var delta: Delta
    }
    var choices: [Choice]
}

let cost = Cost()
let url = cost.url
nonisolated let body = #"{"model":"scripted","messages":[{"role":"user","content":"Hi"}],"stream":true}"#
let tokens = try await withThrowingTaskGroup(of: Int.self) { group in
    for _ in 0..<cost.streams {
        group.addTask { [url] in
            var request = HTTPClientRequest(url: url + "/v1/chat/completions")
            request.method = .POST
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: body))
            let response = try await HTTPClient.shared.execute(request, timeout: .seconds(300))
            let decoder = JSONDecoder()
            var buffer = ByteBuffer()
            var count = 0
            for try await piece in response.body {
                buffer.writeImmutableBuffer(piece)
                while let end = buffer.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
                    let length = end - buffer.readerIndex
                    guard let line = buffer.readSlice(length: length) else { break }
                    buffer.moveReaderIndex(forwardBy: 1)
                    let bytes = line.readableBytesView
                    guard bytes.starts(with: Array("data: {".utf8)) else { continue }
                    let chunk = try decoder.decode(Chunk.self, from: Data(bytes.dropFirst(6)))
                    if chunk.choices.first?.delta.content?.isEmpty == false { count += 1 }
                }
                buffer.discardReadBytes()
            }
            return count
        }
    }
    var sum = 0
    for try await count in group { sum += count }
    return sum
}
cost.report(tokens)
