/** Fetches jars through `mvn`, with the user's own settings (mirrors, proxies, repository) and strict checksums. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '../failure.ts'
import type { MavenPart } from './artefacts.ts'
import { run } from './command.ts'

const copyDependencies = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies'

export interface Fetching {
  /** The folder that will become the set's. */
  readonly temporary: string
  /** What a message calls the set: `Kafka 4.3.1`. */
  readonly title: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly python: string
  readonly signal: AbortSignal
}

/** @throws Failure with Maven's own errors. Maven reads the descriptors of all dependencies before the first jar. */
export async function fetchByMaven(
  part: MavenPart,
  fetching: Fetching,
  arrived: (jars: number, descriptors: number) => void,
): Promise<void> {
  const folder = join(fetching.temporary, part.folder)
  await mkdir(folder, { recursive: true })
  const pom = join(fetching.temporary, 'pom.xml')
  await writeFile(pom, pomOf(part))
  let [jars, descriptors] = [0, 0]
  const outcome = await run({
    program: 'mvn',
    args: [
      '--batch-mode',
      '--strict-checksums',
      `--file=${pom}`,
      copyDependencies,
      '-DincludeScope=runtime',
      `-DoutputDirectory=${folder}`,
    ],
    env: fetching.env,
    signal: fetching.signal,
    onLine: (line) => {
      const kind = arrival.exec(line)?.[1]
      if (kind === undefined) return
      if (kind === 'jar') jars++
      else descriptors++
      arrived(jars, descriptors)
    },
  })
  if (outcome.code !== 0) throw mavenFailure(fetching.title, outcome.lines)
}

/** What the user's own repository holds already is taken without a word. */
const arrival = /Downloaded from \S+: \S+\.(jar|pom)\b/

function mavenFailure(title: string, lines: readonly string[]): Failure {
  const errors = lines
    .filter((line) => line.includes('ERROR'))
    .map((line) => line.replace(/^.*?ERROR\S*\s*/, ''))
  return new Failure(`Maven could not fetch the artefacts of ${title}.`, {
    detail: (errors.length > 0 ? errors : lines).filter(Boolean).slice(0, 5).join('\n'),
    next: 'Check the network, the disk and ~/.m2/settings.xml, then run it again: what has arrived is kept.',
  })
}

/** The smallest project whose dependencies are those of the part. */
export function pomOf(part: MavenPart): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>pipec</groupId>
  <artifactId>artefacts</artifactId>
  <version>1</version>
${part.bom === null ? '' : bomXml(part.bom)}  <dependencies>
${part.dependencies.map(dependencyXml).join('\n')}
  </dependencies>
</project>
`
}

function bomXml(coordinate: string): string {
  return `  <dependencyManagement><dependencies><dependency>
    ${coordinateXml(coordinate)}<type>pom</type><scope>import</scope>
  </dependency></dependencies></dependencyManagement>
`
}

function dependencyXml(dependency: MavenPart['dependencies'][number]): string {
  const exclusions = dependency.without.map((one) => {
    const [group, artifact] = one.split(':')
    return `<exclusion><groupId>${group}</groupId><artifactId>${artifact}</artifactId></exclusion>`
  })
  return `    <dependency>${coordinateXml(dependency.coordinate)}<exclusions>${exclusions.join('')}</exclusions></dependency>`
}

function coordinateXml(coordinate: string): string {
  const [group, artifact, version] = coordinate.split(':')
  return `<groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version>`
}
