"""
Runs a streaming job over a backlog and ends it once that is read: prints Spark's own account of each batch.
python spark-backlog.py SCRIPT TOTAL BATCH: BATCH records at most in a batch, whatever the script says of that.
"""
import json
import os
import sys
import threading
import time

from pyspark.sql.streaming import DataStreamReader

script, total, batch_size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
load = DataStreamReader.load
DataStreamReader.load = lambda reader: load(reader.option("maxOffsetsPerTrigger", batch_size))


def watch():
    from pyspark.sql import SparkSession

    told, read = set(), 0
    while read < total:
        time.sleep(0.2)
        session = SparkSession._instantiatedSession
        for query in session.streams.active if session is not None else []:
            for progress in query.recentProgress:
                batch = progress["batchId"]
                if batch in told or progress["numInputRows"] == 0:
                    continue
                told.add(batch)
                read += progress["numInputRows"]
                account = {"rows": progress["numInputRows"], "millis": progress["durationMs"]["triggerExecution"]}
                print("batch: " + json.dumps(account), flush=True)
    # Stopped from outside, the query would only tell of an interruption.
    os._exit(0)


threading.Thread(target=watch, daemon=True).start()
with open(script) as file:
    exec(compile(file.read(), script, "exec"))
