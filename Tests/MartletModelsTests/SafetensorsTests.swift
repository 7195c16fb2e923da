import Testing

@testable import MartletModels

struct SafetensorsTests {
    @Test func `every binary16 pattern is widened exactly`() throws {
        var file = TensorFile()
        file.describe("x", "F16", [65536], "[1, 131073]")  // not aligned
        file.data = [0] + (0...UInt16.max).flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
        let values = try file.open().floats("x", shape: [65536])
        for (pattern, value) in values.enumerated() {
            let exponent = pattern >> 10 & 31
            let fraction = Float(pattern & 1023) / 1024
            let magnitude: Float =
                switch exponent {
                case 0: fraction * 0x1p-14
                case 31: fraction == 0 ? .infinity : .nan
                default: (1 + fraction) * Float(sign: .plus, exponent: exponent - 15, significand: 1)
                }
            let expected = pattern < 0x8000 ? magnitude : -magnitude
            #expect(value == expected && value.sign == expected.sign || value.isNaN && expected.isNaN, "\(pattern)")
        }
    }

    @Test func `bfloat16 is the upper half of an F32, also for subnormals`() throws {
        var file = TensorFile()
        file.describe("x", "BF16", [65536], "[0, 131072]")
        file.data = (0...UInt16.max).flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
        let values = try file.open().floats("x", shape: [65536])
        #expect(values.map(\.bitPattern) == (0..<65536).map { UInt32($0) << 16 })
    }

    @Test func `F32 is read unchanged, at any alignment`() throws {
        let values: [Float] = [1.5, -0, .infinity, 0x1p-149, -3e38]
        var file = TensorFile()
        file.add("x", "F32", [5], values)
        file.header += String(repeating: " ", count: 3)
        #expect(try file.open().floats("x", shape: [5]).map(\.bitPattern) == values.map(\.bitPattern))
    }

    @Test(arguments: [
        ([], "truncated"),
        ([1, 0, 0], "truncated"),
        ([255, 255, 255, 255, 255, 255, 255, 255], "not a safetensors file"),
        ([0, 225, 245, 6, 0, 0, 0, 0], "not a safetensors file"),
        ([10, 0, 0, 0, 0, 0, 0, 0, 123, 125], "ends beyond the file"),
        ([2, 0, 0, 0, 0, 0, 0, 0, 123, 123], "not JSON"),
        ([2, 0, 0, 0, 0, 0, 0, 0, 91, 93], "not a JSON object"),
        ([0, 0, 0, 0, 0, 0, 0, 0], "not JSON"),
    ])
    func `errors name a damaged header`(bytes: [UInt8], message: String) {
        expect(message) { try Safetensors(ModelFile(name: "t", copying: bytes)) }
    }

    @Test(arguments: [
        ("[0, 100]", [2, 2], "lies outside"),
        ("[-1, 4]", [1], "lies outside"),
        ("[8, 4]", [1], "lies outside"),
        ("[16, 24]", [2], "lies outside"),
        ("[0, 9223372036854775807]", [2], "lies outside"),
        ("[0, 99999999999999999999]", [2], "lies outside"),
        ("[0]", [2], "malformed"),
        ("null", [2], "malformed"),
        ("[0, 8]", [-2], "malformed"),
    ])
    func `an entry outside of the file is refused`(offsets: String, shape: [Int], message: String) {
        var file = TensorFile()
        file.describe("x", "F32", shape, offsets)
        file.data = [UInt8](repeating: 0, count: 16)
        expect(message) { try file.open() }
    }

    @Test func `overlapping tensors are refused, empty ones and gaps are not`() throws {
        var file = TensorFile()
        file.data = [UInt8](repeating: 0, count: 16)
        file.describe("a", "F32", [1], "[0, 4]")
        file.describe("b", "F32", [0], "[2, 2]")
        file.describe("c", "F32", [2], "[8, 16]")
        #expect(try file.open().floats("b", shape: [0]) == [])
        file.describe("d", "F32", [1], "[6, 10]")
        expect("overlaps") { try file.open() }
    }

    @Test(arguments: [
        ("x", "F32", [3], [3], "8 bytes, too many or too few"),
        ("x", "F32", [4], [2], "has shape [4]"),
        ("x", "F32", [2, 2], [4], "has shape [2, 2]"),
        ("x", "F64", [2], [2], "x is F64"),
        ("x", "F32", [Int.max, 4], [Int.max, 4], "too many or too few"),
        ("y", "F32", [2], [2], "no tensor x"),
    ])
    func `a tensor of another shape or type is refused`(
        name: String, type: String, shape: [Int], requested: [Int], message: String
    ) {
        var file = TensorFile()
        file.describe(name, type, shape, "[0, 8]")
        file.data = [UInt8](repeating: 0, count: 8)
        expect(message) { try file.open().floats("x", shape: requested) }
    }

    private func expect<Value>(_ message: String, _ body: () throws -> Value) {
        let error = #expect(throws: ModelLoadError.self) { _ = try body() }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }
}
