/* It has moved. */
#pragma once

#include "views/claim.h"
