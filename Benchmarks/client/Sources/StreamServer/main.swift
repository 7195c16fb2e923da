import Martlet
import MartletTesting

// Streams a number of tokens to each client, one every so many microseconds, or as fast as they are read.
// Arguments: TOKENS MICROSECONDS

let tokens = Int(CommandLine.arguments[1]) ?? 100
let pause = Int(CommandLine.arguments[2]) ?? 0
let step = ScriptedStep { sink in
    var next = ContinuousClock.now
    for number in 0..<tokens {
        if pause > 0 {
            next += .microseconds(pause)
            try await Task.sleep(until: next, clock: .continuous)
        }
        try await sink.emit(.text(" token\(number % 10)"))
    }
}
var backend = ScriptedBackend([step])
backend.maxConcurrency = 4096
try await withServer(backend, configuration: ServerConfiguration(port: 0)) { server in
    // Without a buffer between.
    print(server.port)
    flush()
    // Until it is ended.
    while !Task.isCancelled { try await Task.sleep(for: .seconds(3600)) }
}
