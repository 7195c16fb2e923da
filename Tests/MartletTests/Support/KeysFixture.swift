import Foundation
import Martlet

/// A keys file in the temporary folder, in which the names of principals are their keys too.
final class KeysFixture: Sendable {
    let path: String

    /// - Parameter lines: Names and fields.
    init(_ lines: (name: String, fields: String)...) throws {
        path = URL.temporaryDirectory.appending(path: "keys-\(UUID().uuidString)").path
        try write(lines.map { Self.line($0.name, $0.fields) }.joined())
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ text: String) throws { try Data(text.utf8).write(to: URL(filePath: path)) }

    /// The line of a key, which is the name unless another one is given.
    static func line(_ name: String, _ fields: String = "permissions=infer", key: String? = nil) -> String {
        "\(name) sha256:\(SHA256.digest(of: Array((key ?? name).utf8).span)) \(fields)\n"
    }
}
