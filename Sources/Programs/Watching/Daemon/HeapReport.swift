import CLinux
import Events
import JSON
import System

/// `--memory`: what start-up takes from the heap, by name, from the program's begin to the first frame's result, and how
/// often an allocating function is called after that. What the parts take is found as the heap's growth, so nothing can be
/// left out. After a reload it tells again what the heap holds, so that a leak shows as a number that grows.
final class HeapReport {
    private var line = Line()
    private var total: Int64 = 0
    private var calls: Int64?  // until the first frame's result; nil before
    private var isReloaded = false

    /// - Parameter name: of what the heap holds by now.
    init(_ name: StaticString) {
        line.append("ocellusd: heap bytes: ")
        add(name)
    }

    /// All that was taken since the last part belongs to this one; `within`: a number of bytes of it with its own name.
    func part(_ name: StaticString, within: (name: StaticString, bytes: Int64)? = nil) {
        guard calls == nil else { return }
        line.append(", ")
        add(name)
        guard let within else { return }
        line.append(" (")
        line.append(within.name)
        line.append(" ")
        line.append(within.bytes)
        line.append(")")
    }

    private func add(_ name: StaticString) {
        let now = oc_heap_bytes()
        line.append(name)
        line.append(" ")
        line.append(now - total)
        total = now
    }

    /// Another session, or the same one anew.
    func reloaded() { isReloaded = true }

    /// With a session's first frame's result all parts are there.
    func ready() {
        guard calls == nil else { return readyAgain() }
        line.append("; ")
        line.append(total)
        line.append(" in all")
        let calls = oc_allocations()
        self.calls = calls
        if calls >= 0 {
            line.append(", ")
            line.append(calls)
            line.append(" calls")
        }
        write()
    }

    private func readyAgain() {
        guard isReloaded else { return }
        isReloaded = false
        line.append("ocellusd: heap bytes after a reload: ")
        line.append(oc_heap_bytes())
        write()
    }

    /// At the program's end; only static builds count calls.
    func end() {
        guard let calls, calls >= 0 else { return }
        line.append("ocellusd: heap calls after the first frame: ")
        line.append(oc_allocations() - calls)
        write()
    }

    /// A line on standard error, written without the heap.
    private func write() {
        line.append("\n")
        _ = oc_write(2, line.bytes.baseAddress, line.count)
        line.clear()
    }
}
