#include "oc_kernels.h"
