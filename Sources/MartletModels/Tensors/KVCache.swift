internal import CMartletKernels

/// The keys and values of all sequences, in blocks of 16 positions that are allocated when they are first used.
///
/// A block holds all layers, each as `martlet_page_size` describes. Which sequence has which block is decided by the
/// caller. For one thread at a time.
package final class KVCache {
    private var pages: [UnsafeMutablePointer<Float>?]
    private let layerSize: Int
    private let pageSize: Int

    /// Positions of a block.
    package static var blockSize: Int { MARTLET_LANES }

    package init(layerCount: Int, headCount: Int, headWidth: Int, blockCount: Int) {
        pages = Array(repeating: nil, count: blockCount)
        layerSize = martlet_page_size(headCount, headWidth)
        pageSize = layerSize * layerCount
    }

    deinit {
        for page in pages { page?.deallocate() }
    }

    /// Where a layer starts in each page.
    func offset(ofLayer layer: Int) -> Int { layer * layerSize }

    /// The memory of a sequence's blocks, in their order.
    func pages(of blocks: [Int]) -> [UnsafeMutablePointer<Float>] {
        blocks.map { block in
            if let page = pages[block] { return page }
            let page = UnsafeMutablePointer<Float>.allocate(capacity: pageSize)
            page.initialize(repeating: 0, count: pageSize)
            pages[block] = page
            return page
        }
    }
}
