internal import CMartletKernels
internal import MartletJSON

/// A safetensors file: 8 bytes with the length of a JSON header (little-endian), the header, the tensors' data.
///
/// Nothing in the header is trusted: every range is checked against the file, and no two may overlap.
package struct Safetensors {
    private struct Entry {
        let type: String
        let shape: [Int]
        /// Bytes from the start of the file.
        let range: Range<Int>
    }

    /// The limit of the format's reference implementation.
    private static let maximumHeaderSize = 100_000_000

    private let file: ModelFile
    private var entries: [String: Entry] = [:]

    /// - Throws: `ModelLoadError` when the header is damaged or describes data that is not there.
    package init(_ file: ModelFile) throws(ModelLoadError) {
        self.file = file
        guard file.bytes.count >= 8 else {
            throw ModelLoadError("\(file.name) is truncated: \(file.bytes.count) bytes hold no safetensors header")
        }
        let headerSize = UInt64(littleEndian: file.bytes.loadUnaligned(as: UInt64.self))
        guard headerSize <= Self.maximumHeaderSize else {
            throw ModelLoadError("\(file.name) is not a safetensors file: its header would have \(headerSize) bytes")
        }
        let dataStart = 8 + Int(headerSize)
        guard dataStart <= file.bytes.count else {
            throw ModelLoadError(
                "\(file.name) is truncated: its header has \(headerSize) bytes and ends beyond the file")
        }

        for (name, value) in try Self.header(of: file, upTo: dataStart) where name != "__metadata__" {
            entries[name] = try Self.entry(name, value, in: file, dataStart: dataStart)
        }
        try refuseOverlaps()
    }

    package func contains(_ name: String) -> Bool {
        entries[name] != nil
    }

    /// The tensor's values as F32, row-major.
    ///
    /// - Throws: `ModelLoadError` when it is missing, has another shape, or is not F32, F16 or BF16.
    package func floats(_ name: String, shape: [Int]) throws(ModelLoadError) -> [Float] {
        let (type, source) = try tensor(name, shape: shape)
        return Self.widened(source, type)
    }

    /// The same without a copy, if the file has aligned F32 values.
    func withFloats<Result>(
        _ name: String, shape: [Int], _ body: (UnsafePointer<Float>) throws(ModelLoadError) -> Result
    ) throws(ModelLoadError) -> Result {
        let (type, source) = try tensor(name, shape: shape)
        if type == "F32", let start = source.baseAddress, Int(bitPattern: start) % MemoryLayout<Float>.alignment == 0 {
            return try body(start.assumingMemoryBound(to: Float.self))
        }
        let copy = UnsafeMutableBufferPointer<Float>.allocate(capacity: shape.reduce(1, *))
        defer { copy.deallocate() }
        guard let start = copy.baseAddress else { throw ModelLoadError("\(file.name): \(name) is empty") }
        Self.widen(source, type, into: start, copy.count)
        return try body(start)
    }

    /// The type and the bytes of a tensor that has the right shape.
    private func tensor(
        _ name: String, shape: [Int]
    ) throws(ModelLoadError) -> (type: String, bytes: UnsafeRawBufferPointer) {
        guard let entry = entries[name] else { throw ModelLoadError("\(file.name) has no tensor \(name)") }
        guard entry.shape == shape else {
            throw ModelLoadError("\(file.name): \(name) has shape \(entry.shape) where config.json implies \(shape)")
        }
        guard let width = ["F32": 4, "F16": 2, "BF16": 2][entry.type] else {
            throw ModelLoadError("\(file.name): \(name) is \(entry.type); F32, F16 and BF16 can be read")
        }
        let (size, overflow) = Self.elementCount(shape).multipliedReportingOverflow(by: width)
        guard !overflow, size == entry.range.count else {
            throw ModelLoadError(
                "\(file.name): \(name) has \(entry.range.count) bytes, too many or too few for its shape")
        }
        return (entry.type, UnsafeRawBufferPointer(rebasing: file.bytes[entry.range]))
    }

    private static func widened(_ source: UnsafeRawBufferPointer, _ type: String) -> [Float] {
        let count = type == "F32" ? source.count / 4 : source.count / 2
        return [Float](unsafeUninitializedCapacity: count) { values, filled in
            guard let target = values.baseAddress else { return }
            widen(source, type, into: target, count)
            filled = count
        }
    }

    private static func widen(
        _ source: UnsafeRawBufferPointer, _ type: String, into target: UnsafeMutablePointer<Float>, _ count: Int
    ) {
        guard let start = source.baseAddress else { return }
        switch type {
        case "F16": martlet_widen_f16(target, start, count)
        case "BF16": martlet_widen_bf16(target, start, count)
        default: UnsafeMutableRawPointer(target).copyMemory(from: start, byteCount: source.count)
        }
    }

    private static func header(of file: ModelFile, upTo end: Int) throws(ModelLoadError) -> JSONObject {
        do {
            guard let object = try JSONValue(parsing: Array(file.bytes[8..<end])).object else {
                throw ModelLoadError("\(file.name): the safetensors header is not a JSON object")
            }
            return object
        } catch let error as JSONError {
            throw ModelLoadError("\(file.name): the safetensors header is not JSON: \(error)")
        } catch {
            throw ModelLoadError("\(error)")
        }
    }

    private static func entry(
        _ name: String, _ value: JSONValue, in file: ModelFile, dataStart: Int
    ) throws(ModelLoadError) -> Entry {
        let shape = value.object?["shape"]?.array?.map { $0.number?.int ?? -1 }
        let offsets = value.object?["data_offsets"]?.array?.map { $0.number?.int ?? -1 }
        guard let type = value.object?["dtype"]?.string, let shape, shape.allSatisfy({ $0 >= 0 }), let offsets,
            offsets.count == 2
        else {
            throw ModelLoadError("\(file.name): the header's entry for \(name) is malformed")
        }
        guard offsets[0] >= 0, offsets[1] >= offsets[0], offsets[1] <= file.bytes.count - dataStart else {
            throw ModelLoadError("\(file.name) is truncated or damaged: \(name) lies outside of the file")
        }
        return Entry(type: type, shape: shape, range: dataStart + offsets[0]..<dataStart + offsets[1])
    }

    private func refuseOverlaps() throws(ModelLoadError) {
        var end = 0
        for (name, entry) in entries.sorted(by: { $0.value.range.lowerBound < $1.value.range.lowerBound })
        where !entry.range.isEmpty {
            guard entry.range.lowerBound >= end else {
                throw ModelLoadError("\(file.name) is damaged: \(name) overlaps another tensor")
            }
            end = entry.range.upperBound
        }
    }

    /// `Int.max` when the product does not fit.
    private static func elementCount(_ shape: [Int]) -> Int {
        shape.reduce(1) { product, dimension in
            let (result, overflow) = product.multipliedReportingOverflow(by: dimension)
            return overflow ? Int.max : result
        }
    }
}
