import { createInterface } from 'node:readline';
import Database from 'better-sqlite3';

/** Runs the SQL that it reads, a line at a time, as the sqlite3 shell does. */
const db = new Database(process.argv[2], { timeout: 5_000 });
for await (const line of createInterface({ input: process.stdin })) {
  if (line.startsWith('.print ')) process.stdout.write(`${line.slice('.print '.length)}\n`);
  else run(line);
}
db.close();

function run(line) {
  for (const part of line.split(';')) {
    if (part.trim() === '') continue;
    try {
      const statement = db.prepare(part);
      if (!statement.reader) statement.run();
      else for (const row of statement.raw().iterate()) process.stdout.write(`${row.join('|')}\n`);
    } catch (error) {
      process.stdout.write(`error: ${error.message}\n`);
    }
  }
}
