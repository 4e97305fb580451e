/** Texts that go to and come from others. */

/** What a text ends with that was cut: a secret may have been cut with it. */
export const ellipsis = '…'

/** At most so many characters of somebody else's words. */
export function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}${ellipsis}`
}

/** JSON without letters that a JVM under a plain C locale would lose. */
export function inAscii(json: string): string {
  return json.replaceAll(/[^ -~]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
