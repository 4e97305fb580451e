/**
 * Makes compiler/precompiled/ from templates/ and schema/: both are compiled here, so that the command never pays for
 * Handlebars' parser or ajv's code generator.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import standalone from 'ajv/dist/standalone/index.js'
import { buildSync } from 'esbuild'
import Handlebars from 'handlebars'

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

function validatorModule(): string {
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
  const schema = JSON.parse(readFileSync('schema/pipeline.schema.json', 'utf8'))
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

function write(name: string, text: string): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}/${name}`, text)
}

write('templates.ts', templatesModule())
write('validator.js', validatorModule())
write(
  'validator.d.ts',
  "import type { ErrorObject } from 'ajv'\ndeclare const validate: { (data: unknown): boolean; errors?: ErrorObject[] | null }\nexport default validate\n",
)
