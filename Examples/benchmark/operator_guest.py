"""LiteRT's side of operator_instructions.py: runs under qemu-user, with the counting plugin. Arguments are models. Region 0 is an
empty call from Python, region N + 1 two inferences of model N, after two that are not counted."""

import ctypes
import sys

from operators import interpreter

MARK, START, END = 0x51C0, 0, 1
system_call = ctypes.CDLL(None).syscall


def region(tag, count, call):
    system_call(ctypes.c_long(MARK), ctypes.c_long(START))
    for _ in range(count):
        call()
    system_call(ctypes.c_long(MARK), ctypes.c_long(END), ctypes.c_long(tag))


class Nothing:
    def invoke(self):
        pass


region(0, 2, Nothing().invoke)
region(0, 2, Nothing().invoke)
for number, path in enumerate(sys.argv[1:]):
    runtime, _ = interpreter(path, "AUTO")
    for _ in range(2):
        runtime.invoke()
    region(number + 1, 2, runtime.invoke)
    del runtime
