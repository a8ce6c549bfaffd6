/* It has moved. */
#pragma once

#include "views/scorecard.h"
