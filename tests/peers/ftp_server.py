"""An FTP server on loopback for one folder: anonymous, and me:secret.

With a certificate it speaks TLS: after AUTH TLS, or with a third argument from the first byte on.

Says its port in a line, and stops when its standard input ends.
"""

import os
import sys
import threading

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler
from pyftpdlib.servers import ThreadedFTPServer

folder, certificate = sys.argv[1], sys.argv[2]
authorizer = DummyAuthorizer()
authorizer.add_anonymous(folder)
authorizer.add_user("me", "secret", folder, perm="elr")

if certificate:
    class Handler(TLS_FTPHandler):
        certfile = certificate
        tls_control_required = True
        tls_data_required = True

        def handle(self):
            if len(sys.argv) > 3:
                self.secure_connection(self.ssl_context)
            else:
                super().handle()

        def handle_ssl_established(self):
            super().handle_ssl_established()
            # The greeting, which waits for the handshake.
            if len(sys.argv) > 3:
                super().handle()
else:
    class Handler(FTPHandler):
        pass

Handler.authorizer = authorizer
server = ThreadedFTPServer(("127.0.0.1", 0), Handler)
print("port:", server.address[1], flush=True)


def stop_at_end_of_input():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=stop_at_end_of_input, daemon=True).start()
server.serve_forever()
