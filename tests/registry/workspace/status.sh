#!/bin/sh
# The program of --workspace_status_command.
echo STABLE_VERSION 1.2.3
