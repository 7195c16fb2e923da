import Foundation
import MartletTestSupport

/// A file that is deleted after the test, in a folder of its own.
struct TemporaryFile {
    let url: URL

    var path: String { url.path }

    static func with<Result>(_ content: String, _ body: (TemporaryFile) async throws -> Result) async throws -> Result {
        try await withTemporaryFolder { folder in
            let file = TemporaryFile(url: URL(filePath: folder).appending(path: "gateway.yaml"))
            try file.write(content)
            return try await body(file)
        }
    }

    /// Replaces the file, as editors do: there is never a half of it.
    func write(_ content: String) throws { try write(Array(content.utf8)) }

    func write(_ bytes: [UInt8]) throws { try Data(bytes).write(to: url, options: .atomic) }
}
