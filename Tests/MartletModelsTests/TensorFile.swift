import Testing

@testable import MartletModels

/// Writes safetensors files, valid and damaged.
struct TensorFile {
    var header = ""
    var data: [UInt8] = []

    /// Appends a tensor. F16 and BF16 take values that they can express as normal numbers.
    mutating func add(_ name: String, _ type: String, _ shape: [Int], _ values: [Float]) {
        let start = data.count
        for value in values {
            let bits = value.bitPattern
            switch type {
            case "F16":
                let exponent = value == 0 ? 0 : (bits >> 23 & 0xff) - 112
                let half = bits >> 16 & 0x8000 | exponent << 10 | bits >> 13 & 0x3ff
                data += [UInt8(half & 0xff), UInt8(half >> 8)]
            case "BF16":
                data += [UInt8(bits >> 16 & 0xff), UInt8(bits >> 24)]
            default:
                data += [0, 8, 16, 24].map { UInt8(bits >> $0 & 0xff) }
            }
        }
        describe(name, type, shape, "[\(start), \(data.count)]")
    }

    /// Appends an entry to the header alone.
    mutating func describe(_ name: String, _ type: String, _ shape: [Int], _ offsets: String) {
        header += header.isEmpty ? "" : ", "
        header += #""\#(name)": {"dtype": "\#(type)", "shape": \#(shape), "data_offsets": \#(offsets)}"#
    }

    var bytes: [UInt8] {
        let json = Array("{\(header)}".utf8)
        return (0..<8).map { UInt8(json.count >> ($0 * 8) & 0xff) } + json + data
    }

    func open() throws(ModelLoadError) -> Safetensors {
        try Safetensors(ModelFile(name: "t", copying: bytes))
    }
}
