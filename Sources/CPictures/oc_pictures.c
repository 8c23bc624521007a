#include "oc_pictures.h"
int oc_pictures_placeholder(void) { return 0; }
