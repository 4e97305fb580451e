import { readFileSync } from 'node:fs'
import { Failure } from '../failure.ts'

/** The certificates that an environment's `ca` names, as PEM text. Throws Failure when they cannot be read here. */
export function authority(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Failure(`The certificate authority "${path}" cannot be read: ${(error as Error).message}.`, {
      next: "Check `ca` in the environment's Kafka security; it is the path of a PEM file.",
    })
  }
}
