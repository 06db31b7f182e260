#!/bin/sh
# Sends Asterisk's journal (CEL) to Vigie from a PBX host that has no Node: sh, curl and coreutils are enough.
# Each line at least once: the place after what Vigie has acknowledged is kept in STATE, through restarts and rotations
# by renaming (of what is packed nothing is read: let logrotate say `delaycompress`).
#
#   CEL_FILE=/var/log/asterisk/cel-custom/vigie.csv COLLECT_TO=https://vigie.example COLLECT_TOKEN=… vigie-send.sh
set -u
umask 077
: "${CEL_FILE:?}" "${COLLECT_TO:?}" "${COLLECT_TOKEN:?}"
state=${STATE:-/var/lib/vigie-send}
url="${COLLECT_TO%/}/api/pbxs/${PBX_NAME:-main}/journal"
mkdir -p "$state"
# In a file: what stands on a command line is seen by everybody on this machine.
printf 'header = "Authorization: Bearer %s"\n' "$COLLECT_TOKEN" >"$state/curl"

keep() { # inode offset
  echo "$1 $2" >"$state/place.new" && sync "$state/place.new" && mv "$state/place.new" "$state/place"
}
inode_of() { stat -c %i "$1" 2>/dev/null || echo 0; }
size_of() { stat -c %s "$1" 2>/dev/null || echo 0; }

[ -s "$state/place" ] || keep "$(inode_of "$CEL_FILE")" "$(size_of "$CEL_FILE")"
while :; do
  read -r inode offset <"$state/place"
  current=$(inode_of "$CEL_FILE")
  file=$(find "$(dirname "$CEL_FILE")" -maxdepth 1 -inum "$inode" -name "$(basename "$CEL_FILE")*" | head -n 1)
  # Emptied (copytruncate), or gone for good: from the beginning of what there is.
  [ -n "$file" ] && [ "$(size_of "$file")" -ge "$offset" ] || { keep "$current" 0; sleep 1; continue; }

  tail -c "+$((offset + 1))" "$file" | head -c 500000 >"$state/part"
  # Whole lines only; the last one may still be written.
  head -n "$(wc -l <"$state/part")" "$state/part" >"$state/batch"
  bytes=$(wc -c <"$state/batch")
  if [ "$bytes" -eq 0 ]; then
    if [ "$current" != 0 ] && [ "$current" != "$inode" ]; then keep "$current" 0; else sleep 1; fi
  elif curl --silent --show-error --fail --max-time 20 --config "$state/curl" \
    --header 'Content-Type: text/csv' --data-binary "@$state/batch" "$url"; then
    keep "$inode" $((offset + bytes))
  else
    sleep 2
  fi
done
