# SPDX-License-Identifier: ISC

# LNS_TRY_FLAG(VARIABLE, FLAG [, LINK])
# Append FLAG to VARIABLE when the C++ compiler (and, with LINK, the linker) takes it.
AC_DEFUN([LNS_TRY_FLAG], [
  AS_VAR_PUSHDEF([cache], [lns_cv_flag_$2])
  AC_CACHE_CHECK([whether $CXX accepts $2], [cache], [
    lns_save_CXXFLAGS=$CXXFLAGS
    CXXFLAGS="$CXXFLAGS -Werror $2"
    m4_if([$3], [LINK],
      [AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])], [AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])],
      [AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])], [AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])])
    CXXFLAGS=$lns_save_CXXFLAGS])
  AS_VAR_IF([cache], [yes], [$1="$$1 $2"])
  AS_VAR_POPDEF([cache])
])

AC_DEFUN([LNS_CXX_STANDARD], [
  lns_std=
  LNS_TRY_FLAG([lns_std], [-std=c++20])
  AS_IF([test -z "$lns_std"], [AC_MSG_ERROR([a C++20 compiler is needed (GCC 12 or clang 14)])])
  CXX="$CXX -std=c++20"
])

AC_DEFUN([LNS_WARNINGS], [
  AC_ARG_ENABLE([werror], [AS_HELP_STRING([--enable-werror], [make warnings errors])], [], [enable_werror=no])
  LNS_WARN_CXXFLAGS=
  for lns_flag in -Wall -Wextra -Wshadow -Wconversion -Wformat=2 -Wnon-virtual-dtor -Woverloaded-virtual; do
    LNS_WARN_CXXFLAGS="$LNS_WARN_CXXFLAGS $lns_flag"
  done
  # GCC 12 reports false positives from its own library headers with these two under -O2.
  LNS_TRY_FLAG([LNS_WARN_CXXFLAGS], [-Wno-restrict])
  AS_IF([test "$enable_werror" = yes], [LNS_WARN_CXXFLAGS="$LNS_WARN_CXXFLAGS -Werror"])
  AC_SUBST([LNS_WARN_CXXFLAGS])
])

AC_DEFUN([LNS_HARDENING], [
  AC_ARG_ENABLE([hardening], [AS_HELP_STRING([--disable-hardening], [no hardening flags])], [], [enable_hardening=yes])
  LNS_HARDEN_CXXFLAGS=
  LNS_HARDEN_LDFLAGS=
  AS_IF([test "$enable_hardening" = yes], [
    LNS_TRY_FLAG([LNS_HARDEN_CXXFLAGS], [-fstack-protector-strong])
    LNS_TRY_FLAG([LNS_HARDEN_CXXFLAGS], [-fstack-clash-protection])
    LNS_TRY_FLAG([LNS_HARDEN_CXXFLAGS], [-fcf-protection=full])
    LNS_TRY_FLAG([LNS_HARDEN_CXXFLAGS], [-fPIE])
    LNS_TRY_FLAG([LNS_HARDEN_LDFLAGS], [-pie], [LINK])
    LNS_TRY_FLAG([LNS_HARDEN_LDFLAGS], [-Wl,-z,relro], [LINK])
    LNS_TRY_FLAG([LNS_HARDEN_LDFLAGS], [-Wl,-z,now], [LINK])
    LNS_TRY_FLAG([LNS_HARDEN_LDFLAGS], [-Wl,-z,noexecstack], [LINK])
    AC_DEFINE([LNS_HARDENED], [1], [Built with hardening flags.])
  ])
  AC_SUBST([LNS_HARDEN_CXXFLAGS])
  AC_SUBST([LNS_HARDEN_LDFLAGS])
])

AC_DEFUN([LNS_SANITIZERS], [
  AC_ARG_ENABLE([sanitizers],
    [AS_HELP_STRING([--enable-sanitizers@<:@=LIST@:>@], [build with sanitizers (default list: address,undefined)])],
    [], [enable_sanitizers=no])
  LNS_SAN_CXXFLAGS=
  AS_IF([test "$enable_sanitizers" = yes], [enable_sanitizers=address,undefined])
  AS_IF([test "$enable_sanitizers" != no], [
    LNS_SAN_CXXFLAGS="-fsanitize=$enable_sanitizers -fno-sanitize-recover=all -fno-omit-frame-pointer"
    AC_DEFINE([LNS_SANITIZED], [1], [Built with sanitizers: address space limits do not apply.])
  ])
  AM_CONDITIONAL([SANITIZED], [test "$enable_sanitizers" != no])
  # _FORTIFY_SOURCE needs optimisation and hides faults from AddressSanitizer.
  LNS_FORTIFY_CPPFLAGS=
  AS_IF([test "$enable_hardening" = yes && test "$enable_sanitizers" = no],
    [LNS_FORTIFY_CPPFLAGS="-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"])
  AC_SUBST([LNS_SAN_CXXFLAGS])
  AC_SUBST([LNS_FORTIFY_CPPFLAGS])
])

# LNS_PRECOMPILED_HEADER
# --enable-precompiled-header: lib/base/standard.h is compiled once in place of in every file, which more than halves
# the time of a build. Off by default, so that a file that forgets an #include is noticed. Only GCC takes it this way.
AC_DEFUN([LNS_PRECOMPILED_HEADER], [
  AC_ARG_ENABLE([precompiled-header],
    [AS_HELP_STRING([--enable-precompiled-header], [compile the standard library's headers once (GCC)])],
    [], [enable_precompiled_header=no])
  AM_CONDITIONAL([PRECOMPILED_HEADER], [test "$enable_precompiled_header" = yes && test "$GXX" = yes])
])
