"""The virus scanner for trials: Debian's clamd with one signature of our own.

    python -m stack.scanner PORT FOLDER

A signature file of our own carries no date, so this stands in front of clamd, passes everything on
and answers one question itself: how old the signatures are. They are of now, or of what the file
FOLDER/made_at says (seconds since 1970)."""

import asyncio
import shutil
import subprocess
import sys
import time
from pathlib import Path

# Put together here so that no scanner takes this file for what it describes.
EICAR = (r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-" + "STANDARD-ANTIVIRUS-TEST-FILE!$H+H*").encode()
CONFIGURATION = """
LocalSocket {folder}/clamd.sock
DatabaseDirectory {folder}/signatures
StreamMaxLength 26M
AlertExceedsMax yes
Foreground yes
SelfCheck 0
"""


def program() -> str | None:
    """Return the path of clamd, if it is installed."""
    return shutil.which("clamd", path="/usr/sbin:/usr/bin:/usr/local/sbin")


def start(folder: Path) -> "subprocess.Popen[bytes]":
    """Start clamd in a folder; its socket is `clamd.sock` there. It ends with this process."""
    shutil.rmtree(folder / "signatures", ignore_errors=True)
    (folder / "signatures").mkdir(parents=True)
    (folder / "signatures" / "own.ndb").write_text(f"Test.Eicar:0:*:{EICAR.hex()}\n")
    (folder / "clamd.conf").write_text(CONFIGURATION.format(folder=folder))
    (folder / "clamd.sock").unlink(missing_ok=True)
    configured = f"--config-file={folder / 'clamd.conf'}"
    return subprocess.Popen(
        ["setpriv", "--pdeathsig", "TERM", "--", program() or "clamd", configured]
    )


async def pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Copy what comes until it ends."""
    try:
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    except ConnectionError:
        pass
    finally:
        target.close()


async def serve(port: int, folder: Path) -> None:
    """Answer until this process is ended."""

    async def answer(asker: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        asked = await asker.readuntil(b"\0")
        if asked == b"zVERSION\0":
            mark = folder / "made_at"
            made_at = float(mark.read_text()) if mark.exists() else time.time()
            back.write(f"ClamAV own/1/{time.asctime(time.gmtime(made_at))}\0".encode())
            await back.drain()
            back.close()
            return
        said, clamd = await asyncio.open_unix_connection(str(folder / "clamd.sock"))
        clamd.write(asked)
        await asyncio.gather(pass_on(asker, clamd), pass_on(said, back))

    async with await asyncio.start_server(answer, "127.0.0.1", port) as server:
        await server.serve_forever()


if __name__ == "__main__":
    where = Path(sys.argv[2])
    clamd = start(where)
    while not (where / "clamd.sock").exists() and clamd.poll() is None:
        time.sleep(0.05)
    if clamd.poll() is not None:
        sys.exit("clamd ended")
    asyncio.run(serve(int(sys.argv[1]), where))
