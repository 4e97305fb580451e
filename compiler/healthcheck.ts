/** How Compose learns that a container does its work: by bash alone, because the images differ in which clients they have. */
import type { Json } from './ir.ts'

/** A script whose exit code is the answer; how long a start may take before failures count. */
export function healthcheck(script: string, startPeriod: string): Json {
  return {
    test: ['CMD', 'bash', '-c', script],
    interval: '5s',
    timeout: '5s',
    retries: 36,
    start_period: startPeriod,
  }
}

/** Sends the bytes, written as printf takes them, and hands the answer to a command as its input. */
export function exchange(address: `${string}:${number}`, request: string, judge: string): string {
  return `exec 3<>/dev/tcp/${address.replace(':', '/')} && printf '${request}' >&3 && { ${judge}; } <&3`
}

/** Whether the page holds a line that the pattern, one of grep's, matches. */
export function pageHolds(address: `${string}:${number}`, path: string, pattern: string): string {
  return exchange(address, String.raw`GET ${path} HTTP/1.0\r\n\r\n`, `grep -q '${pattern}'`)
}
