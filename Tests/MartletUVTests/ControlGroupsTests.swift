import MartletUV
import Testing

struct ControlGroupsTests {
    private static let unlimited = "9223372036854771712\n"
    private static let mountedV2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
    private static let mountedV1 = """
        32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
        35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory

        """

    private static func limit(_ group: String, _ mounts: String, _ files: [String: String] = [:]) -> Int? {
        var files = files
        files["/proc/self/cgroup"] = group
        files["/proc/self/mountinfo"] = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n" + mounts
        return ControlGroups.memoryLimit { files[$0] }
    }

    @Test(arguments: [
        (["/a/b/memory.max": "3000\n", "/a/memory.max": "max\n", "/memory.max": "max\n"], 3000),
        (["/a/b/memory.max": "max\n", "/a/memory.max": "2000\n"], 2000),
        (["/a/b/memory.max": "3000\n", "/a/memory.max": "2000\n", "/memory.max": "1000\n"], 1000),
        (["/a/b/memory.max": "max\n"], nil), ([:], nil), (["/other/memory.max": "1\n"], nil),
        (["/a/b/memory.max": "0\n"], nil), (["/a/b/memory.max": "nonsense"], nil), (["/a/b/memory.max": ""], nil),
        (["/a/b/memory.max": "99999999999999999999\n"], nil),
    ])
    func `the smallest limit of version 2 in the hierarchy applies`(files: [String: String], limit: Int?) {
        let placed = Dictionary(uniqueKeysWithValues: files.map { ("/sys/fs/cgroup\($0.key)", $0.value) })
        #expect(Self.limit("0::/a/b\n", Self.mountedV2, placed) == limit)
    }

    @Test func `version 1 is read from the hierarchy that has the memory controller`() {
        let files = [
            "/sys/fs/cgroup/memory/x/memory.limit_in_bytes": "5000\n",
            "/sys/fs/cgroup/memory/memory.limit_in_bytes": Self.unlimited,
            "/sys/fs/cgroup/cpu/x/memory.limit_in_bytes": "1\n", "/sys/fs/cgroup/memory/x/memory.max": "2\n",
        ]
        #expect(Self.limit("4:memory:/x\n1:cpu:/x\n0::/\n", Self.mountedV1, files) == 5000)
        #expect(Self.limit("4:cpu,memory:/x\n", Self.mountedV1, files) == 5000)
        #expect(Self.limit("1:cpu:/x\n", Self.mountedV1, files) == nil)
    }

    @Test func `both versions at once give the smaller limit`() {
        var files = ["/sys/fs/cgroup/memory/x/memory.limit_in_bytes": "5000", "/sys/fs/cgroup/y/memory.max": "4000"]
        let groups = "4:memory:/x\n0::/y\n"
        #expect(Self.limit(groups, Self.mountedV1 + Self.mountedV2, files) == 4000)
        files["/sys/fs/cgroup/y/memory.max"] = "6000"
        #expect(Self.limit(groups, Self.mountedV1 + Self.mountedV2, files) == 5000)
    }

    @Test func `a container sees its own part of the hierarchy`() {
        let mounted = "30 23 0:26 /docker/c1 /sys/fs/cgroup ro - cgroup2 cgroup rw\n"
        let files = ["/sys/fs/cgroup/memory.max": "700", "/sys/fs/cgroup/job/memory.max": "600"]
        #expect(Self.limit("0::/docker/c1/job\n", mounted, files) == 600)
        #expect(Self.limit("0::/docker/c1\n", mounted, files) == 700)
        // A group outside of what is mounted.
        #expect(Self.limit("0::/elsewhere\n", mounted, files) == 700)
        #expect(Self.limit("0::/docker/c1/../../x\n", mounted, files) == 700)
    }

    @Test func `a mount point with a space is found`() {
        let mounted = #"30 23 0:26 / /mnt/control\040groups rw - cgroup2 cgroup2 rw"# + "\n"
        #expect(Self.limit("0::/\n", mounted, ["/mnt/control groups/memory.max": "800"]) == 800)
    }

    @Test(arguments: ["", "\n", "0::", "30 23\n", "- - - -\n", "a b c d e f - cgroup2 x\n"])
    func `malformed text gives no limit`(text: String) {
        #expect(Self.limit(text, text) == nil)
        #expect(Self.limit("0::/\n", text) == nil)
        #expect(ControlGroups.memoryLimit { _ in nil } == nil)
    }

    @Test func `this process has memory`() {
        #expect(SystemMemory.limit > 64 << 20)
    }
}
