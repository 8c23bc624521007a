import CLinux
import Checks
import Kernels
import System

/// What an engineer runs first on a new board: proves every kernel set that the CPU has. Needs no file and no argument;
/// `selfcheck STEPS` sets the random steps of each kernel (default 200).
@main
struct SelfCheck {
    static func main() {
        oc_line_buffer_output()
        var steps = 200
        if oc_argument_count() > 1 {
            let argument = oc_argument(1)
            guard let argument, let number = Int(String(cString: argument)), (0...1_000_000).contains(number) else {
                print("usage: selfcheck [STEPS]    random steps of each kernel, 0 to 1000000; default 200")
                oc_exit(2)
            }
            steps = number
        }
        var checks = Checks { print($0) }
        for set in KernelSet.allCases where set.isAvailable { checks.check(set, steps: steps) }
        print("\(checks.passed) passed, \(checks.failed) failed")
        oc_exit(checks.failed == 0 ? 0 : 1)
    }
}
