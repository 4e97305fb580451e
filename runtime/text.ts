/** What a text ends with that was cut: a secret may have been cut with it. */
export const ellipsis = '…'

/** At most so many characters of somebody else's words. */
export function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}${ellipsis}`
}
