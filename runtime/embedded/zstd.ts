/**
 * Whether a file that Zstandard wrote is all there. Frames and blocks say how long they are (RFC 8878, section 3.1), so that
 * nothing need be unpacked for it, which Node 20 could not; DuckDB takes the blocks that are there for the whole.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/** Throws what zlib throws of gzip's files. Of what no frame is, whoever reads it will say so. */
export function assertWhole(path: string): void {
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    let place: number | null = 0
    while (place !== null && place < size) place = frameEnd(file, place)
    if (place !== null && place > size) throw cutOff()
  } finally {
    closeSync(file)
  }
}

/** Where the frame that begins there ends, be it behind the file's end; null for what is none. */
function frameEnd(file: number, start: number): number | null {
  const magic = bytes(file, start, 4).readUInt32LE()
  if (magic >>> 4 === 0x184d2a5) return start + 8 + bytes(file, start + 4, 4).readUInt32LE()
  if (magic !== 0xfd2fb528) return null
  const [descriptor] = bytes(file, start + 4, 1)
  let place = start + 5 + fieldsLength(descriptor!)
  for (let last = false; !last; ) {
    const block = bytes(file, place, 3).readUIntLE(0, 3)
    last = (block & 1) === 1
    place += 3 + (((block >> 1) & 3) === repeated ? 1 : block >> 3)
  }
  return place + (descriptor! & checksum ? 4 : 0)
}

/** A block of one byte, that many times. */
const repeated = 1
const checksum = 4

/** The window's size, unless all is one segment, the dictionary's number and the content's size. */
function fieldsLength(descriptor: number): number {
  const single = (descriptor >> 5) & 1
  return 1 - single + [0, 1, 2, 4][descriptor & 3]! + [single, 2, 4, 8][descriptor >> 6]!
}

function bytes(file: number, place: number, length: number): Buffer {
  const buffer = Buffer.alloc(length)
  if (readSync(file, buffer, 0, length, place) < length) throw cutOff()
  return buffer
}

function cutOff(): Error {
  return Object.assign(new Error('unexpected end of file'), { code: 'Z_BUF_ERROR' })
}
