# SPDX-License-Identifier: ISC
# For lints of tables that name tests: `DIRECTORY/FILE` for a script, `DIRECTORY/FILE_test.cc: SUITE.NAME` for a case of a
# GoogleTest program. Read from the top of the source tree.

# check_test_names: reads such names, one a line, and calls complain for each that does not exist.
check_test_names() {
	while read -r file name; do
		case $file in
		netns/* | peers/* | *-lint) [ -x "tests/$file" ] || complain "no test $file" ;;
		unit/* | cve/* | model/*)
			grep -Eqs "TEST(_F|_P)?\(${name%.*}, ${name#*.}\)" "tests/${file%:}" || complain "no test $name in $file" ;;
		fuzz/*) [ -e "tests/$file" ] || complain "no target $file" ;;
		*) complain "no test can be named $file" ;;
		esac
	done
}
