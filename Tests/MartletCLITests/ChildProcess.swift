import Foundation
import MartletTestSupport
import Synchronization
import Testing

/// A child process of the tests. Every wait is bounded, and none blocks a thread of Swift's pool.
final class ChildProcess: Sendable {
    struct Outcome: Equatable {
        var code: Int32
        var output: String
        var errors: String
    }

    let output = ReceivedText()
    let errors = ReceivedText()
    private let process = Process()

    private init(
        _ executable: URL, _ arguments: [String], environment: [String: String], folder: URL?, input: String
    ) throws {
        process.executableURL = executable
        process.arguments = arguments
        // The environment of the tests may contain settings of its own.
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("MARTLET_") }
            .merging(environment) { $1 }
        if let folder { process.currentDirectoryURL = folder }
        let (standardInput, standardOutput, standardError) = (Pipe(), Pipe(), Pipe())
        process.standardInput = standardInput
        process.standardOutput = standardOutput
        process.standardError = standardError
        output.collect(from: standardOutput.fileHandleForReading)
        errors.collect(from: standardError.fileHandleForReading)
        try process.run()
        try standardInput.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try standardInput.fileHandleForWriting.close()
    }

    /// Starts the program, runs `body`, and ends the program.
    ///
    /// - Parameter input: The standard input, which must fit into a pipe.
    static func run<Result>(
        _ executable: URL, _ arguments: [String], environment: [String: String] = [:], folder: URL? = nil,
        input: String = "", _ body: (ChildProcess) async throws -> Result
    ) async throws -> Result {
        let child = try ChildProcess(
            executable, arguments, environment: environment, folder: folder, input: input)
        defer { child.signal(SIGKILL) }
        return try await body(child)
    }

    var isRunning: Bool { process.isRunning }
    var identifier: Int32 { process.processIdentifier }

    func signal(_ number: Int32) {
        if isRunning { kill(identifier, number) }
    }

    /// Waits until the program has ended and its output is complete.
    func outcome(within limit: Duration = .seconds(60)) async throws -> Outcome {
        try await eventually("the program to end; so far it printed \(output.text)\(errors.text)", within: limit) {
            !isRunning && output.isComplete && errors.isComplete
        }
        return Outcome(
            code: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
            output: output.text, errors: errors.text)
    }
}

/// Collects the output of a pipe.
final class ReceivedText: Sendable {
    private let state = Mutex<(bytes: Data, isComplete: Bool)>((Data(), false))

    var text: String { String(decoding: state.withLock { $0.bytes }, as: UTF8.self) }
    var isComplete: Bool { state.withLock { $0.isComplete } }

    /// Reads on a separate thread, because it blocks.
    fileprivate func collect(from handle: FileHandle) {
        DispatchQueue(label: "martlet.received-text").async {
            while case let bytes = handle.availableData, !bytes.isEmpty { self.state.withLock { $0.bytes += bytes } }
            self.state.withLock { $0.isComplete = true }
        }
    }
}
