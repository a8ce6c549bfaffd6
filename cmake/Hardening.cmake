# Hardening flags for everything that ships. Sanitizer builds bring their own checks and go without.
add_library(qf_hardening INTERFACE)
set(QF_SANITIZE "" CACHE STRING "Sanitizers to build with, e.g. address,undefined")
if(QF_SANITIZE)
  target_compile_options(qf_hardening INTERFACE
    -fsanitize=${QF_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(qf_hardening INTERFACE -fsanitize=${QF_SANITIZE})
else()
  target_compile_options(qf_hardening INTERFACE
    -fstack-protector-strong -fstack-clash-protection -fcf-protection=full -ftrivial-auto-var-init=zero
    -fno-strict-overflow -fno-delete-null-pointer-checks)
  target_compile_definitions(qf_hardening INTERFACE $<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=2>)
  target_link_options(qf_hardening INTERFACE -pie -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code)
endif()
