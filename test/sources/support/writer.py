"""Runs the SQL that it reads, a line at a time, as the sqlite3 shell does."""

import sqlite3
import sys

connection = sqlite3.connect(sys.argv[1], timeout=5, isolation_level=None)
for line in sys.stdin:
    if line.startswith('.print '):
        print(line[len('.print '):].strip(), flush=True)
        continue
    statement = ''
    for part in line.split(';'):
        statement += part + ';'
        if not sqlite3.complete_statement(statement):
            continue
        try:
            for row in connection.execute(statement):
                print('|'.join('' if value is None else str(value) for value in row))
        except sqlite3.Error as error:
            print(f'error: {error}')
        statement = ''
connection.close()
