internal import CMartletKernels

/// The threads and buffers of forward passes, reused from one pass to the next. For one pass at a time.
package final class Workspace {
    let pool: OpaquePointer
    private var memory = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 64)
    private var capacity = 0

    /// Processors that this process may run on.
    package static var processorCount: Int { martlet_processors() }

    /// - Parameter threads: threads that share each pass, including the caller's.
    package init(threads: Int) {
        pool = martlet_pool_create(threads)
    }

    deinit {
        martlet_pool_destroy(pool)
        memory.deallocate()
    }

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
