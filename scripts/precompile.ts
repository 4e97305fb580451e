/**
 * Makes compiler/precompiled/ from templates/, schema/ and faker: all are read here, so that the command never pays for
 * Handlebars' parser, ajv's code generator or faker's words.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { faker } from '@faker-js/faker/locale/en'
import { Ajv2020 } from 'ajv/dist/2020.js'
import standalone from 'ajv/dist/standalone/index.js'
import { buildSync } from 'esbuild'
import Handlebars from 'handlebars'
import { methodNames } from '../runtime/produce/faker.ts'

const folder = 'compiler/precompiled'

function templatesModule(): string {
  const names = readdirSync('templates', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.hbs'))
    .map((name) => name.replaceAll('\\', '/'))
    .sort()
  const entries = names.map((name) => {
    const code = Handlebars.precompile(readFileSync(`templates/${name}`, 'utf8'), {
      noEscape: true,
      strict: true,
      knownHelpersOnly: true,
    })
    return `  ${JSON.stringify(name.replace(/\.hbs$/, ''))}: ${code},\n`
  })
  return `// @ts-nocheck\nexport const templates = {\n${entries.join('')}}\n`
}

/** What only editors read: the validator keeps the schema at hand, and would load all of it at every start. */
function withoutWords(key: string, value: unknown): unknown {
  const isWords = key === 'description' && typeof value === 'string'
  return isWords || (key === 'examples' && Array.isArray(value)) ? undefined : value
}

function validatorModule(name: string): string {
  const ajv = new Ajv2020({
    allErrors: true,
    verbose: true,
    strict: true,
    allowUnionTypes: true,
    strictTuples: false,
    strictRequired: false,
    strictTypes: false,
    code: { source: true, esm: true },
  })
  ajv.addVocabulary(['x-diagnostic'])
  const schema = JSON.parse(readFileSync(`schema/${name}.schema.json`, 'utf8'), withoutWords)
  const code = standalone(ajv, ajv.compile(schema))
  const bundled = buildSync({
    stdin: { contents: code, resolveDir: process.cwd(), loader: 'js' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['main'],
  })
  return `// @ts-nocheck\n${bundled.outputFiles[0]?.text}`
}

/** faker's methods by dotted name, without those that it says are going away. */
function fakerModule(): string {
  const types = 'node_modules/@faker-js/faker/dist'
  const declarations = readdirSync(types).filter((name) => /^core-.*\.d\.ts$/.test(name))
  const text = declarations.map((name) => readFileSync(`${types}/${name}`, 'utf8')).join('')
  const deprecated = new Set([...text.matchAll(/@deprecated[\s\S]*?\*\/\s*(\w+)/g)].map(([, name]) => name))
  const names = methodNames(faker).filter((name) => !deprecated.has(name.split('.')[1]))
  return `export const fakerMethods: readonly string[] = ${JSON.stringify(names.sort())}\n`
}

function write(name: string, text: string): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}/${name}`, text)
}

write('templates.ts', templatesModule())
write('faker-methods.ts', fakerModule())
const validatorTypes = `\
import type { ErrorObject } from 'ajv'
declare const validate: { (data: unknown): boolean; errors?: ErrorObject[] | null }
export default validate
`

for (const name of ['pipeline', 'fixtures']) {
  write(`${name}-validator.js`, validatorModule(name))
  write(`${name}-validator.d.ts`, validatorTypes)
}
