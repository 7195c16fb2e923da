import MartletClient
import MartletTesting
import Synchronization

/// An `LLM` of a server that does what these scripts say.
func withLLM<Result>(
    _ scripts: [FaultStep]..., body: (LLM, FaultServer) async throws -> Result
) async throws -> Result {
    try await withFaults(scripts: scripts) { (client, server) async throws in
        let llm = LLM(server.url, transport: client.transport)
        llm.setModel("gpt-2")
        return try await body(llm, server)
    }
}

/// What a stream wrote, and what it returned.
func relay(_ llm: LLM) async -> (frames: String, text: String) {
    let frames = Mutex("")
    let sink = ClosureSink { text in frames.withLock { $0 += text } }
    let text = await llm.chatStream([LLM.Message("user", "Hello!")], to: sink)
    return (frames.withLock { $0 }, text)
}
