/* The calls that reach the driver. */
#ifndef OC_V4L2_DEVICE_H
#define OC_V4L2_DEVICE_H

#include <oc_target.h>

#include "oc_v4l2.h"

const oc_v4l2_calls *oc_v4l2_device(void);

#endif
