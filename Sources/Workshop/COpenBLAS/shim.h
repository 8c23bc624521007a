#include <cblas.h>
#include <stdlib.h>
#include <string.h>

// LAPACK's, which OpenBLAS brings along and its header leaves out. Matrices are column-major.
void spotrf_(const char *uplo, const int *n, float *a, const int *lda, int *info);
void spotri_(const char *uplo, const int *n, float *a, const int *lda, int *info);

void gotoblas_dynamic_init(void) __attribute__((weak));
void gotoblas_dynamic_quit(void) __attribute__((weak));

// An OpenBLAS older than the processor takes an x86-64 one that it does not know for one of 2004, and is five times as slow as it
// could be. It is told what the processor can do, before its first product. OPENBLAS_CORETYPE, where it is set, stands.
static inline void oc_openblas_know_processor(void) {
#if defined(__x86_64__)
    const char *type = "OPENBLAS_CORETYPE";
    if (!gotoblas_dynamic_init || !gotoblas_dynamic_quit || getenv(type) || strcmp(openblas_get_corename(), "Prescott") != 0)
        return;
    const char *core = __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") ? "SkylakeX"
                       : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")        ? "Haswell"
                                                                                              : NULL;
    if (!core)
        return;
    setenv(type, core, 1);
    gotoblas_dynamic_quit();
    gotoblas_dynamic_init();
    unsetenv(type);
#endif
}
