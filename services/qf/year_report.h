/* It has moved. */
#pragma once

#include "views/year_report.h"
