import Bundle
import CLinux
import Checks
import Kernels
import System

/// What an engineer runs first on a new board. Needs no file and no argument.
@main
struct SelfCheck {
    private static let help = """
        Usage: selfcheck [STEPS]

        Proves every kernel set that this machine's CPU has.

          STEPS       random steps of each kernel, 0 to 1000000; 200 by default
          --help, --version

        Steps run between guard pages and must give the portable loops' bytes; small models must give the reference's.
        Ends with 'N passed, N failed'. Exit codes: 0 all passed, 1 something failed, 2 wrong arguments.
        """

    static func main() {
        oc_line_buffer_output()
        var steps = 200
        if oc_argument_count() > 1 {
            let argument = oc_argument(1)
            if let argument, String(cString: argument).utf8.elementsEqual("--version".utf8) {
                print(String(decoding: programVersion("selfcheck"), as: UTF8.self))
                oc_exit(0)
            }
            if let argument, String(cString: argument).utf8.elementsEqual("--help".utf8) {
                print(help)
                oc_exit(0)
            }
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
