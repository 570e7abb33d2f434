import os
import sys

import markupsafe
import psycopg


def main() -> None:
    with open(os.path.join(os.environ["RUNFILES_DIR"], "_main/greeting.txt")) as file:
        print(markupsafe.escape(file.read().strip()), *sys.argv[1:])
    print("libpq", psycopg.pq.version(), markupsafe._escape_inner.__module__)
    try:
        psycopg.connect("host=127.0.0.1 port=1")
    except psycopg.OperationalError as error:
        print(error)


if __name__ == "__main__":
    main()
