/** Images that `up` builds: an engine's own with jars of Maven's repositories in it, so that nothing is fetched at a start. */
import { hash } from './hash.ts'

export interface BuiltImage {
  readonly image: string
  readonly build: { readonly dockerfile_inline: string }
}

/** The tag bears what it is built from: Compose builds no image anew whose tag is there. */
export function builtImage(tag: string, lines: readonly string[]): BuiltImage {
  const dockerfile_inline = `${lines.join('\n')}\n`
  const digest = hash(dockerfile_inline).replace('sha256:', '').slice(0, 8)
  return { image: `${tag}-${digest}`, build: { dockerfile_inline } }
}

export const jarsStage = 'FROM maven:3.9.9-eclipse-temurin-17 AS jars'

/** Into /jars of that stage. Without its version Maven would take the newest plug-in of the day. */
export function copied(artifact: string): string {
  const copy = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy'
  return `RUN mvn -q -B ${copy} -Dartifact=${artifact} -DoutputDirectory=/jars`
}
