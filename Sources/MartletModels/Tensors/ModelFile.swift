internal import MartletJSON

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The bytes of one file of a model, in memory for as long as this object lives.
package final class ModelFile {
    /// Its name in error messages.
    package let name: String
    package let bytes: UnsafeRawBufferPointer
    private let release: Release

    private enum Release {
        case nothing, memory, mapping
    }

    /// Bytes that are never freed, such as those of the binary itself.
    package init(name: String, embedded start: UnsafeRawPointer, count: Int) {
        self.name = name
        bytes = UnsafeRawBufferPointer(start: start, count: count)
        release = .nothing
    }

    package init(name: String, copying contents: [UInt8]) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: contents.count, alignment: 64)
        copy.copyBytes(from: contents)
        self.name = name
        bytes = UnsafeRawBufferPointer(copy)
        release = .memory
    }

    /// Whether a file exists at the path.
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Maps a regular file, so that only the pages that are accessed are read. The file must not be truncated meanwhile.
    package init(path: String) throws(ModelLoadError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ModelLoadError("cannot open \(path): \(Self.systemMessage())") }
        defer { close(descriptor) }

        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw ModelLoadError("cannot examine \(path): \(Self.systemMessage())")
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw ModelLoadError("\(path) is not a regular file") }

        name = path
        let count = Int(status.st_size)
        // mmap refuses an empty range.
        guard count > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            release = .nothing
            return
        }
        guard let start = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
            throw ModelLoadError("cannot read \(path): \(Self.systemMessage())")
        }
        bytes = UnsafeRawBufferPointer(start: start, count: count)
        release = .mapping
    }

    deinit {
        switch release {
        case .nothing: break
        case .memory: bytes.deallocate()
        case .mapping: munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
        }
    }

    private static func systemMessage() -> String {
        String(cString: strerror(errno))
    }
}

extension ModelFile {
    /// The file as one JSON object.
    func jsonObject() throws(ModelLoadError) -> JSONObject {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: Array(bytes))
        } catch {
            throw ModelLoadError("\(name) is not JSON: \(error)")
        }
        guard let object = value.object else { throw ModelLoadError("\(name) is not a JSON object") }
        return object
    }
}

/// Why a model could not be loaded: one printable sentence that names the file and the fault.
public struct ModelLoadError: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String

    package init(_ description: String) {
        self.description = description
    }
}
