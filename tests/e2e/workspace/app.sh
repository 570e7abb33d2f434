#!/bin/busybox sh
echo "$1, $2, says $(cat /etc/app.conf) as $(id -u)"
