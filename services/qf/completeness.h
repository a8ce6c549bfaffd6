/* It has moved. */
#pragma once

#include "views/completeness.h"
