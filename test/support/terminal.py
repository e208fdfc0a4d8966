"""Runs a command on a pseudo-terminal: terminal.py JSON. Waits for each text of "steps" and then sends what goes with it;
prints all that the command wrote, and last a line with its exit code."""
import json, os, pty, select, sys, termios, fcntl, struct, time

job = json.loads(sys.argv[1])
pid, master = pty.fork()
if pid == 0:
    os.execvpe(job["argv"][0], job["argv"], {**os.environ, **job["env"]})
fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", job["rows"], job["columns"], 0, 0))
steps, seen, out, end = job["steps"], 0, b"", time.monotonic() + job["seconds"]
while time.monotonic() < end:
    if steps and (at := out.find(steps[0]["wait"].encode(), seen)) >= 0:
        seen = at + len(steps[0]["wait"].encode())
        os.write(master, steps.pop(0)["send"].encode())
    if not select.select([master], [], [], 0.05)[0]:
        continue
    try:
        chunk = os.read(master, 65536)
    except OSError:
        break
    if not chunk:
        break
    out += chunk
else:
    os.kill(pid, 9)
status = os.waitpid(pid, 0)[1]
sys.stdout.buffer.write(out + b"\n%d\n" % os.waitstatus_to_exitcode(status))
