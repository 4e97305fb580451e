/** What `up` fetches, by coordinates: pinned here and nowhere else. Addresses are the package clients' own business. */

/** `group:artifact:version`. */
type Coordinate = `${string}:${string}:${string}`

export interface MavenPart {
  readonly from: 'maven'
  readonly folder: string
  /** A bill of materials, whose versions win over those of transitive dependencies. */
  readonly bom: Coordinate | null
  readonly dependencies: readonly { readonly coordinate: Coordinate; readonly without: readonly string[] }[]
  /** How many jars arrive, for the progress bar. */
  readonly jars: number
}

/** Packages that are unpacked into a folder, for their files alone. */
export interface PipPart {
  readonly from: 'pip'
  readonly folder: string
  readonly packages: readonly string[]
  readonly megabytes: number
}

/** A virtual environment, for programs that run Python. */
export interface VenvPart {
  readonly from: 'venv'
  readonly folder: string
  readonly packages: readonly string[]
  readonly megabytes: number
}

export type Part = MavenPart | PipPart | VenvPart

export interface ArtefactSet {
  readonly name: ArtefactName
  readonly title: string
  readonly version: string
  readonly parts: readonly Part[]
}

export type ArtefactName = 'kafka' | 'flink' | 'spark' | 'pinot' | 'pinot-controller'

const alone = ['*:*'] as const

function maven(
  jars: number,
  dependencies: MavenPart['dependencies'],
  bom: Coordinate | null = null,
): MavenPart {
  return { from: 'maven', folder: 'lib', bom, dependencies, jars }
}

function withAll(coordinate: Coordinate): MavenPart['dependencies'][number] {
  return { coordinate, without: [] }
}

function withNone(coordinate: Coordinate): MavenPart['dependencies'][number] {
  return { coordinate, without: alone }
}

export const artefacts = {
  kafka: {
    name: 'kafka',
    title: 'Kafka',
    version: '4.3.1',
    parts: [
      maven(92, [
        withAll('org.apache.kafka:kafka_2.13:4.3.1'),
        withAll('org.apache.kafka:kafka-tools:4.3.1'),
        // Kafka's own dependencies bring the logging interface without a binding.
        withAll('org.apache.logging.log4j:log4j-slf4j-impl:2.25.4'),
      ]),
    ],
  },
  flink: {
    name: 'flink',
    title: 'Flink',
    version: '2.2.1',
    parts: [
      // Maven Central has no flink-dist and no SQL client of this version; the Python package carries both.
      { from: 'pip', folder: 'python', packages: ['apache-flink-libraries==2.2.1'], megabytes: 628 },
      maven(2, [
        // The gateway shades its API, whose own artefact does not exist.
        withNone('org.apache.flink:flink-sql-gateway:2.2.1'),
        withNone('org.apache.flink:flink-sql-connector-kafka:5.0.0-2.2'),
      ]),
    ],
  },
  spark: {
    name: 'spark',
    title: 'Spark',
    version: '4.2.0',
    parts: [
      // pandas, pyarrow and protobuf (at least as new as the code generated into pyspark) are for late_rows: exact.
      {
        from: 'venv',
        folder: 'venv',
        packages: ['pyspark==4.2.0', 'pandas==2.3.3', 'pyarrow==22.0.0', 'protobuf==6.33.6'],
        megabytes: 1700,
      },
      // The other dependencies of the connector are in Spark already, some older: shipping them would shadow Spark's.
      maven(4, [
        withNone('org.apache.spark:spark-sql-kafka-0-10_2.13:4.2.0'),
        withNone('org.apache.spark:spark-token-provider-kafka-0-10_2.13:4.2.0'),
        withNone('org.apache.kafka:kafka-clients:3.9.2'),
        withNone('org.apache.commons:commons-pool2:2.13.1'),
      ]),
    ],
  },
  /** The newest whole Pinot that Maven Central has: later ones lack the server and the Kafka plug-in. */
  pinot: {
    name: 'pinot',
    title: 'Pinot',
    version: '0.11.0',
    parts: [
      maven(217, [
        withAll('org.apache.pinot:pinot-controller:0.11.0'),
        withAll('org.apache.pinot:pinot-broker:0.11.0'),
        withAll('org.apache.pinot:pinot-server:0.11.0'),
        withAll('org.apache.pinot:pinot-kafka-2.0:0.11.0'),
        withAll('org.apache.pinot:pinot-json:0.11.0'),
        withAll('org.apache.pinot:pinot-yammer:0.11.0'),
      ]),
    ],
  },
  /** The current controller without the parts that Maven Central lacks: enough to validate schemas and tables. */
  'pinot-controller': {
    name: 'pinot-controller',
    title: "Pinot's controller",
    version: '1.5.1',
    parts: [
      maven(
        222,
        [
          {
            coordinate: 'org.apache.pinot:pinot-controller:1.5.1',
            without: [
              'org.apache.pinot:pinot-query-planner',
              'org.apache.pinot:pinot-segment-uploader-default',
              'org.apache.pinot:pinot-avro-base',
              'org.apache.pinot:pinot-csv',
              'org.apache.pinot:pinot-timeseries-planner',
            ],
          },
          withAll('org.apache.pinot:pinot-core:1.5.1'),
          withAll('org.apache.pinot:pinot-yammer:1.5.1'),
          withAll('org.apache.logging.log4j:log4j-slf4j2-impl:2.26.0'),
        ],
        'org.apache.pinot:pinot:1.5.1',
      ),
    ],
  },
} as const satisfies { readonly [Name in ArtefactName]: ArtefactSet & { readonly name: Name } }

/** The files that a part whose dependencies bring nothing else comes to. */
export function jarNames(part: MavenPart): readonly string[] {
  return part.dependencies.map(({ coordinate }) => `${coordinate.split(':').slice(1).join('-')}.jar`)
}
