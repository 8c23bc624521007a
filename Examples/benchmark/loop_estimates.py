#!/usr/bin/env python3
"""Cycles that llvm-mca expects of the innermost loops of the RISC-V kernels; for comparing variants, not for predicting times.

usage: Examples/benchmark/loop_estimates.py [CLANG [LLVM_MCA]]     default: clang llvm-mca-19 (Debian: llvm-19)

All paths through a loop are estimated as if they ran one behind the other. Of the convolution's that is each of four steps
once with a chain of products going on and once with one added up and begun: chains of two, where those of the models have
3.0 to 3.6.
"""
import pathlib
import re
import subprocess
import sys

SOURCES = pathlib.Path(__file__).resolve().parents[2] / "Sources"
COMPILE = ["--target=riscv64-unknown-linux-gnu", "--sysroot=/usr/riscv64-linux-gnu", "-isystem/usr/riscv64-linux-gnu/include",
           "-O2", "-D_GNU_SOURCE", "-S", "-o", "-"]
VECTORS = {"sifive-p670": 128, "sifive-x280": 512}
# File, function, the depth and number of the loop in it, CPUs, multiply-accumulates for the bits of a vector.
LOOPS = [
    ("rvv/conv.c", "short_of5", 2, 0, VECTORS, lambda vlen: 8 * 5 * vlen // 8),
    ("rvv/conv.c", "long_of2", 2, 0, VECTORS, lambda vlen: 8 * 2 * vlen // 4),
    ("rvv/depthwise.c", "row3x1", 2, 0, VECTORS, lambda vlen: 4 * 3 * vlen // 8),
    ("rvv/depthwise.c", "row5x1", 2, 0, VECTORS, lambda vlen: 4 * 5 * vlen // 8),
    ("scalar/packed.c", "tile4", 2, 0, {"sifive-u74": 0}, lambda _: 4 * 3 * 12),
]


def loops(assembly, function, depth):
    """The instructions of a function's loops of a depth, with those of loops in them, in the order of their headers."""
    body = re.search(rf"^{function}:.*?-- End function", assembly, re.S | re.M).group(0)
    # A header's comment names the loops around it, other blocks' comments their header.
    around, nests, label = [], {}, None
    for line in body.splitlines():
        around = [] if re.match(r"\.LBB|# %bb", line) else around
        label = re.match(r"\.L(BB\w+):", line) or label
        around += re.findall(r"Parent Loop (BB\w+) Depth", line)
        if "Loop Header" in line:
            nests[label.group(1)] = [*around, label.group(1)]
    found, nest = {}, []
    for line in body.splitlines():
        block = re.match(r"\.L(BB\w+):|# %bb", line)
        if block:
            inside = re.search(r"in Loop: Header=(BB\w+) ", line)
            nest = nests.get(inside.group(1) if inside else block.group(1), [])
        elif len(nest) >= depth and re.match(r"\t[a-z]", line):
            found.setdefault(nest[depth - 1], []).append(line.split("#")[0].rstrip())
    return list(found.values())


def main():
    clang = sys.argv[1] if len(sys.argv) > 1 else "clang"
    mca = sys.argv[2] if len(sys.argv) > 2 else "llvm-mca-19"
    print("| loop | CPU | VLEN | instructions | cycles | MAC/instruction | MAC/cycle |\n|---|---|---|---|---|---|---|")
    for file, function, depth, index, cpus, macs in LOOPS:
        includes = [f"-I{SOURCES / folder}" for folder in ("CKernels/include", "CBundle/include", "CTarget/include")]
        assembly = subprocess.run([clang, *COMPILE, *includes, str(SOURCES / "CKernels" / file)], check=True, capture_output=True,
                                  text=True).stdout
        code = loops(assembly, function, depth)[index]
        # Jumps would be taken for the end of a block.
        code = [line for line in code if not re.match(r"\t(b[a-z]+|j)\t", line)] + ["\taddi\tzero, zero, 0"] * sum(
            bool(re.match(r"\t(b[a-z]+|j)\t", line)) for line in code)
        for cpu, vlen in cpus.items():
            result = subprocess.run([mca, "-mtriple=riscv64", "-mattr=+v", f"-mcpu={cpu}", "-iterations=100"], check=True,
                                    input="\n".join(code) + "\n", capture_output=True, text=True).stdout
            cycles = int(re.search(r"Total Cycles:\s+(\d+)", result).group(1)) / 100
            count = macs(vlen)
            print(f"| {file} {function} | {cpu} | {vlen or '–'} | {len(code)} | {cycles:.0f} | {count / len(code):.1f}"
                  f" | {count / cycles:.1f} |")


if __name__ == "__main__":
    main()
