# Warnings, hardening and instrumentation for everything that is ours. Included
# once, before any target. Generated code lowers its own warnings.
#
# Source of the hardening set: gcc 12's and the OpenSSF's advice; tests/lint/check_hardening.sh
# looks at what the linker really made of it.

option(QF_WERROR "Warnings are errors" ON)
option(QF_COVERAGE "Count lines and branches for gcov" OFF)
option(QF_FUZZ "Build the libFuzzer targets (clang)" OFF)
set(QF_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them: address,undefined or thread")

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON) # cleanup attribute, statement expression
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)

find_program(QF_CCACHE ccache)
if(QF_CCACHE)
        set(CMAKE_C_COMPILER_LAUNCHER ${QF_CCACHE})
endif()

add_compile_definitions(_GNU_SOURCE)
add_compile_options(
        -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wformat=2
        -Wundef -Wvla -Wimplicit-fallthrough
        # Pedantic about __extension__-less GNU attributes is off by design: cleanup is used everywhere.
        -fno-strict-overflow -fno-delete-null-pointer-checks -fno-common
        -fstack-protector-strong -ftrivial-auto-var-init=zero)
if(QF_WERROR)
        add_compile_options(-Werror)
endif()
if(CMAKE_C_COMPILER_ID STREQUAL "Clang")
        # clang 14 wants this word before it zeroes automatic variables.
        add_compile_options(-enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang)
        add_compile_options(-Wno-unused-command-line-argument)
endif()
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
        add_compile_options(-fstack-clash-protection -fcf-protection=full)
endif()
add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code)

if(QF_SANITIZE)
        add_compile_options(-fsanitize=${QF_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -O1)
        add_link_options(-fsanitize=${QF_SANITIZE})
elseif(CMAKE_BUILD_TYPE MATCHES "Rel")
        add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()
if(QF_COVERAGE)
        add_compile_options(--coverage -fprofile-update=atomic)
        add_link_options(--coverage)
endif()
# RelWithDebInfo keeps QF_ASSERT in any case; this keeps libc's assert in tests too.
string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_RELWITHDEBINFO "${CMAKE_C_FLAGS_RELWITHDEBINFO}")
string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_RELEASE "${CMAKE_C_FLAGS_RELEASE}")
