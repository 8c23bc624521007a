#include <cblas.h>

// LAPACK's, which OpenBLAS brings along and its header leaves out. Matrices are column-major.
void spotrf_(const char *uplo, const int *n, float *a, const int *lda, int *info);
void spotri_(const char *uplo, const int *n, float *a, const int *lda, int *info);
