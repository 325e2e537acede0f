#!/bin/sh
# Prints weir's flows from Kafka with kcat, one JSON object a line; ends after COUNT messages, else follows the topic.
#   kcat.sh [BROKERS [TOPIC [COUNT]]]
# With the message key in front (the flow's Community ID, unless weir was told another ?messagekey): -f '%k\t%s\n' instead of -u.
set -eu
exec kcat -C -q -u -o beginning -b "${1:-localhost:9092}" -t "${2:-flows}" ${3:+-c "$3"}
