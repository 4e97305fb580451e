declare module 'handlebars/dist/cjs/handlebars.runtime.js' {
  type Template = (view: unknown, options?: { partials: Readonly<Record<string, Template>> }) => string
  const runtime: { template(compiled: unknown): Template }
  export default runtime
}
