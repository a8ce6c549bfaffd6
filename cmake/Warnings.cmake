# Warnings are errors, with gcc and clang alike.
add_library(qf_warnings INTERFACE)
target_compile_options(qf_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
  -Wformat=2 -Wundef -Wvla -Wimplicit-fallthrough -Werror)
target_compile_definitions(qf_warnings INTERFACE _GNU_SOURCE)
