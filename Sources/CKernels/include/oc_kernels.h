#include <oc_layout.h>
