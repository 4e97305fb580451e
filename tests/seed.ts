/** In CI every property is tried on the same cases each time; at a desk on new ones, which now and then find something. */
import fc from 'fast-check'

if (process.env.CI) fc.configureGlobal({ seed: 20_261_122 })
