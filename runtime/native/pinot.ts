/** Pinot: ZooKeeper, controller, broker and server in one process, or the same from a distribution. */
import {
  answers,
  type EnginePlan,
  javaOptions,
  type Probe,
  properties,
  type Service,
  type Setup,
} from './service.ts'

const cluster = 'pipec'

/** From the jars of Maven Central, which have the roles but not the program that starts them. */
export function pinotPlan(setup: Setup, lib: string): EnginePlan {
  const script = `${setup.folder}/conf/pinot.groovy`
  const file = `${setup.folder}/conf/pinot.properties`
  return {
    services: [
      {
        ...common(setup),
        name: 'pinot',
        title: 'Pinot',
        args: [...javaOptions(setup, 1024), '-cp', `${lib}/*`, 'groovy.ui.GroovyMain', script, file],
        ports: [setup.ports.pinotZookeeper, ...rolePorts(setup)],
        after: [],
        ready: probes(setup),
      },
    ],
    files: { [script]: startRoles, [file]: properties(rolesInOne(setup)) },
    folders: [dataFolder(setup)],
  }
}

/** From a distribution, `home`, whose administrator program starts ZooKeeper and then the roles. */
export function pinotHomePlan(setup: Setup, home: string): EnginePlan {
  const roles = { CONTROLLER: controller(setup), BROKER: broker(setup), SERVER: server(setup) }
  const files = Object.entries(roles).map(([role, settings]) => {
    const path = `${setup.folder}/conf/pinot-${role.toLowerCase()}.properties`
    return [
      path,
      properties({ 'pinot.service.role': role, 'pinot.cluster.name': cluster, ...settings }),
    ] as const
  })
  return {
    services: [
      zookeeper(setup, home),
      serviceManager(
        setup,
        home,
        files.map(([path]) => path),
      ),
    ],
    files: Object.fromEntries(files),
    folders: [dataFolder(setup)],
  }
}

function zookeeper(setup: Setup, home: string): Service {
  const { pinotZookeeper } = setup.ports
  return {
    ...common(setup),
    name: 'pinot-zookeeper',
    title: "Pinot's ZooKeeper",
    args: [
      ...administrator(setup, home, 256),
      ...['StartZookeeper', '-zkPort', `${pinotZookeeper}`, '-dataDir', `${dataFolder(setup)}/zookeeper`],
    ],
    ports: [pinotZookeeper],
    after: [],
    ready: [{ kind: 'port', port: pinotZookeeper }],
  }
}

function serviceManager(setup: Setup, home: string, files: readonly string[]): Service {
  return {
    ...common(setup),
    name: 'pinot',
    title: 'Pinot',
    args: [
      ...administrator(setup, home, 1024),
      ...['StartServiceManager', '-zkAddress', zookeeperAddress(setup), '-clusterName', cluster],
      ...['-bootstrapConfigPaths', ...files],
    ],
    ports: rolePorts(setup),
    after: ['pinot-zookeeper'],
    ready: probes(setup),
  }
}

function administrator(setup: Setup, home: string, megabytes: number): readonly string[] {
  return [
    ...javaOptions(setup, megabytes),
    `-Dplugins.dir=${home}/plugins`,
    ...['-cp', `${home}/lib/*`, 'org.apache.pinot.tools.admin.PinotAdministrator'],
  ]
}

function common(setup: Setup): Pick<Service, 'engine' | 'program' | 'env' | 'first'> {
  return { engine: 'pinot', program: setup.java, env: {}, first: null }
}

function rolePorts({ ports }: Setup): readonly number[] {
  return [ports.pinotController, ports.pinotBroker, ports.pinotServer, ports.pinotServerAdmin]
}

function probes({ ports }: Setup): readonly Probe[] {
  return [ports.pinotController, ports.pinotBroker, ports.pinotServerAdmin].map((port) =>
    answers(`http://127.0.0.1:${port}/health`),
  )
}

function dataFolder(setup: Setup): string {
  return `${setup.folder}/data/pinot`
}

function zookeeperAddress(setup: Setup): string {
  return `127.0.0.1:${setup.ports.pinotZookeeper}`
}

type Settings = Readonly<Record<string, string | number>>

function controller(setup: Setup): Settings {
  return {
    'controller.host': '127.0.0.1',
    'controller.port': setup.ports.pinotController,
    'controller.zk.str': zookeeperAddress(setup),
    'controller.helix.cluster.name': cluster,
    'controller.data.dir': `${dataFolder(setup)}/controller`,
    'controller.local.temp.dir': `${dataFolder(setup)}/controller-tmp`,
  }
}

function broker(setup: Setup): Settings {
  return {
    'pinot.zk.server': zookeeperAddress(setup),
    'pinot.cluster.name': cluster,
    'pinot.broker.hostname': '127.0.0.1',
    'pinot.broker.client.queryPort': setup.ports.pinotBroker,
  }
}

function server(setup: Setup): Settings {
  return {
    'pinot.zk.server': zookeeperAddress(setup),
    'pinot.cluster.name': cluster,
    'pinot.server.netty.host': '127.0.0.1',
    'pinot.server.netty.port': setup.ports.pinotServer,
    'pinot.server.adminapi.port': setup.ports.pinotServerAdmin,
    // Only other systems' connectors read by gRPC, on a port of its own.
    'pinot.server.grpc.enable': 'false',
    'pinot.server.instance.dataDir': `${dataFolder(setup)}/server`,
    'pinot.server.instance.segmentTarDir': `${dataFolder(setup)}/server-tar`,
  }
}

function rolesInOne(setup: Setup): Settings {
  const prefixed = (role: string, settings: Settings) =>
    Object.entries(settings).map(([key, value]) => [`${role}/${key}`, value])
  return {
    'zookeeper/port': setup.ports.pinotZookeeper,
    'zookeeper/dir': `${dataFolder(setup)}/zookeeper`,
    ...Object.fromEntries([
      ...prefixed('controller', controller(setup)),
      ...prefixed('broker', broker(setup)),
      ...prefixed('server', server(setup)),
    ]),
  }
}

/** Groovy is among Pinot's own dependencies: it starts classes that have no usable main(), without a Java compiler. */
const startRoles = `import org.apache.pinot.broker.broker.helix.HelixBrokerStarter
import org.apache.pinot.common.utils.ZkStarter
import org.apache.pinot.controller.ControllerStarter
import org.apache.pinot.server.starter.helix.HelixServerStarter
import org.apache.pinot.spi.env.PinotConfiguration

def all = new Properties()
new File(args[0]).withInputStream { all.load(it) }

def settings = { role ->
  all.findAll { key, value -> key.startsWith(role + '/') }
     .collectEntries { key, value -> [(key.substring(role.length() + 1)): value] }
}

def start = { starter, role ->
  starter.init(new PinotConfiguration(settings(role) as Map<String, Object>))
  starter.start()
}

ZkStarter.startLocalZkServer(settings('zookeeper').port as int, settings('zookeeper').dir)
start(new ControllerStarter(), 'controller')
start(new HelixBrokerStarter(), 'broker')
start(new HelixServerStarter(), 'server')
`
