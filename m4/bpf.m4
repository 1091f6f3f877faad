# SPDX-License-Identifier: ISC

# LNS_BPF
# Whether the programs of bpf/ are built: needs clang with the BPF target, bpftool and libbpf. The suite is
# complete without them. Defines HAVE_BPF, the conditional HAVE_BPF, and what the rules of bpf/ need.
AC_DEFUN([LNS_BPF], [
  AC_ARG_WITH([bpf], [AS_HELP_STRING([--without-bpf], [no fast path in the kernel])], [], [with_bpf=auto])
  lns_bpf_missing=
  AS_IF([test "$with_bpf" = no], [lns_bpf_missing="--without-bpf"], [
    AC_PATH_PROGS([BPF_CLANG], [clang clang-14 clang-15 clang-16])
    AC_PATH_PROGS([BPFTOOL], [bpftool], [], [$PATH:/usr/sbin:/sbin])
    PKG_CHECK_MODULES([LIBBPF], [libbpf >= 1.0], [], [lns_bpf_missing="libbpf (Debian: libbpf-dev)"])
    AS_IF([test -z "$BPF_CLANG"], [lns_bpf_missing="clang (Debian: clang-14)"])
    AS_IF([test -z "$BPFTOOL"], [lns_bpf_missing="bpftool (Debian: bpftool)"])
  ])
  AS_IF([test -z "$lns_bpf_missing"], [
    # clang's BPF target does not look where Debian keeps asm/types.h.
    BPF_CPPFLAGS="-I/usr/include/`$CXX -print-multiarch 2>/dev/null`"
    AC_MSG_CHECKING([whether $BPF_CLANG compiles for BPF])
    AS_ECHO(["#include <linux/bpf.h>"]) > conftest.bpf.c
    AS_ECHO(["#include <bpf/bpf_helpers.h>"]) >> conftest.bpf.c
    AS_IF([$BPF_CLANG -target bpf -O2 -g $BPF_CPPFLAGS -c conftest.bpf.c -o conftest.bpf.o >/dev/null 2>&1],
      [AC_MSG_RESULT([yes])],
      [AC_MSG_RESULT([no])
       lns_bpf_missing="a clang that compiles for BPF, or kernel headers"])
    rm -f conftest.bpf.c conftest.bpf.o
  ])
  AS_IF([test "$with_bpf" = yes && test -n "$lns_bpf_missing"], [AC_MSG_ERROR([missing: $lns_bpf_missing])])
  AS_IF([test -z "$lns_bpf_missing"],
    [AC_DEFINE([HAVE_BPF], [1], [The fast path in the kernel is built.])],
    [AC_MSG_NOTICE([no fast path in the kernel: $lns_bpf_missing])
     LIBBPF_CFLAGS= LIBBPF_LIBS=])
  AC_DEFINE_UNQUOTED([LNS_BPF_MISSING], ["$lns_bpf_missing"], [Why it is not.])
  AC_SUBST([BPF_CPPFLAGS])
  AM_CONDITIONAL([HAVE_BPF], [test -z "$lns_bpf_missing"])
])
