internal import CCurl
internal import MartletHTTP

/// A request's fields as libcurl takes them, a linked list of lines, in memory that serves one request after the other.
struct CurlFieldList: ~Copyable {
    private var nodes = UnsafeMutableBufferPointer<curl_slist>.allocate(capacity: 16)
    private var text = UnsafeMutableRawBufferPointer.allocate(byteCount: 1024, alignment: 1)
    private var (lineCount, byteCount) = (0, 0)

    deinit {
        nodes.deallocate()
        text.deallocate()
    }

    /// Nil for an empty list.
    var first: UnsafeMutablePointer<curl_slist>? { lineCount > 0 ? nodes.baseAddress : nil }

    /// Replaces the list, which libcurl must not use any more.
    mutating func set(_ fields: HTTPFields) {
        (lineCount, byteCount) = (0, 0)
        reserve(lines: fields.count + 2, bytes: fields.byteCount + fields.count * 4 + 32)
        // Prevents Expect: 100-continue, for which libcurl would wait if the peer does not support it.
        append("Expect:")
        // libcurl would send one of its own.
        if !fields.contains("Content-Type") { append("Content-Type:") }
        fields.forEachBytes { name, value in
            appendLine { line in
                line.append(name)
                // libcurl removes a field whose name ends with a colon and has no value; a semicolon sends it empty.
                line.append(value.isEmpty ? ";" : ": ")
                line.append(value)
            }
        }
    }

    private mutating func append(_ line: StaticString) { appendLine { $0.append(line) } }

    private mutating func reserve(lines: Int, bytes: Int) {
        if lines > nodes.count {
            nodes.deallocate()
            nodes = .allocate(capacity: lines)
        }
        if bytes > text.count {
            text.deallocate()
            text = .allocate(byteCount: bytes, alignment: 1)
        }
    }

    private mutating func appendLine(_ body: (inout Line) -> Void) {
        let start = byteCount
        var line = Line(text, byteCount)
        body(&line)
        line.append("\0")
        byteCount = line.end
        let address = text.baseAddress.map { ($0 + start).assumingMemoryBound(to: CChar.self) }
        nodes.initializeElement(at: lineCount, to: curl_slist(data: address, next: nil))
        if lineCount > 0, let base = nodes.baseAddress { base[lineCount - 1].next = base + lineCount }
        lineCount += 1
    }
}

/// A line that is being written into memory that has room for it.
private struct Line {
    private let text: UnsafeMutableRawBufferPointer
    private(set) var end: Int

    init(_ text: UnsafeMutableRawBufferPointer, _ start: Int) { (self.text, end) = (text, start) }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        UnsafeMutableRawBufferPointer(rebasing: text[end...]).copyMemory(from: bytes)
        end += bytes.count
    }

    mutating func append(_ literal: StaticString) {
        append(UnsafeRawBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }
}
