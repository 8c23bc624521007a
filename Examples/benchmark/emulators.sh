# The CPUs that qemu-user can be, and the daemon for each. Sourced.

# NAME, kernel set, architecture, board profile, what qemu-user is to be. SME is wrong in QEMU 7.2, and no x86 of its has
# AVX-512.
rows() {
    cat <<-END
	cortex-a53 neon aarch64 generic-aarch64 qemu-aarch64 -cpu cortex-a53
	cortex-a72 neon aarch64 generic-aarch64 qemu-aarch64 -cpu cortex-a72
	cortex-a76 dotprod aarch64 generic-aarch64 qemu-aarch64 -cpu cortex-a76
	armv8.6 i8mm aarch64 generic-aarch64 qemu-aarch64 -cpu max,pauth=off,sme=off
	cortex-a7 neon32 armv7 generic-armv7 qemu-arm -cpu cortex-a7
	rv64gc scalar riscv64 generic-riscv64 qemu-riscv64 -cpu rv64
	rv64gcv-128 rvv riscv64 generic-riscv64 qemu-riscv64 -cpu rv64,v=true,vlen=128
	rv64gcv-256 rvv riscv64 generic-riscv64 qemu-riscv64 -cpu rv64,v=true,vlen=256
	x86-64-v3 avx2 x86_64 generic-x86-64 qemu-x86_64 -cpu max
	END
}

# prepare_emulators PLUGIN: what emulating and building for boards needs, and the counting plugin.
prepare_emulators() {
    Toolchains/install-cross.sh
    Toolchains/install-packages.sh qemu-user
    clang -O2 -Wall -Werror -shared -fPIC -o "$1" Examples/benchmark/instructions.c
}

declare -A daemons

# daemon_for ARCH: builds the daemon, once, and sets `daemon` to its path.
daemon_for() {
    daemon=${daemons[$1]:-}
    [ -z "$daemon" ] || return 0
    local triple scratch=$PWD/.build-cross log
    case $1 in
    aarch64) triple=aarch64-none-none-elf ;;
    armv7) triple=armv7-none-none-eabi ;;
    riscv64) triple=riscv64-none-none-eabi ;;
    x86_64) triple=x86_64-unknown-linux-gnu ;;
    esac
    log=$(mktemp)
    swift build -c release --triple $triple --toolset "Toolchains/$1-linux.json" --product ocellusd --scratch-path "$scratch" \
        >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
    rm "$log"
    daemon=$scratch/$triple/release/ocellusd
    daemons[$1]=$daemon
}
