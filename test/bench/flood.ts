/** What one plug-in costs the others that floods: small reports as fast as they are read, each with new entities, events and series. */
import { benchBeside } from './hostile/beside.ts'

await benchBeside({
  plugIn: new URL('hostile/flooding.ts', import.meta.url),
  words: 'a flooding plug-in',
  memoryMiB: 4,
})
