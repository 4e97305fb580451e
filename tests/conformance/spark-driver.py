"""Runs generated jobs one after another in one Spark, each in a session of its own, up to the end of their topics.

Reads one JSON object a line: {"id", "script", "environment"}; answers {"id", "error"} when the job has ended. The scripts
run as they stand: where they would start a query that never ends, `availableNow` ends it with the input.
"""
import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from pyspark.sql import SparkSession
from pyspark.sql.streaming import DataStreamWriter

settings = json.loads(sys.argv[1])
builder = SparkSession.builder
for key, value in settings["spark"].items():
    builder = builder.config(key, value)
base = builder.getOrCreate()
base.sparkContext.setLogLevel("ERROR")

# The environment and the patched calls belong to one script at a time; waiting for its query does not.
starting = threading.Lock()
answering = threading.Lock()
own = threading.local()


def session(builder):
    fresh = base.newSession()
    for key, value in builder._options.items():
        if key.startswith("spark.sql."):
            fresh.conf.set(key, value)
    return fresh


class Started:
    def __init__(self, query):
        own.query = query

    def awaitTermination(self, *_):
        pass

    def __getattr__(self, name):
        return getattr(own.query, name)


start = DataStreamWriter.start
SparkSession.Builder.getOrCreate = session
DataStreamWriter.start = lambda writer, *args, **named: Started(
    start(writer.trigger(availableNow=True), *args, **named)
)


def run(job):
    error = None
    try:
        with starting:
            os.environ.update(job["environment"])
            SparkSession.builder._options = {}
            exec(compile(job["script"], f"{job['id']}.py", "exec"), {"__name__": "__main__"})
        if not own.query.awaitTermination(settings["seconds"]):
            own.query.stop()
            error = f"the query did not end within {settings['seconds']} s"
    except Exception as problem:
        error = str(problem)[:4000]
    with answering:
        print(json.dumps({"id": job["id"], "error": error}), flush=True)


with ThreadPoolExecutor(settings["at_once"]) as pool:
    print(json.dumps({"id": "", "error": None}), flush=True)
    for line in sys.stdin:
        pool.submit(run, json.loads(line))
os._exit(0)
