#!/bin/sh
# Started by rsyslog (vigie-rsyslog.conf): takes lines of Asterisk's journal on its standard input, in transactions, and
# says OK to each that Vigie has acknowledged. What is not acknowledged rsyslog gives again.
set -u
umask 077
. /etc/vigie-rsyslog # COLLECT_TO, COLLECT_TOKEN, PBX_NAME: readable by rsyslog's user alone
url="${COLLECT_TO%/}/api/pbxs/${PBX_NAME:-main}/journal"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf 'header = "Authorization: Bearer %s"\n' "$COLLECT_TOKEN" >"$work/curl"

echo OK
while IFS= read -r line; do
  case $line in
    'BEGIN TRANSACTION') : >"$work/batch" && echo OK ;;
    'COMMIT TRANSACTION')
      if curl --silent --show-error --fail --max-time 20 --config "$work/curl" \
        --header 'Content-Type: text/csv' --data-binary "@$work/batch" "$url" >&2; then
        echo OK
      else
        sleep 2
        echo 'Vigie did not take it'
      fi
      ;;
    *) printf '%s\n' "$line" >>"$work/batch" && echo DEFER_COMMIT ;;
  esac
done
