"""People at the same instant: calls that begin together, each on a connection of its own."""

import threading

from django.db import connection


def at_once(*calls):
    """Start the calls at the same instant; return what each raised, None where nothing."""
    barrier, raised = threading.Barrier(len(calls)), [None] * len(calls)

    def run(number, call):
        try:
            barrier.wait(10)
            call()
        except Exception as error:  # the test says which are right
            raised[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return raised
