internal import CMartletKernels

/// The threads and buffers of forward passes, reused from one pass to the next. For one pass at a time.
package final class Workspace {
    private let threads: KernelPool
    private var memory = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 64)
    private var capacity = 0

    /// Processors that this process may run on.
    package static var processorCount: Int { martlet_processors() }

    package init(_ threads: KernelPool) { self.threads = threads }

    /// - Parameter threads: threads that share each pass, including the caller's.
    package convenience init(threads: Int) { self.init(KernelPool(threads: threads)) }

    deinit { memory.deallocate() }

    /// Runs `body` with the threads when no other workspace uses them. It must not call this again.
    func inTurn<Result>(_ body: (_ pool: OpaquePointer) -> Result) -> Result { threads.inTurn(body) }

    /// Arrays of these numbers of floats, each at a multiple of 64 bytes. Valid until the next call.
    func buffers(_ counts: [Int]) -> [UnsafeMutablePointer<Float>] {
        let rounded = counts.map { ($0 + 15) / 16 * 16 }
        let needed = rounded.reduce(0, +)
        if needed > capacity {
            memory.deallocate()
            memory = .allocate(byteCount: needed * MemoryLayout<Float>.size, alignment: 64)
            capacity = needed
        }
        var next = memory.bindMemory(to: Float.self, capacity: needed)
        return rounded.map { count in
            defer { next += count }
            return next
        }
    }
}
