# Who carries the load is optimised across files (DECISIONS 143). Objects hold the usual code as well: all else, hundreds of
# tests among it, is linked from that, which takes a tenth of the time.
set(QF_ACROSS "$<$<AND:$<CONFIG:RelWithDebInfo>,$<C_COMPILER_ID:GNU>>:-flto=auto;-ffat-lto-objects>")
add_link_options($<$<NOT:$<BOOL:$<TARGET_PROPERTY:QF_WHOLE>>>:-fno-lto>)
function(qf_link_whole name)
  set_target_properties(${name} PROPERTIES QF_WHOLE ON)
  target_link_options(${name} PRIVATE "${QF_ACROSS}")
endfunction()

# A layer is a folder of common/: a static library that may include only the
# layers it links. tests/lint/check_includes.sh holds the same rules by text.
function(qf_layer name)
  cmake_parse_arguments(arg "" "" "USES;PRIVATE" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.c)
  add_library(qf_${name} STATIC ${sources})
  target_include_directories(qf_${name} PUBLIC ${PROJECT_SOURCE_DIR}/common)
  target_link_libraries(qf_${name} PUBLIC ${arg_USES} PRIVATE ${arg_PRIVATE} qf_warnings qf_hardening)
  target_compile_options(qf_${name} PRIVATE "${QF_ACROSS}")
endfunction()

# A daemon or command: its folder without main.c is a private library, so that
# tests and the simulator link the very code that runs.
function(qf_program name)
  cmake_parse_arguments(arg "WHOLE" "FOLDER;COMPONENT" "USES;PRIVATE" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${arg_FOLDER}/*.c
    ${CMAKE_CURRENT_SOURCE_DIR}/${arg_FOLDER}/*/*.c)
  list(REMOVE_ITEM sources ${CMAKE_CURRENT_SOURCE_DIR}/${arg_FOLDER}/main.c)
  set(core qf_${arg_FOLDER}_core)
  add_library(${core} STATIC ${sources})
  target_include_directories(${core} PUBLIC ${PROJECT_SOURCE_DIR}/services)
  target_link_libraries(${core} PUBLIC ${arg_USES} PRIVATE ${arg_PRIVATE} qf_warnings qf_hardening)
  add_executable(${name} ${arg_FOLDER}/main.c)
  target_link_libraries(${name} PRIVATE ${core} qf_warnings qf_hardening)
  if(arg_WHOLE)
    target_compile_options(${core} PRIVATE "${QF_ACROSS}")
    qf_link_whole(${name})
  endif()
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
  if(arg_COMPONENT)
    install(TARGETS ${name} RUNTIME DESTINATION bin COMPONENT ${arg_COMPONENT})
  else()
    install(TARGETS ${name} RUNTIME DESTINATION bin)
  endif()
endfunction()
