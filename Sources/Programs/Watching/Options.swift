import Engine
import Events
import Sensors
import System

/// What is watched, and how.
public struct Options {
    public var bundle: Path
    /// None: the bundle's.
    public var sources: [SourceItem] = []
    public var source = Source.Options()
    /// Nil: text on a terminal, JSON for programs.
    public var format: EventFormat?
    /// Nil: the bundle's.
    public var topic: Text?
    /// Nil: the frames' own for files, the machine's for pipes.
    public var clock: Mode.Clock?
    /// Nanoseconds; nil: the bundle's; 0: none.
    public var heartbeat: Int64?
    /// Nanoseconds between frames at least; nil: the bundle's; 0: none.
    public var frameInterval: Int64?
    /// Nil: the bundle's.
    public var threads: Int?
    /// Nil: the bundle's.
    public var record: Path?
    /// False: nothing is recorded, whatever the bundle says.
    public var records = true
    public var recordBudget: Int64?
    public var recordFrames: (before: Int, after: Int)?
    /// Whether to tell what start-up takes from the heap.
    public var memory = false
    /// Where to say how the sensor fares.
    public var state: Path?
    /// Where readers may connect; nil: nowhere.
    public var socket: Path?
    /// Rights of its file, as for chmod.
    public var socketMode: UInt32 = 0o660
    /// Whether this process, as long as it lives, opens no socket but those of this machine.
    public var isWalled = false
    public var repack = Repack.never

    public init(bundle: Path) { self.bundle = bundle }

    var eventFormat: EventFormat { format ?? (FileDescriptor(borrowing: 1).isTerminal ? .text : .json) }
}
