declare module 'handlebars/dist/cjs/handlebars.runtime.js' {
  const runtime: { template(compiled: unknown): (view: unknown) => string }
  export default runtime
}
