"""Azure Blob Storage on loopback, by Azurite, with an empty container `images`.

The argument is Azurite's folder. Says its port in a line, and stops when its input ends.
"""

import base64
import email.utils
import hashlib
import hmac
import http.client
import os
import re
import subprocess
import sys
import tempfile

# The account that every Azurite has, and its key, which is published with it.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


def create(port, container):
    date = email.utils.formatdate(usegmt=True)
    version = "2021-08-06"
    lines = ["PUT"] + [""] * 11 + [f"x-ms-date:{date}", f"x-ms-version:{version}"]
    lines += [f"/{ACCOUNT}/{ACCOUNT}/{container}", "restype:container"]
    digest = hmac.new(base64.b64decode(KEY), "\n".join(lines).encode(), hashlib.sha256).digest()
    signature = base64.b64encode(digest).decode()
    headers = {"x-ms-date": date, "x-ms-version": version, "Content-Length": "0"}
    headers["Authorization"] = f"SharedKey {ACCOUNT}:{signature}"
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("PUT", f"/{ACCOUNT}/{container}?restype=container", headers=headers)
    answer = connection.getresponse()
    assert answer.status == 201, answer.read()


program = os.path.join(sys.argv[1], "dist", "src", "blob", "main.js")
with tempfile.TemporaryDirectory() as folder:
    command = ["node", program, "--blobHost", "127.0.0.1", "--blobPort", "0", "--silent"]
    command += ["--inMemoryPersistence", "--skipApiVersionCheck"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=folder)
    for line in server.stdout:
        if found := re.search(r"successfully listens on http://127\.0\.0\.1:(\d+)", line):
            break
    else:
        raise SystemExit("Azurite did not start")
    port = int(found[1])
    create(port, "images")
    print("port:", port, flush=True)
    sys.stdin.read()
    server.terminate()
    server.wait()
