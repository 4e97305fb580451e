/**
 * The controller of Pinot 1.5.1, alone: Maven Central has no server, broker or Kafka plug-in of that version. It judges and
 * keeps tables as production's would; a consumer factory of the plug-in's name stands in for Kafka, and a proxy
 * answers what only servers and brokers know.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { artefacts } from '../../runtime/native/artefacts.ts'
import { fetchSet } from '../../runtime/native/fetch.ts'
import { silent } from '../../runtime/progress.ts'
import { type Proxy, startProxy } from './proxy.ts'

export interface Controller {
  /** Of the controller itself. */
  readonly url: string
  /** With the answers of a server and a broker; both of them. */
  readonly whole: Proxy
  stop(): Promise<void>
}

export async function startController(): Promise<Controller> {
  const folder = mkdtempSync(join(tmpdir(), 'pipec-pinot-'))
  const lib = join(await jars(), 'lib')
  const [zookeeper, port] = await freePorts(2)
  const child = start(folder, lib, [`${zookeeper}`, `${port}`, folder])
  const url = `http://127.0.0.1:${port}`
  try {
    await answering(url, child, folder)
    await addInstances(url)
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
  const whole = await startProxy(url, (request) => {
    if (request.endsWith('/consumingSegmentsInfo')) return { status: 200, body: consuming }
    return request === 'POST /query/sql'
      ? { status: 200, body: { resultTable: { rows: [[0]] }, exceptions: [] } }
      : 'pass'
  })
  return { url, whole, stop: () => stop(child, folder, whole) }
}

const consuming = {
  _segmentToConsumingInfoMap: { s: [{ serverName: 'Server_s1_8098', consumerState: 'CONSUMING' }] },
}

function jars(): Promise<string> {
  return fetchSet(artefacts['pinot-controller'], {
    env: process.env,
    python: { program: 'python3', version: '3' },
    progress: silent,
    signal: AbortSignal.timeout(600_000),
  })
}

/** Groovy is among the controller's dependencies: it compiles the factory and starts the roles. */
function start(folder: string, lib: string, args: readonly string[]): ChildProcess {
  const [classes, factory, script] = [
    join(folder, 'classes'),
    join(folder, 'Factory.groovy'),
    join(folder, 'start.groovy'),
  ]
  mkdirSync(classes)
  writeFileSync(factory, factoryText)
  writeFileSync(script, startText)
  execFileSync('java', [
    '-cp',
    `${lib}/*`,
    'org.codehaus.groovy.tools.FileSystemCompiler',
    '-d',
    classes,
    factory,
  ])
  const opened = ['java.lang', 'java.util', 'java.nio'].map(
    (name) => `--add-opens=java.base/${name}=ALL-UNNAMED`,
  )
  const options = ['-Xmx512m', '-XX:TieredStopAtLevel=1', ...opened, '-cp', `${classes}:${lib}/*`]
  const log = join(folder, 'log.txt')
  const command = ['java', ...options, 'groovy.ui.GroovyMain', script, ...args]
  return spawn('sh', ['-c', 'exec "$@" > "$0" 2>&1', log, ...command], { stdio: 'ignore' })
}

const startText = `import org.apache.pinot.common.utils.ZkStarter
import org.apache.pinot.controller.ControllerStarter
import org.apache.pinot.spi.env.PinotConfiguration

def (zookeeper, port, folder) = args
ZkStarter.startLocalZkServer(zookeeper as int, folder + '/zookeeper')
def controller = new ControllerStarter()
controller.init(new PinotConfiguration([
  'pinot.zk.server': '127.0.0.1:' + zookeeper, 'pinot.cluster.name': 'pipec',
  'controller.host': '127.0.0.1', 'controller.port': port, 'controller.data.dir': folder + '/data'] as Map<String, Object>))
controller.start()
`

const factoryText = `package org.apache.pinot.plugin.stream.kafka30

import org.apache.pinot.spi.stream.*

class KafkaConsumerFactory extends StreamConsumerFactory {
  StreamMetadataProvider createPartitionMetadataProvider(String client, int partition) { new OnePartition() }
  StreamMetadataProvider createStreamMetadataProvider(String client) { new OnePartition() }
  StreamPartitionMsgOffsetFactory createStreamMsgOffsetFactory() { new LongMsgOffsetFactory() }
}

class OnePartition implements StreamMetadataProvider {
  int fetchPartitionCount(long timeout) { 1 }
  StreamPartitionMsgOffset fetchStreamPartitionOffset(OffsetCriteria criteria, long timeout) { new LongMsgOffset(0) }
  boolean supportsOffsetLag() { false }
  void close() {}
}
`

async function answering(url: string, child: ChildProcess, folder: string): Promise<void> {
  for (let attempt = 0; attempt < 240; attempt++) {
    const healthy = await fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (healthy) return
    if (child.exitCode !== null) break
    await sleep(500)
  }
  throw new Error(
    `the controller did not start:\n${readFileSync(join(folder, 'log.txt'), 'utf8').slice(-3000)}`,
  )
}

/** The tenants of a table must have somebody in them. */
async function addInstances(url: string): Promise<void> {
  const instances = [
    { host: 's1', port: '8098', type: 'SERVER', tags: ['DefaultTenant_OFFLINE', 'DefaultTenant_REALTIME'] },
    { host: 'b1', port: '8099', type: 'BROKER', tags: ['DefaultTenant_BROKER'] },
  ]
  for (const instance of instances) {
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`${url}/instances`, {
      method: 'POST',
      headers,
      body: JSON.stringify(instance),
    })
    if (!answer.ok) throw new Error(await answer.text())
  }
}

async function stop(child: ChildProcess, folder: string, whole: Proxy): Promise<void> {
  await whole.stop()
  const closed = once(child, 'close')
  child.kill('SIGKILL')
  await closed
  rmSync(folder, { recursive: true, force: true })
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}
