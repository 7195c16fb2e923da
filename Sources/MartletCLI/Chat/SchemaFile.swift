import ArgumentParser
import Foundation
import MartletClient

/// The file of `martlet chat --schema`.
enum SchemaFile {
    /// A strict format with the schema of a file. OpenAI requires a name, which is the file's without its extensions.
    ///
    /// - Throws: `ValidationError` for a file that cannot be read, or that has no JSON object.
    static func format(_ path: String) throws -> ResponseFormat {
        if path.isEmpty { throw ValidationError("--schema needs a file.") }
        let url = URL(filePath: path)
        let bytes: [UInt8]
        do { bytes = Array(try Data(contentsOf: url)) } catch {
            throw ValidationError("--schema: \(path) cannot be read: \(error.localizedDescription)")
        }
        let value: JSONValue
        do throws(JSONError) { value = try JSONValue(parsing: bytes) } catch {
            throw ValidationError("--schema: \(path) is not JSON: \(error)")
        }
        guard let schema = value.object else {
            throw ValidationError("--schema: \(path) is not a schema: it must be an object, {…}.")
        }
        return .jsonSchema(name: name(of: url), schema: schema, isStrict: true)
    }

    private static func name(of url: URL) -> String {
        let base = url.lastPathComponent.prefix { $0 != "." }
        let name = base.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "_-".contains($0)) }.prefix(64)
        return name.isEmpty ? "reply" : String(name)
    }
}
