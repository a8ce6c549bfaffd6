# cpack in a build tree with CMAKE_BUILD_TYPE=RelWithDebInfo makes five Debian packages, with the same bytes each time
# (SOURCE_DATE_EPOCH names the time of its files). deploy/package does it.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "") # each package has its own
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL qingfeng qingfeng-report libqingfeng0 libqingfeng-dev qingfeng-doc)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "Qingfeng maintainers <maintainers@qingfeng.example>")
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(about
"Partner organisations feed events of a programme (activities, attendance,
sign-ins). Qingfeng keeps exact running counts in LMDB, answers each event
with a verdict after it is on disk, and lets others follow the totals live.")
# The first line is the summary.
function(qf_package name section depends description)
  string(TOUPPER ${name} upper)
  set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${name} PARENT_SCOPE)
  set(CPACK_DEBIAN_${upper}_PACKAGE_SECTION ${section} PARENT_SCOPE)
  set(CPACK_DEBIAN_${upper}_PACKAGE_DEPENDS "${depends}" PARENT_SCOPE)
  set(CPACK_DEBIAN_${upper}_DESCRIPTION "${description}" PARENT_SCOPE)
endfunction()
qf_package(qingfeng net systemd
"exact running counts for programmes run by many organisations
${about}

Three daemons, a relay and the command qf, over ZeroMQ with CURVE keys.
Nothing is enabled or started before qf init.")
qf_package(qingfeng-report net "qingfeng (= ${PROJECT_VERSION})"
"exact running counts for programmes run by many organisations (reports)
${about}

qf-render, which the command qf becomes when a report is to be a PDF or a
workbook. It needs typesetting and fonts, which a server need not have.")
set(CPACK_DEBIAN_QINGFENG-REPORT_PACKAGE_RECOMMENDS fonts-noto-cjk)
qf_package(libqingfeng0 libs ""
"client of the Qingfeng event-counting service (shared library)
${about}

This library feeds events through an outbox on disk, subscribes to totals,
and asks for them.")
qf_package(libqingfeng-dev libdevel "libqingfeng0 (= ${PROJECT_VERSION})"
"client of the Qingfeng event-counting service (development files)
${about}

Header, pkg-config file and an example of libqingfeng.")
qf_package(qingfeng-doc doc ""
"exact running counts for programmes run by many organisations (manuals)
${about}

Manuals for clerks (Chinese and English), operators and partners'
programmers, the protocol with its message files, and examples.")
set(CPACK_DEBIAN_QINGFENG-DOC_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_QINGFENG_PACKAGE_SUGGESTS "qingfeng-report, qingfeng-doc")
# The formats that this version reads, for preinst.
file(STRINGS ${PROJECT_SOURCE_DIR}/common/store/journal_tables.h journal REGEX "define QF_JOURNAL_FORMAT")
file(STRINGS ${PROJECT_SOURCE_DIR}/common/client/outbox.h outbox REGEX "define QF_OUTBOX_FORMAT")
string(REGEX MATCHALL "qf-[a-z]+-[0-9]+" QF_FORMATS "${journal} ${outbox}")
list(LENGTH QF_FORMATS formats)
if(NOT formats EQUAL 2)
  message(FATAL_ERROR "the formats of journal and outbox are not where deploy/Package.cmake looks for them")
endif()
list(JOIN QF_FORMATS " " QF_FORMATS)
configure_file(${CMAKE_CURRENT_LIST_DIR}/debian/preinst.in ${CMAKE_CURRENT_BINARY_DIR}/debian/preinst @ONLY
  FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_QINGFENG_PACKAGE_CONTROL_EXTRA
  ${CMAKE_CURRENT_BINARY_DIR}/debian/preinst
  ${CMAKE_CURRENT_LIST_DIR}/debian/postinst ${CMAKE_CURRENT_LIST_DIR}/debian/prerm ${CMAKE_CURRENT_LIST_DIR}/debian/postrm
  ${CMAKE_CURRENT_LIST_DIR}/debian/conffiles)
set(CPACK_DEBIAN_LIBQINGFENG0_PACKAGE_CONTROL_EXTRA ${CMAKE_CURRENT_LIST_DIR}/debian/triggers)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
include(CPack)
