#!/busybox/sh
# In place of a compiler or a package manager of a build stage: puts what Bazel made of the same sources where the command
# line wants it. It fails if the sources are not there.
set -eu

tool=${0##*/} output=
while [ $# -gt 0 ]; do
  case $1 in
    -o | -d | --file) output=$2 && shift ;;
    --target=*) output=${1#*=} ;;
    *.c | *.cc | *.java | *.rs | *.txt) [ -s "$1" ] ;;
    xf) exit ;; # jar: the library is in the jar that Bazel made.
  esac
  shift
done
case $tool in
  apt-get) ;;
  go) [ -s go.mod ] && [ -s main.go ] && cp "/made/go/${output##*/}" "$output" ;;
  javac) mkdir "$output" ;;
  npm) [ -s package-lock.json ] && cp -R /made/npm/. . ;;
  pip) cp -R /made/pip/. "$output" ;;
  *) cp "/made/$tool/${output##*/}" "$output" ;;
esac
