/** ZooKeeper, and Pinot's controller, broker and server in one process, configured by the files in generated/pinot/conf. */
import { exchange, healthcheck } from '../../healthcheck.ts'
import type { Artifact, ComposeServices } from '../target.ts'

/** `latest` of Pinot is a nightly build. */
const images = { zookeeper: 'zookeeper:3.9.4', pinot: 'apachepinot/pinot:1.5.1' } as const

const profiles = ['pinot']

const roles = ['controller', 'broker', 'server'] as const

export const pinotServices: ComposeServices = {
  services: {
    zookeeper: {
      image: images.zookeeper,
      profiles,
      hostname: 'zookeeper',
      environment: { ZK_SERVER_HEAP: '256', ZOO_AUTOPURGE_PURGEINTERVAL: '24' },
      volumes: ['zookeeper-data:/data', 'zookeeper-log:/datalog'],
      // What `zkServer.sh status` asks too, without a Java machine every five seconds.
      healthcheck: healthcheck(exchange('127.0.0.1:2181', 'srvr', "grep -q '^Mode: '"), '5s'),
      mem_limit: '512m',
      restart: 'unless-stopped',
    },
    pinot: {
      image: images.pinot,
      profiles,
      // Pinot names its instances by host; the same name again finds its segments again.
      hostname: 'pinot',
      command: [
        'StartServiceManager',
        '-zkAddress',
        'zookeeper:2181',
        '-clusterName',
        'pipec',
        '-bootstrapConfigPaths',
        ...roles.map((role) => `/etc/pinot/${role}.conf`),
      ],
      // The image's own heap is 4 GB.
      environment: { JAVA_OPTS: '-Xms512m -Xmx1g -Dpinot.admin.system.exit=false' },
      ports: ['127.0.0.1:9000:9000', '127.0.0.1:8099:8099'],
      volumes: ['pinot-data:/var/pinot', './pinot/conf:/etc/pinot:ro'],
      depends_on: {
        kafka: { condition: 'service_healthy' },
        zookeeper: { condition: 'service_healthy' },
      },
      healthcheck: {
        test: ['CMD-SHELL', [9000, 8099, 8097].map(healthOf).join(' && ')],
        interval: '5s',
        timeout: '10s',
        retries: 36,
        start_period: '30s',
      },
      mem_limit: '2g',
      restart: 'unless-stopped',
    },
  },
  volumes: ['zookeeper-data', 'zookeeper-log', 'pinot-data'],
}

function healthOf(port: number): string {
  return `curl -fsS http://127.0.0.1:${port}/health`
}

/** What the three roles read when Compose starts them. */
export const pinotConfiguration: readonly Artifact[] = roles.map((role) => ({
  path: `pinot/conf/${role}.conf`,
  template: `pinot/${role}.conf`,
  view: {},
}))
