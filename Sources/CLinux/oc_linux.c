#include "oc_linux.h"
int oc_linux_placeholder(void) { return 0; }
