/* It has moved. */
#pragma once

#include "views/oversight.h"
