internal import CMartletKernels

/// What forward passes compute with: threads, and buffers that one pass leaves to the next. For one pass at a time.
package final class Workspace {
    let pool: OpaquePointer
    private var memory = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 64)
    private var capacity = 0

    /// Processors that this process may run on.
    package static var processorCount: Int { martlet_processors() }

    /// - Parameter threads: threads that share each pass, the caller's counted.
    package init(threads: Int) {
        pool = martlet_pool_create(threads)
    }

    deinit {
        martlet_pool_destroy(pool)
        memory.deallocate()
    }

    /// Room for some arrays of so many floats, each at a multiple of 64 bytes, until the next call.
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
