# Hardening for everything that ships, and instrumentation for everything that is
# tested. Sanitizer builds bring their own checks and go without the hardening
# that would hide from them. tests/lint/check_hardening.sh looks at the result.
set(QF_SANITIZE "" CACHE STRING "Sanitizers to build with: address,undefined or thread")
option(QF_COVERAGE "Count lines and branches (clang only)" OFF)
option(QF_FUZZ "Build the libFuzzer targets (clang only)" OFF)

include(CheckPIESupported)
check_pie_supported(LANGUAGES C)
find_program(QF_CCACHE ccache)
mark_as_advanced(QF_CCACHE)
if(QF_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${QF_CCACHE})
endif()

add_library(qf_hardening INTERFACE)
if(QF_SANITIZE)
  target_compile_options(qf_hardening INTERFACE
    -fsanitize=${QF_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -O1)
  target_link_options(qf_hardening INTERFACE -fsanitize=${QF_SANITIZE})
else()
  target_compile_options(qf_hardening INTERFACE
    -fstack-protector-strong -ftrivial-auto-var-init=zero
    -fno-strict-overflow -fno-delete-null-pointer-checks)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    target_compile_options(qf_hardening INTERFACE -fstack-clash-protection -fcf-protection=full)
    # "rep movs" and "rep stos" take some thirty cycles to begin, for a few bytes too: what is cleared for hardening, and
    # keys and rows that are copied, are seldom more than 200.
    if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
      target_compile_options(qf_hardening INTERFACE
        $<$<NOT:$<CONFIG:Debug>>:-mmemcpy-strategy=unrolled_loop:64:noalign,libcall:-1:noalign>
        $<$<NOT:$<CONFIG:Debug>>:-mmemset-strategy=unrolled_loop:256:noalign,rep_8byte:8192:noalign,libcall:-1:noalign>)
    endif()
  endif()
  if(CMAKE_C_COMPILER_ID STREQUAL "Clang") # clang 14 wants this word before it zeroes automatic variables
    target_compile_options(qf_hardening INTERFACE
      -enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang -Wno-unused-command-line-argument)
    set(fortify 2)
  else()
    set(fortify 3)
  endif()
  # What is installed does not tell where it was built, and is the same wherever that was; what links compiles, too.
  set(nowhere $<$<CONFIG:RelWithDebInfo>:-ffile-prefix-map=${PROJECT_SOURCE_DIR}=.>
    $<$<CONFIG:RelWithDebInfo>:-ffile-prefix-map=${PROJECT_BINARY_DIR}=build>)
  target_compile_options(qf_hardening INTERFACE ${nowhere})
  target_link_options(qf_hardening INTERFACE ${nowhere})
  target_compile_definitions(qf_hardening INTERFACE $<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=${fortify}>)
  target_link_options(qf_hardening INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code)
endif()
if(QF_COVERAGE) # counters live in mapped files (%c), one for each program (%m): they outlive a kill -9
  if(NOT CMAKE_C_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "QF_COVERAGE needs clang: gcov's counters are lost with a kill -9")
  endif()
  target_compile_options(qf_hardening INTERFACE
    -fprofile-instr-generate=${PROJECT_BINARY_DIR}/profiles/%m%c.profraw -fcoverage-mapping
    -mllvm -runtime-counter-relocation)
  target_link_options(qf_hardening INTERFACE -fprofile-instr-generate)
endif()
if(QF_FUZZ)
  target_compile_options(qf_hardening INTERFACE -fsanitize=fuzzer-no-link)
endif()
