/** Writes compiler/document.ts, the types of a document that the schema accepts; with --check it only compares. */
import { readFileSync, writeFileSync } from 'node:fs'
import { compile } from 'json-schema-to-typescript'

const target = 'compiler/document.ts'
const schema = JSON.parse(readFileSync('schema/pipeline.schema.json', 'utf8'))
// The conditions on a window's keys only narrow what its properties already say.
delete schema.$defs.window.allOf
delete schema.$defs.type.anyOf
const text = await compile(schema, 'PipelineDocument', {
  additionalProperties: false,
  ignoreMinAndMaxItems: true,
  bannerComment:
    '/* Made from schema/pipeline.schema.json by `npm run types:document`; change the schema instead. */',
  style: { semi: false, singleQuote: true, printWidth: 110 },
})
if (!process.argv.includes('--check')) writeFileSync(target, text)
else if (readFileSync(target, 'utf8') !== text) {
  console.error(`${target} is not what the schema says; run npm run types:document`)
  process.exitCode = 1
}
