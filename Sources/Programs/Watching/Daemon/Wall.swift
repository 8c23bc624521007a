import CLinux
import Sensors
import System

/// Between what sees pixels and any network: a filter in the kernel, which nothing takes away again.
///
/// Units of systemd say the same (`RestrictAddressFamilies=`); this one stands without it as well.
enum Wall {
    /// - Returns: whether it stands. It does not where the session's camera is in the network and this program is to start its
    ///   fetcher, which would be behind it as well.
    static func raise(_ settings: SessionSettings) -> Bool {
        guard !settings.source.startsFetcher else {
            Log.line(
                "the network is open to this program, for the ocellus-fetch that it starts; ocellus deploy runs it beside"
            )
            return false
        }
        let result = oc_refuse_network()
        guard result < 0 else { return true }
        Log.line("this kernel cannot keep a program from the network: seccomp: \(Errno(0 &- result).description)")
        return false
    }

    /// Of a session that comes by a reload.
    static var needsStart: String {
        "this program is kept from the network, which a network camera needs: start it anew, or ocellus-fetch beside it"
    }
}
