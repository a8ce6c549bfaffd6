# cpack in a build tree with CMAKE_BUILD_TYPE=RelWithDebInfo makes one Debian package, with the same bytes each time
# (SOURCE_DATE_EPOCH names the time of its files). deploy/package does it.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "exact running counts for programmes run by many organisations")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_NAME qingfeng)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "Qingfeng maintainers <maintainers@qingfeng.example>")
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "systemd")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Partner organisations feed events of a programme (activities, attendance,
sign-ins). Qingfeng keeps exact running counts in LMDB, answers each event
with a verdict after it is on disk, and lets others follow the totals live.

Three daemons, a relay and the command qf, over ZeroMQ with CURVE keys.
Nothing is enabled or started before qf init.")
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
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${CMAKE_CURRENT_BINARY_DIR}/debian/preinst
  ${CMAKE_CURRENT_LIST_DIR}/debian/postinst ${CMAKE_CURRENT_LIST_DIR}/debian/prerm ${CMAKE_CURRENT_LIST_DIR}/debian/postrm
  ${CMAKE_CURRENT_LIST_DIR}/debian/conffiles)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
include(CPack)
