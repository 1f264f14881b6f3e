#include <CRingBaselines.h>
