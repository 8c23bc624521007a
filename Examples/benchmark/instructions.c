/* A plugin for qemu-user that counts what a program executes between marks: instructions, and with memory=on the memory
 * accesses, a 128-bit one counting as the two that QEMU makes of it.
 *
 * Marks are calls of a system call that Linux does not have: syscall(0x51c0, 0) starts a region, syscall(0x51c0, 1, tag)
 * ends it and prints "region TAG INSTRUCTIONS LOADS STORES" on standard error. Regions do not nest; all threads count. With
 * total=on, "total INSTRUCTIONS" comes at the end of the program.
 *
 *   clang -O2 -shared -fPIC -o instructions.so instructions.c
 *   qemu-aarch64 -cpu cortex-a76 -plugin ./instructions.so,memory=on ./ocellusd x.ocellus --bench 1 --regions
 *
 * The declarations are those of version 1 of QEMU's plugin interface, as in QEMU 7.2; Debian packages no header. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
typedef uint32_t qemu_plugin_meminfo_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info;
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };
enum qemu_plugin_mem_rw { QEMU_PLUGIN_MEM_R = 1, QEMU_PLUGIN_MEM_W, QEMU_PLUGIN_MEM_RW };
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, struct qemu_plugin_tb *));
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *, enum qemu_plugin_op, void *, uint64_t);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *,
                                      void (*)(unsigned, qemu_plugin_meminfo_t, uint64_t, void *),
                                      enum qemu_plugin_cb_flags, enum qemu_plugin_mem_rw, void *);
bool qemu_plugin_mem_is_store(qemu_plugin_meminfo_t);
void qemu_plugin_register_vcpu_syscall_cb(qemu_plugin_id_t,
                                          void (*)(qemu_plugin_id_t, unsigned, int64_t, uint64_t, uint64_t, uint64_t,
                                                   uint64_t, uint64_t, uint64_t, uint64_t, uint64_t));
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, void *), void *);

#define EXPORTED __attribute__((visibility("default")))
EXPORTED int qemu_plugin_version = 1;

enum { MARK = 0x51c0, MARK_START = 0, MARK_END = 1 };

struct counts {
    uint64_t instructions, loads, stores;
};
static struct counts now, start;
static bool counts_memory;

/* QEMU 7.2 can count accesses without a call, but then takes loads for stores. */
static void on_access(unsigned cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data) {
    (void)cpu, (void)address, (void)data;
    if (qemu_plugin_mem_is_store(info))
        now.stores++;
    else
        now.loads++;
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
    (void)id;
    const size_t count = qemu_plugin_tb_n_insns(block);
    qemu_plugin_register_vcpu_tb_exec_inline(block, QEMU_PLUGIN_INLINE_ADD_U64, &now.instructions, count);
    for (size_t i = 0; counts_memory && i < count; i++)
        qemu_plugin_register_vcpu_mem_cb(qemu_plugin_tb_get_insn(block, i), on_access, QEMU_PLUGIN_CB_NO_REGS,
                                         QEMU_PLUGIN_MEM_RW, NULL);
}

static void on_system_call(qemu_plugin_id_t id, unsigned cpu, int64_t number, uint64_t mark, uint64_t tag, uint64_t a3,
                           uint64_t a4, uint64_t a5, uint64_t a6, uint64_t a7, uint64_t a8) {
    (void)id, (void)cpu, (void)a3, (void)a4, (void)a5, (void)a6, (void)a7, (void)a8;
    if (number != MARK)
        return;
    if (mark == MARK_START)
        start = now;
    else if (mark == MARK_END)
        fprintf(stderr, "region %llu %llu %llu %llu\n", (unsigned long long)tag,
                (unsigned long long)(now.instructions - start.instructions),
                (unsigned long long)(now.loads - start.loads), (unsigned long long)(now.stores - start.stores));
}

static void on_exit_of_program(qemu_plugin_id_t id, void *data) {
    (void)id, (void)data;
    fprintf(stderr, "total %llu\n", (unsigned long long)now.instructions);
}

EXPORTED int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info, int argc, char **argv) {
    (void)info;
    for (int i = 0; i < argc; i++)
        if (strcmp(argv[i], "memory=on") == 0)
            counts_memory = true;
        else if (strcmp(argv[i], "total=on") == 0)
            qemu_plugin_register_atexit_cb(id, on_exit_of_program, NULL);
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    qemu_plugin_register_vcpu_syscall_cb(id, on_system_call);
    return 0;
}
