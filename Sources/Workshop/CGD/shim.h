#include <gd.h>
#include <gdfontg.h>
#include <gdfonts.h>
