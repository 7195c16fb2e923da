internal import CMartletKernels

/// The keys and values of all sequences, in blocks of 16 positions that are allocated when they are first used.
///
/// A block holds all layers, each as `martlet_page_size` describes. Which sequence has which block is decided by the
/// caller. For one thread at a time.
package final class KVCache {
    /// What a block holds.
    package struct Shape: Sendable, Hashable {
        let layerCount: Int
        let headCount: Int
        let headWidth: Int
        /// F32 beside F32 weights, so that results are those of a reference; F16 beside smaller ones, half as much to
        /// read.
        let format: martlet_format

        init(layerCount: Int, headCount: Int, headWidth: Int, weights: WeightFormat) {
            (self.layerCount, self.headCount, self.headWidth) = (layerCount, headCount, headWidth)
            format = weights == .f32 ? MARTLET_F32 : MARTLET_F16
        }

        var blockBytes: Int { martlet_page_size(format, headCount, headWidth) * layerCount }

        /// Bytes of one position.
        package var bytesPerToken: Int { blockBytes / KVCache.blockSize }
    }

    let shape: Shape
    private var pages: [UnsafeMutableRawPointer?]

    /// Positions of a block.
    package static var blockSize: Int { MARTLET_LANES }

    package init(_ shape: Shape, blockCount: Int) {
        self.shape = shape
        pages = Array(repeating: nil, count: blockCount)
    }

    deinit {
        for page in pages { page?.deallocate() }
    }

    /// The memory of a sequence's blocks, in their order.
    func pages(of blocks: [Int]) -> [UnsafeMutableRawPointer] {
        blocks.map { block in
            if let page = pages[block] { return page }
            let page = UnsafeMutableRawPointer.allocate(byteCount: shape.blockBytes, alignment: 64)
            page.initializeMemory(as: UInt8.self, repeating: 0, count: shape.blockBytes)
            pages[block] = page
            return page
        }
    }
}
