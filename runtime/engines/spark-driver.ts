/** What a driver runs and how it tells what it is: its launch command carries the job's name and both hashes. */
import type { SparkJobResource } from '../../compiler/manifest.ts'

/** Who a driver is. `hash` and `stateHash` as the manifest writes them. */
export interface Identity {
  readonly name: string
  readonly hash: string
  readonly stateHash: string
}

/** `pipec.transactions#<stateHash>.<hash>`: what Spark calls the job. */
export function driverName({
  name,
  hash,
  stateHash,
}: Pick<SparkJobResource, 'name' | 'hash' | 'stateHash'>): string {
  return `${name}#${digits(stateHash)}.${digits(hash)}`
}

export function parseDriverName(text: string): Identity | null {
  const match = /^(pipec\.[a-z0-9_]+)#([0-9a-f]{16})\.([0-9a-f]{16})$/.exec(text)
  if (match === null) return null
  return { name: match[1]!, stateHash: `sha256:${match[2]}`, hash: `sha256:${match[3]}` }
}

/** The folder of all checkpoints of a job; each state has its own in it. */
export function checkpointsOf(checkpoints: string, name: string): string {
  return `${checkpoints.replace(/\/+$/, '')}/${name}`
}

export function digits(hash: string): string {
  return hash.replace(/^sha256:/, '')
}

/** What the driver is called that removes a job's checkpoints. */
export function removerName(name: string): string {
  return `${name}#removal`
}

export type Launched =
  | { readonly kind: 'job'; readonly identity: Identity }
  | { readonly kind: 'removal'; readonly name: string }

/**
 * What a driver was launched as, from the first line of its stderr, which the worker writes before it starts it. `--name` is
 * read, and not the property: Spark blanks out what looks like a secret, such as the name of a pipeline over tokens.
 */
export function parseLaunch(log: string): Launched | null {
  const command = /^Launch Command: (.*)$/m.exec(log)?.[1] ?? ''
  const called = /"--name" "([^"]*)"/.exec(command)?.[1] ?? ''
  const identity = parseDriverName(called)
  if (identity !== null) return { kind: 'job', identity }
  const name = /^(pipec\.[a-z0-9_]+)#removal$/.exec(called)?.[1]
  return name === undefined ? null : { kind: 'removal', name }
}

/** What a job prints about itself, one JSON object a line behind this word. */
export const reportMark = 'pipec: '

export interface Report {
  /** True once a batch is done, or there is nothing to read. */
  readonly ready: boolean
  readonly state: string
  readonly batch: number | null
  /** Records of the topic that are not read yet. */
  readonly behind: number | null
  /** ISO-8601, of the last batch. */
  readonly watermark: string | null
}

/** The last report in a driver's stdout. */
export function lastReport(stdout: string): Report | null {
  const line = stdout.split('\n').findLast((each) => each.startsWith(reportMark) && each.endsWith('}'))
  return line === undefined ? null : (JSON.parse(line.slice(reportMark.length)) as Report)
}

/** Seconds after which a job that is held gives up: who should have made its topic has gone. */
const longestHold = 6 * 3600

/**
 * The Python that the driver starts with: it runs the script out of its environment, so that the cluster needs no folder
 * that pipec can write to, and reports beside it. Base64, because a JVM under a plain C locale loses other letters.
 * PIPEC_HOLD names a topic before which no query is started; the Kafka client to ask for it is the source's own.
 */
export const bootstrap = `
import base64, json, os, threading, time

def records(offsets):
    return sum(sum(each.values()) for each in json.loads(offsets).values())

def behind(source):
    try:
        return records(source["latestOffset"]) - records(source["endOffset"])
    except (ValueError, TypeError, AttributeError, KeyError):
        return None

def tell(line):
    print("${reportMark}" + json.dumps(line), flush=True)

def report():
    from pyspark.sql import SparkSession
    printed, when = None, 0.0
    while True:
        time.sleep(0.5)
        session = SparkSession._instantiatedSession
        try:
            queries = session.streams.active if session is not None else []
            if not queries:
                continue
            status, progress = queries[0].status, queries[0].lastProgress
        except Exception:
            continue
        known = progress is not None
        line = {
            "ready": known or status["message"].startswith("Waiting for"),
            "state": status["message"],
            "batch": progress["batchId"] if known else None,
            "behind": behind(progress["sources"][0]) if known else None,
            "watermark": progress["eventTime"].get("watermark") if known else None,
        }
        facts = (line["ready"], line["batch"], line["behind"])
        if facts != printed and (printed is None or printed[0] != facts[0] or time.monotonic() - when > 10):
            printed, when = facts, time.monotonic()
            tell(line)

def wait_for(admin, topic, deadline):
    while True:
        try:
            if admin.listTopics().names().get().contains(topic):
                return
        except Exception as error:
            print(error, flush=True)
        if time.monotonic() > deadline:
            raise SystemExit("there is no topic " + topic)
        time.sleep(0.1)

def held(topic):
    from pyspark.sql import SparkSession
    from pyspark.sql.streaming import DataStreamWriter
    start = DataStreamWriter.start

    def start_held(writer, *args, **kwargs):
        tell({"ready": False, "state": "waits for " + topic, "batch": None, "behind": None, "watermark": None})
        jvm = SparkSession._instantiatedSession._jvm
        settings = jvm.java.util.Properties()
        settings.setProperty("bootstrap.servers", os.environ["KAFKA_BOOTSTRAP_SERVERS"])
        for key, value in json.loads(os.environ.get("PIPEC_KAFKA_OPTIONS", "{}")).items():
            settings.setProperty(key[len("kafka."):], value)
        admin = jvm.org.apache.kafka.clients.admin.AdminClient.create(settings)
        wait_for(admin, topic, time.monotonic() + ${longestHold})
        admin.close()
        return start(writer, *args, **kwargs)

    DataStreamWriter.start = start_held

threading.Thread(target=report, daemon=True).start()
if "PIPEC_HOLD" in os.environ:
    held(os.environ["PIPEC_HOLD"])
exec(compile(base64.b64decode(os.environ["PIPEC_SCRIPT"]), "job.py", "exec"))
`.trimStart()

/** Removes a folder wherever Spark can write. It runs no application: the driver's own JVM does it. */
export const removal = `
import os
from pyspark.java_gateway import launch_gateway

jvm = launch_gateway().jvm
path = jvm.org.apache.hadoop.fs.Path(os.environ["PIPEC_CHECKPOINTS"])
files = path.getFileSystem(jvm.org.apache.spark.deploy.SparkHadoopUtil.get().conf())
if files.exists(path) and not files.delete(path, True):
    raise OSError(f"{path} could not be removed")
`.trimStart()
