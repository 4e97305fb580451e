import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { identifier, property } from '../../../compiler/targets/ksqldb/quoting.ts'
import { clientId, markOf } from '../../../runtime/engines/ksqldb-identity.ts'
import { createdName, quoted, splitStatements } from '../../../runtime/engines/ksqldb-text.ts'

const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom("'", '`', ';', '--', '/*', '*/', '\n', 'SET ', ' '),
      fc.string({ maxLength: 3 }),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''))

test('statements end where they end, whatever stands in them', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(hostile, hostile), { minLength: 1, maxLength: 4 }), (words) => {
      const statements = words.map(([name, text]) => `CREATE STREAM ${identifier(name)} (${property(text)});`)
      const file = statements.map((each) => `-- it's; \`so\`\n${each} /* ; */\n`).join("SET 'a' = ';';\n\n")
      expect(splitStatements(file)).toEqual(statements)
    }),
  )
})

test('a name is read as it was written', () => {
  fc.assert(
    fc.property(
      hostile.filter((each) => each !== ''),
      (name) => {
        expect(quoted(name)).toBe(identifier(name))
        expect(createdName(`CREATE TABLE ${quoted(name)} WITH (`)).toBe(name)
      },
    ),
  )
})

test('both hashes come back out of the mark, and out of nothing else', () => {
  const mark = { hash: 'sha256:0123456789abcdef', stateHash: 'sha256:fedcba9876543210' }
  expect(markOf(clientId(mark))).toEqual(mark)
  expect([markOf(null), markOf('pipec-0123abcd'), markOf('my-client')]).toEqual([null, null, null])
})
