extension JSONValue {
    /// About how many bytes of memory the value of a JSON text takes while it is read, from a count of its parts: a
    /// value in an array, with room for the array to grow; a storage for each array and object; the text itself.
    package static func estimatedMemory(of text: Span<UInt8>) -> Int {
        var elements = 0
        var containers = 0
        for index in text.indices {
            let byte = text[index]
            elements &+= byte == UInt8(ascii: ",") ? 1 : 0
            containers &+= byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") ? 1 : 0
        }
        return text.count + elements * 2 * MemoryLayout<JSONValue>.stride + containers * 4
            * MemoryLayout<JSONValue>.stride
    }
}
