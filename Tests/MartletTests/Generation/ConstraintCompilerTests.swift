import MartletConstraint
import MartletOpenAI
import Testing

@testable import Martlet

struct ConstraintCompilerTests {
    private let host = ServedBackend(BareBackend(), configuration: ServerConfiguration(), gauges: Gauges())

    private func output(_ source: ConstraintSource, param: String = "p") -> StructuredOutput {
        StructuredOutput(source, param: param)
    }

    @Test func `a source is compiled once, also for requests at the same time`() async throws {
        let compiler = ConstraintCompiler(concurrency: 2)
        let constraints = try await withThrowingTaskGroup(of: Constraint.self) { group in
            for index in 0..<20 {
                group.addTask { [host] in
                    try await compiler.constraint(of: output(.regex("[a-z]{100}"), param: "p\(index)"), on: host)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(constraints.map(ObjectIdentifier.init)).count == 1)
        let other = try await compiler.constraint(of: output(.regex("[a-z]{101}")), on: host)
        #expect(other !== constraints.first)
    }

    @Test func `a source that cannot be compiled is a 400 with the parameter of its own request`() async throws {
        let compiler = ConstraintCompiler(concurrency: 1)
        for param in ["guided_regex", "structured_outputs.regex"] {
            let error = await #expect(throws: BackendError.self) {
                try await compiler.constraint(of: output(.regex("("), param: param), on: host)
            }
            #expect(error?.error.status == 400)
            #expect(error?.error.param == param)
            #expect(error?.error.message.hasPrefix("`\(param)` cannot be followed: ") == true)
        }
    }

    @Test func `a source of more than 1 MiB is a 400`() async throws {
        let compiler = ConstraintCompiler(concurrency: 1)
        let long = String(repeating: "a", count: 1 << 20)
        let error = await #expect(throws: BackendError.self) {
            try await compiler.constraint(of: output(.choices([long])), on: host)
        }
        #expect(error?.error.status == 400)
        #expect(error?.error.message.hasSuffix("bytes, and this server takes at most 1048576.") == true)
    }

    @Test func `a cancelled request is not compiled, and frees its place`() async throws {
        let compiler = ConstraintCompiler(concurrency: 1)
        for _ in 0..<3 {
            let task = Task { [host] in
                withUnsafeCurrentTask { $0?.cancel() }
                return try await compiler.constraint(of: output(.regex("a")), on: host)
            }
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        _ = try await compiler.constraint(of: output(.regex("a")), on: host)
    }

}
