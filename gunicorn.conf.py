"""How the web server runs, here and in production; WEB_WORKERS and WEB_THREADS may be set."""

import os

workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
worker_class = "gthread"
# A slow upload keeps a thread, not a worker; a worker that hangs is replaced.
timeout = 60
graceful_timeout = 30
max_requests = 5000
max_requests_jitter = 500
control_socket_disable = True
# Imported once, shared by the workers: half the start, half the memory.
preload_app = True
